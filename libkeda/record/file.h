/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file under a journal that is written: locked, repaired when the one before died in the middle of
 * a line, appended to whole or not at all, and moved aside when it is full.
 */
#ifndef RECORD_FILE_H
#define RECORD_FILE_H

#include <keda/error.h>

#include "base/buf.h"
#include "base/log.h"

#include <stdbool.h>

typedef struct journal_file {
    char *path, *lock_path;
    int fd, lock_fd;  /* -1: none */
    bool is_regular;  /* else a device, which is neither repaired nor moved */
    bool is_foul;     /* a piece of a line could not be taken back yet */
    int64_t bytes;    /* all of them whole lines */
    int64_t last_seq; /* of its last line when it was opened; 0: it is empty */
} journal_file;

/*
 * What is repaired is said to the log. A file whose last line is damaged, or of another version, is
 * moved to FILE.1 and so on.
 *
 * f       zeroed before; journal_file_close, also after an error
 * errors  KEDA_ECONFLICT when another process has it; KEDA_EINVAL for what cannot be opened or is no
 *         journal; KEDA_ENOMEM
 */
keda_status journal_file_open(journal_file *f, const char *path, int32_t nrotated,
                              const log_sink *log, keda_error *err);
void journal_file_close(journal_file *f);

/* All of it or, after an error, nothing. Errors: KEDA_ELIMIT for a full disk, KEDA_EUNAVAILABLE. */
keda_status journal_file_append(journal_file *f, const keda_buf *lines, keda_error *err);

/* FILE becomes FILE.1, FILE.1 becomes FILE.2 and so on; begins an empty FILE. After an error the old
 * one is still in use. */
keda_status journal_file_rotate(journal_file *f, int32_t nrotated, keda_error *err);

#endif
