/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The operator's side of the engine; putting private sources is in sources.c with all the others.
 */
#include "engine/hosted.h"

#include "engine/entry.h"
#include "engine/workload.h"

void engine_remove_private(keda_engine *e, const char *id)
{
    const text_source *src = table_find(&e->sources, id);
    keda_error err = KEDA_ERROR_INIT;

    if (src == NULL)
        return;
    for (size_t i = 0; i < src->nentries; i++) {
        const entry *en = src->entries[i];
        if (en->kind == ENTRY_SCALED_OBJECT)
            en->workload->object.restore_original = false;
    }
    if (keda_engine_remove(e, id, &err) != KEDA_OK)
        log_write(&e->log, KEDA_LOG_ERROR, "cannot be taken from work", "workload", id, "error",
                  err.text, NULL);
}

void engine_remember(keda_engine *e, const char *workload_id, const engine_memory *memory)
{
    workload *w = table_find(&e->workloads, workload_id);
    if (w != NULL && w->decisions_total == 0)
        workload_recall(w, memory);
}

void engine_set_observer(keda_engine *e, const engine_observer *observer)
{
    const engine_observer nobody = {0};
    e->observer = observer == NULL ? nobody : *observer;
}

bool engine_is_dry_run(const keda_engine *e)
{
    return e->settings.is_dry_run;
}

const char *engine_cluster_namespace(const keda_engine *e)
{
    return e->settings.cluster_namespace;
}
