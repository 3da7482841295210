/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For authors of targets: what is scaled. A target observes and sets a count; it decides nothing,
 * clamps nothing, and retries nothing beyond its own transport.
 */
#ifndef KEDA_TARGET_H
#define KEDA_TARGET_H

#include <keda/error.h>

KEDA_BEGIN_DECLS

typedef struct keda_target keda_target;           /* one instance */
typedef struct keda_target_call keda_target_call; /* one question or order; ends once */

/** What an instance stands for; borrowed for the call. */
typedef struct keda_target_ref {
    size_t struct_size;
    const char *api_version; /* "libkeda.io/v1alpha1" */
    const char *kind;
    const char *space; /* namespace */
    const char *name;
    const char
        *spec_json; /* the target's own document, checked and defaulted; NULL: it has none */
    int32_t needs_pods; /* not 0: total and ready are asked for (a metric of type Value) */
    int32_t reserved;
} keda_target_ref;

/** Counts; -1: unknown. */
typedef struct keda_replicas {
    size_t struct_size;
    int32_t spec;   /* wanted now */
    int32_t status; /* existing now */
    int32_t total;  /* pods or workers, for targets of type Value */
    int32_t ready;  /* of these, ready */
} keda_replicas;
#define KEDA_REPLICAS_INIT                                                                     \
    {                                                                                          \
        sizeof(keda_replicas), -1, -1, -1, -1                                                  \
    }

/**
 * A kind of target. The contract:
 * - `observe`, `scale` and `close` each lead to exactly one completion of their call, at once or
 *   later; the engine may stop waiting, a late completion is dropped.
 * - All run on the engine's thread and must not block.
 * - After `close` has completed the instance is gone. A failed `open` is not closed.
 * - `scale` reports a lost race as KEDA_ECONFLICT: the engine observes and decides again.
 */
typedef struct keda_target_desc {
    size_t struct_size;
    const char *api_version; /* NULL: any */
    const char *kind;        /* NULL: any kind that no other descriptor claims */
    const char *summary;
    size_t state_size; /* allocated by the engine, zeroed */
    uint32_t flags;    /* keda_target_flags */
    keda_status (*open)(void *state, const keda_target_ref *ref, keda_target *self,
                        keda_error *err, void *user);
    void (*observe)(void *state, keda_target_call *call, void *user);
    void (*scale)(void *state, int32_t to, keda_target_call *call, void *user);
    void (*cancel)(void *state, keda_target_call *call, void *user); /* optional */
    void (*close)(void *state, keda_target_call *call, void *user);
} keda_target_desc;

enum keda_target_flags {
    KEDA_TARGET_NEEDS_DOCUMENT = 1 << 0, /* a document of its kind must exist (ProcessPool) */
    KEDA_TARGET_FORGETS = 1 << 1 /* its count ends with the process: the engine restores it */
};

/** Completes `observe`. Thread: any. */
KEDA_API void keda_target_observed(keda_target_call *call, const keda_replicas *replicas);

/** Completes `scale` or `close` with success. Thread: any. */
KEDA_API void keda_target_done(keda_target_call *call);

/** Completes any call with a failure; err is copied. Thread: any. */
KEDA_API void keda_target_fail(keda_target_call *call, const keda_error *err);

/** Tells the engine that the counts changed by themselves, so that status stays true. */
KEDA_API void keda_target_changed(keda_target *self);

/**
 * Says what is wrong with the target although its count is known, such as workers that end at
 * once; NULL or "" ends it. text is copied. Thread: the engine's.
 */
KEDA_API void keda_target_trouble(keda_target *self, const char *text);

/** Hands a record to the host's log with the target's name. Thread: any. */
KEDA_API void keda_target_log(const keda_target *self, int32_t level, const char *format, ...)
    KEDA_PRINTF(3, 4);

KEDA_END_DECLS

#endif
