/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A document as the engine keeps it: what it is, from which source it came, and what its kind makes
 * of it. Found by "kind/namespace/name".
 */
#ifndef ENGINE_ENTRY_H
#define ENGINE_ENTRY_H

#include "config/pod_template.h"
#include "config/scaled_object.h"
#include "engine/workload.h"

typedef enum entry_kind {
    ENTRY_SCALED_OBJECT = 1,
    ENTRY_AUTH,
    ENTRY_SECRET,
    ENTRY_CONFIG_MAP,
    ENTRY_POOL,
    ENTRY_TARGET /* anything else with a pod template */
} entry_kind;

typedef struct entry entry;

typedef struct text_source {
    table_node node; /* first; by id */
    const char *id;  /* lies behind the entries */
    bool is_private; /* its documents see each other alone; ScaledObjects are everybody's */
    bool is_leaving; /* during a change: its documents are being replaced */
    size_t nentries;
    entry *entries[];
} text_source;

void source_free(text_source *src); /* its entries stay; change.c */

struct entry {
    table_node node; /* first; by object */
    text_source *source;
    entry_kind kind;
    int32_t line;  /* where it begins in its source */
    char *object;  /* "Secret/default/kafka"; lies behind the struct */
    uint64_t hash; /* of the document's JSON text: equal means unchanged */

    union {
        workload *workload;  /* ENTRY_SCALED_OBJECT */
        trigger_auth auth;   /* ENTRY_AUTH */
        key_values values;   /* ENTRY_SECRET, ENTRY_CONFIG_MAP */
        pod_template pods;   /* ENTRY_TARGET */
        struct {             /* ENTRY_POOL */
            char *spec_json; /* checked and defaulted; moves to the target */
            keda_map env;    /* what its workers get */
            keda_target *target;
        };
    };

    /* during a change */
    entry *before; /* what had this object */
    bool is_kept;  /* before is unchanged and stays at work */
    bool is_successor, is_started;
    uint32_t document; /* index in its text_source */
};

/* Of no kind yet. NULL: out of memory. */
entry *entry_alloc(const char *object);

/* The document by kind and name; the caller frees the key. */
char *entry_object(const char *kind, const char *space, const char *name);

/* The key of a document as those of this source see it; the caller frees it. ScaledObjects and
 * ProcessPools, of which there is one for all, have none but entry_object's. */
char *entry_key(const text_source *src, const char *kind, const char *space, const char *name);
/* What of a key people should see. */
const char *entry_shown(const char *object);

/* What the document is; false for kinds of others. */
bool entry_kind_of(const document *doc, entry_kind *kind);

/* Typed values of a document, findings on the way. One that equals `before` is only marked as kept.
 * ENTRY_SCALED_OBJECT reads into *object, which is then the caller's. */
keda_status entry_new(entry **out, keda_engine *e, const document *doc, entry *before,
                      scaled_object *object, keda_findings *findings, keda_error *err);
void entry_free(entry *en); /* its target and workload are not its own */

#endif
