/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the engine says of workloads: it only marks them; documents must not change meanwhile.
 */
#include "operator/operator.h"

#include <stdio.h>

static op_object *find(const keda_operator *op, const char *workload)
{
    op_object *o = table_find(&op->objects, workload);
    return o != NULL && o->is_at_work ? o : NULL;
}

static void mark(op_object *o)
{
    o->is_status_due = true;
    op_object_queue_status(o);
}

static void decided(const keda_decision_record *record, void *user)
{
    op_object *o = find(user, record->workload);
    char target[600];

    if (o == NULL)
        return;
    (void)snprintf(target, sizeof target, "%s %s/%s", o->target.kind, o->space, o->target.name);
    notes_of_decision(record, target, &o->is_scale_failing, op_event_note, o);
    o->has_decided = true;
    mark(o);
}

static void changed(const char *workload, void *user)
{
    op_object *o = find(user, workload);
    if (o != NULL)
        mark(o);
}

static void refused(const char *workload, void *user)
{
    op_object *o = find(user, workload);
    if (o != NULL)
        op_deps_refused(o);
}

void op_observe(keda_operator *op)
{
    const engine_observer observer = {
        .decided = decided, .changed = changed, .refused = refused, .user = op};
    engine_set_observer(op->engine, &observer);
}
