/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How calls report what went wrong: keda_error, a plain value for one failure, and keda_findings, a
 * list for parsing and validation, which find many things at once.
 */
#ifndef KEDA_ERROR_H
#define KEDA_ERROR_H

#include <keda/base.h>

KEDA_BEGIN_DECLS

/** One failure; owned by whoever declared it, nothing to free, may be copied across threads. */
typedef struct keda_error {
    int32_t code;           /* a keda_status; KEDA_OK when the struct holds no error */
    int32_t http_status;    /* 0 unless an HTTP answer caused it */
    int32_t line, column;   /* from 1; 0: not about a place in a text */
    int64_t retry_after_ms; /* negative: the peer gave no hint */
    int64_t reserved[2];
    char text[512]; /* "outer: inner: cause", always terminated */
} keda_error;
#define KEDA_ERROR_INIT                                                                        \
    {                                                                                          \
        0, 0, 0, 0, -1, {0, 0},                                                                \
        {                                                                                      \
            0                                                                                  \
        }                                                                                      \
    }

/**
 * Makes err hold this failure and nothing else; err may be NULL.
 *
 * returns  code, so that a caller can `return keda_error_set(...)`
 * thread   any
 */
KEDA_API keda_status keda_error_set(keda_error *err, keda_status code, const char *format, ...)
    KEDA_PRINTF(3, 4);

/**
 * Puts "context: " before the text that err already holds and keeps its other members.
 *
 * code     what is returned; also stored when err holds no error yet
 * thread   any
 */
KEDA_API keda_status keda_error_wrap(keda_error *err, keda_status code, const char *format, ...)
    KEDA_PRINTF(3, 4);

/** keda_error_set without a format, for languages that cannot call with a variable list. */
KEDA_API keda_status keda_error_set_text(keda_error *err, keda_status code, const char *text);

/** Forgets the failure. err may be NULL. Thread: any. */
KEDA_API void keda_error_clear(keda_error *err);

typedef enum keda_severity {
    KEDA_SEVERITY_UNSET = 0,
    KEDA_SEVERITY_ERROR = 1,
    KEDA_SEVERITY_WARNING = 2
} keda_severity;

/** One thing found while a document was read or checked. All texts are borrowed from the list. */
typedef struct keda_finding {
    size_t struct_size;
    int32_t severity;     /* a keda_severity */
    int32_t line, column; /* from 1; 0: not about a place in a text */
    int32_t reserved;
    const char *file; /* name of the source as given by the caller; never NULL */
    const char
        *path; /* place in the document: spec.triggers[0].metadata.lagThreshold; may be "" */
    const char *message; /* what is wrong and what was expected */
    const char *object;  /* kind/namespace/name of the document, "" when not known yet */
} keda_finding;

typedef struct keda_findings keda_findings;

/** Makes an empty list. Ownership: the caller frees it. Errors: KEDA_ENOMEM. */
KEDA_API KEDA_MUST_USE keda_status keda_findings_new(keda_findings **out, keda_error *err);

/** Frees the list and all texts borrowed from it; NULL is fine. */
KEDA_API void keda_findings_free(keda_findings *findings);

/** Number of findings, errors and warnings together; 0 for NULL. */
KEDA_API size_t keda_findings_count(const keda_findings *findings);

/** Number of findings that are errors; 0 for NULL. */
KEDA_API size_t keda_findings_errors(const keda_findings *findings);

/** Finding number i, from 0, in the order found; borrowed from the list, NULL beyond its end. */
KEDA_API const keda_finding *keda_findings_at(const keda_findings *findings, size_t i);

/**
 * Writes finding i as one line without its end: `file:line:column: error: path: message`.
 *
 * errors   what `write` returned; KEDA_EINVAL beyond the end
 */
KEDA_API KEDA_MUST_USE keda_status keda_findings_print(const keda_findings *findings, size_t i,
                                                       keda_write_fn write, void *user,
                                                       keda_error *err);

KEDA_END_DECLS

#endif
