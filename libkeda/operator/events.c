/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events about ScaledObjects, under KEDA's name for their reporter. Which there are is notes.c's.
 */
#include "operator/operator.h"

void op_event(op_object *o, bool is_warning, const char *reason, const char *action,
              const char *text)
{
    keda_kube_event event = {.struct_size = sizeof event,
                             .uid = o->uid,
                             .resource_version = o->version,
                             .is_warning = is_warning ? 1 : 0,
                             .reason = reason,
                             .action = action,
                             .note = text,
                             .reporting_controller = "keda-operator",
                             .reporting_instance = o->op->settings.identity};
    keda_error err = KEDA_ERROR_INIT;

    if (o->op->is_dry_run)
        return;
    op_object_ref(o, &event.about);
    if (keda_kube_event_post(o->op->kube, &event, &err) != KEDA_OK)
        log_write(o->op->log, KEDA_LOG_WARN, "an Event cannot be posted", "workload", o->key,
                  "reason", reason, "error", err.text, NULL);
}

void op_event_note(const note *n, void *user)
{
    op_event(user, n->is_warning, n->reason, n->action, n->text);
}
