/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every other header of libkeda needs: export marks, status codes, version, clock, log and
 * allocator callbacks, and the growing text buffer in which results are returned.
 */
#ifndef KEDA_BASE_H
#define KEDA_BASE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define KEDA_BEGIN_DECLS extern "C" {
#define KEDA_END_DECLS   }
#else
#define KEDA_BEGIN_DECLS
#define KEDA_END_DECLS
#endif

#if defined(__GNUC__) || defined(__clang__)
#define KEDA_API               __attribute__((visibility("default")))
#define KEDA_MUST_USE          __attribute__((warn_unused_result))
#define KEDA_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define KEDA_API
#define KEDA_MUST_USE
#define KEDA_PRINTF(fmt, args)
#endif

#define KEDA_VERSION_MAJOR 0
#define KEDA_VERSION_MINOR 1
#define KEDA_VERSION_PATCH 0
#define KEDA_VERSION       "0.1.0"

/** Number of the binary interface; a binding refuses a library that answers another one. */
#define KEDA_ABI_VERSION 1

KEDA_BEGIN_DECLS

/** What a failed call lets the caller do; stored and passed as int32_t in structs. */
typedef enum keda_status {
    KEDA_OK = 0,
    KEDA_EINVAL = 1,        /* the configuration or an argument is wrong: fix it */
    KEDA_ENOMEM = 2,        /* out of memory */
    KEDA_ENOTFOUND = 3,     /* the named thing does not exist */
    KEDA_EAUTH = 4,         /* credentials missing or refused: ask for new ones */
    KEDA_EUNAVAILABLE = 5,  /* the peer cannot be reached or is not ready: retry */
    KEDA_ETIMEOUT = 6,      /* no answer before the deadline: retry */
    KEDA_ELIMIT = 7,        /* a bound was hit (rate, size, threads): retry later or smaller */
    KEDA_EPROTOCOL = 8,     /* the peer answered something that makes no sense */
    KEDA_ECONFLICT = 9,     /* somebody else changed it: observe and decide again */
    KEDA_ECANCELED = 10,    /* the caller gave up */
    KEDA_EUNSUPPORTED = 11, /* not in this build, or a missing module */
    KEDA_EINTERNAL = 12     /* a bug or an unexpected system error */
} keda_status;

/** Name of a status for people, such as "EUNAVAILABLE"; never NULL. Thread: any. */
KEDA_API const char *keda_status_name(int32_t status);

/** Version of the library in use, such as "0.1.0". Thread: any. */
KEDA_API const char *keda_version(void);

/** KEDA_ABI_VERSION of the library in use. Thread: any. */
KEDA_API int32_t keda_abi_version(void);

/** Blank-separated names of the modules this build has, such as "kafka". Thread: any. */
KEDA_API const char *keda_features(void);

/**
 * Receives a piece of text or bytes; pieces arrive in order.
 *
 * bytes    borrowed for the call
 * errors   anything but KEDA_OK stops the writer, which returns that status
 */
typedef keda_status (*keda_write_fn)(const char *bytes, size_t size, void *user);

/** Bytes owned by the library's allocator; zeroed memory is an empty one. */
typedef struct keda_buf {
    char *data; /* terminated by a NUL that `size` does not count; NULL when never written */
    size_t size;
    size_t capacity;
} keda_buf;

/** Frees the bytes and leaves an empty buffer. Thread: any, one at a time. */
KEDA_API void keda_buf_clear(keda_buf *buf);

/**
 * Time as the library sees it; both functions may be called from any thread.
 *
 * now_ms   monotonic milliseconds, any origin
 * wall_ms  civil time: milliseconds since 1970-01-01 UTC
 */
typedef struct keda_clock {
    size_t struct_size;
    int64_t (*now_ms)(void *user);
    int64_t (*wall_ms)(void *user);
    void *user;
} keda_clock;

typedef enum keda_log_level {
    KEDA_LOG_UNSET = 0,
    KEDA_LOG_ERROR = 1,
    KEDA_LOG_WARN = 2,
    KEDA_LOG_INFO = 3,
    KEDA_LOG_DEBUG = 4
} keda_log_level;

/** One key and its text; keys are those of the house list (workload, trigger, type, from, to, reason, error ...). */
typedef struct keda_log_pair {
    const char *key;
    const char *value;
} keda_log_pair;

/**
 * Receives one log record. Records never hold a value that came from an authentication source.
 *
 * level    a keda_log_level
 * pairs    borrowed for the call
 * thread   the engine's; modules may log from their endpoint's thread
 */
typedef void (*keda_log_fn)(int32_t level, const char *message, const keda_log_pair *pairs,
                            size_t npairs, void *user);

/**
 * Replaces the allocator of libkeda's own memory (never libcurl's, jansson's or libuv's).
 *
 * Must come before any other call of the process; all three are required, and realloc_fn must
 * behave as realloc does.
 */
KEDA_API void keda_set_allocator(void *(*malloc_fn)(size_t),
                                 void *(*realloc_fn)(void *, size_t), void (*free_fn)(void *));

KEDA_END_DECLS

#endif
