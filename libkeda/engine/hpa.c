/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a staged workload to the text of its HorizontalPodAutoscaler, which config/hpa.c knows.
 */
#include "engine/hpa.h"

#include "base/buf.h"
#include "base/mem.h"
#include "config/hpa.h"

/* In a check, triggers may lack what only matters at work: their metrics are not known then. */
static bool is_complete(change *c, const workload *w, const document *doc)
{
    for (size_t i = 0; i < w->object.ntriggers; i++) {
        const trigger_spec *spec = &w->object.triggers[i];
        const change_place place = {
            .doc = doc, .path = "spec.triggers", .line = spec->line, .column = spec->column};
        if (w->triggers[i].specs.count > 0)
            continue;
        change_say(c, KEDA_SEVERITY_ERROR, KEDA_EINVAL, &place,
                   "trigger %zu is not complete, so its metrics are not known", i);
        return false;
    }
    return true;
}

static keda_status put(struct hpa_texts *texts, const hpa_input *in, keda_error *err)
{
    if (!texts->is_json && texts->text.size > 0 && buf_puts(&texts->text, "---\n") != KEDA_OK)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    return hpa_build(in, &texts->text, NULL, err);
}

keda_status hpa_texts_add(change *c, const workload *w, const document *doc, keda_error *err)
{
    const size_t n = w->object.ntriggers;
    keda_error own = KEDA_ERROR_INIT;
    const change_place place = {.doc = doc, .line = doc->root->line};

    if (!is_complete(c, w, doc))
        return KEDA_OK;
    const keda_spec_list **specs = mem_zalloc(n, sizeof *specs);
    if (specs == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    for (size_t i = 0; i < n; i++)
        specs[i] = &w->triggers[i].specs;
    const hpa_input in = {.doc = doc,
                          .object = &w->object,
                          .specs = specs,
                          .is_labelled = true,
                          .is_yaml = !c->hpas->is_json};
    const keda_status rc = put(c->hpas, &in, &own);
    mem_free(specs);
    if (rc == KEDA_EINVAL) {
        change_say(c, KEDA_SEVERITY_ERROR, rc, &place, "%s", own.text);
        return KEDA_OK;
    }
    return rc == KEDA_OK ? rc : keda_error_set(err, rc, "%s", own.text);
}
