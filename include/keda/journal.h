/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Journals: what an engine with journal_path wrote down (docs/journal.md), read again, and decided
 * again. Every decision stands there with all it was made from, so that the same core gives the same
 * result; where it does not, that is told. Nothing here writes.
 */
#ifndef KEDA_JOURNAL_H
#define KEDA_JOURNAL_H

#include <keda/decide.h>
#include <keda/error.h>

KEDA_BEGIN_DECLS

/** A journal that is being read; of one thread. */
typedef struct keda_journal keda_journal;

typedef struct keda_journal_options {
    size_t struct_size;
    int32_t
        with_rotated; /* not 0: FILE.2, FILE.1 and so on are read before FILE, oldest first */
    int32_t reserved;
    /* "FILE:LINE: ...": a torn last line, decisions that could not be written. NULL: nobody. */
    void (*on_note)(const char *text, void *user);
    void *user;
} keda_journal_options;
#ifndef __cplusplus
#define KEDA_JOURNAL_OPTIONS_INIT                                                              \
    {                                                                                          \
        .struct_size = sizeof(keda_journal_options)                                            \
    }
#else
#define KEDA_JOURNAL_OPTIONS_INIT                                                              \
    ([] {                                                                                      \
        keda_journal_options init = {};                                                        \
        init.struct_size = sizeof init;                                                        \
        return init;                                                                           \
    }())
#endif

enum keda_journal_kind {
    KEDA_JOURNAL_SNAPSHOT = 1, /* policy, names and history of a workload stand anew */
    KEDA_JOURNAL_DECISION = 2
};

/** What comes next in a journal. All pointers are borrowed until the next call. */
typedef struct keda_journal_entry {
    size_t struct_size;
    int32_t kind; /* keda_journal_kind */
    int32_t reserved;
    const char *file;
    int64_t line;
    int64_t wall_ms;
    const char *workload; /* namespace/name */
    const keda_policy *policy;
    const char *const *names; /* one a metric; "" when it had none */
    /* The workload's, in the reader's memory: as it was before this decision, if every decision before
     * it was applied (keda_history_apply). */
    keda_history *history;
    /* Of a decision: what it was made from, what came out, and what became of its write. */
    const keda_observation *seen;
    const keda_decision *recorded; /* results only: times, `from` and the windows are not set */
    int32_t outcome;               /* keda_outcome */
    int32_t has_proposals;         /* recorded->proposals say something */
} keda_journal_entry;
#ifndef __cplusplus
#define KEDA_JOURNAL_ENTRY_INIT                                                                \
    {                                                                                          \
        .struct_size = sizeof(keda_journal_entry)                                              \
    }
#else
#define KEDA_JOURNAL_ENTRY_INIT                                                                \
    ([] {                                                                                      \
        keda_journal_entry init = {};                                                          \
        init.struct_size = sizeof init;                                                        \
        return init;                                                                           \
    }())
#endif

/**
 * Opens a journal; nothing is read yet.
 *
 * options  NULL: all defaults
 * out      the caller's; keda_journal_close
 * errors   KEDA_ENOTFOUND, KEDA_EINVAL for a file that cannot be read, KEDA_ENOMEM
 */
KEDA_API KEDA_MUST_USE keda_status keda_journal_open(keda_journal **out, const char *path,
                                                     const keda_journal_options *options,
                                                     keda_error *err);

/**
 * Gives the next snapshot or decision; a line that stands for several equal decisions gives each of
 * them. Memory is bounded by what the workloads need, whatever the length of the journal.
 *
 * out     set its struct_size before
 * errors  KEDA_ENOTFOUND at the end; KEDA_EINVAL with "FILE:LINE: ..." for damage, and for another
 *         major version; KEDA_ENOMEM. After an error the journal is at its end
 */
KEDA_API KEDA_MUST_USE keda_status keda_journal_next(keda_journal *journal,
                                                     keda_journal_entry *out, keda_error *err);

/** How far it has been read, in bytes of all its files. Pointers may be NULL. */
KEDA_API void keda_journal_progress(const keda_journal *journal, int64_t *done_bytes,
                                    int64_t *all_bytes);

/** Closes it; NULL is fine. */
KEDA_API void keda_journal_close(keda_journal *journal);

/* ---- deciding again ------------------------------------------------------------------------- */

/** A decision that was made again. All pointers are borrowed for the call. */
typedef struct keda_replayed {
    size_t struct_size;
    const keda_journal_entry *entry;
    const keda_decision *decision; /* as decided now; not yet applied to entry->history */
    const char *difference; /* "": none; else how it differs, "to: recorded 5, decided 4" */
    int64_t done_bytes, all_bytes;
} keda_replayed;

/** Anything but KEDA_OK ends the replay, which then returns that. */
typedef keda_status (*keda_replayed_fn)(const keda_replayed *replayed, void *user);

typedef struct keda_replay_options {
    size_t struct_size;
    keda_journal_options journal;
    keda_replayed_fn on_decision; /* NULL: none; also called for the one that differs */
    void *user;
    const char *workload; /* NULL: all; else others are read past */
    int32_t is_going_on;  /* not 0: differences are counted, and the replay goes on */
    int32_t reserved;
} keda_replay_options;
#ifndef __cplusplus
#define KEDA_REPLAY_OPTIONS_INIT                                                               \
    {                                                                                          \
        .struct_size = sizeof(keda_replay_options), .journal = KEDA_JOURNAL_OPTIONS_INIT       \
    }
#else
#define KEDA_REPLAY_OPTIONS_INIT                                                               \
    ([] {                                                                                      \
        keda_replay_options init = {};                                                         \
        init.struct_size = sizeof init;                                                        \
        init.journal.struct_size = sizeof init.journal;                                        \
        return init;                                                                           \
    }())
#endif

typedef struct keda_replay_result {
    size_t struct_size;
    int64_t decisions;   /* that were decided again */
    int64_t workloads;   /* that had a snapshot */
    int64_t differences; /* 0 or 1, or more when it goes on */
    char difference
        [1024]; /* the first: "FILE:LINE: WORKLOAD at TIME: ..."; "" when there is none */
} keda_replay_result;
#ifndef __cplusplus
#define KEDA_REPLAY_RESULT_INIT                                                                \
    {                                                                                          \
        .struct_size = sizeof(keda_replay_result)                                              \
    }
#else
#define KEDA_REPLAY_RESULT_INIT                                                                \
    ([] {                                                                                      \
        keda_replay_result init = {};                                                          \
        init.struct_size = sizeof init;                                                        \
        return init;                                                                           \
    }())
#endif

/**
 * Decides a journal again from its snapshots and compares; stops at the first difference.
 *
 * options  NULL: all defaults
 * out      filled as far as it went, also after an error
 * errors   as keda_journal_open and keda_journal_next; a difference is none
 */
KEDA_API KEDA_MUST_USE keda_status keda_replay(const char *path,
                                               const keda_replay_options *options,
                                               keda_replay_result *out, keda_error *err);

KEDA_END_DECLS

#endif
