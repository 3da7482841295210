/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The public calls that put, remove, replace and check documents: one change each.
 */
#include "base/findings.h"
#include "base/mem.h"
#include "engine/change.h"
#include "engine/hosted.h"
#include "engine/hpa.h"
#include "engine/state.h"

#include <string.h>

typedef enum intent { INTENT_PUT, INTENT_REPLACE, INTENT_CHECK } intent;

typedef struct given_sources {
    const keda_source *items;
    size_t count, item_size;
    bool is_private;
    struct hpa_texts *hpas; /* INTENT_CHECK: to be filled; NULL: not asked for */
} given_sources;

static void copy_findings(keda_findings *to, const keda_findings *from)
{
    for (size_t i = 0; to != NULL && i < keda_findings_count(from); i++) {
        const keda_finding *f = keda_findings_at(from, i);
        const findings_place place = {.file = f->file,
                                      .object = entry_shown(f->object),
                                      .path = f->path,
                                      .line = f->line,
                                      .column = f->column};
        findings_add(to, (keda_severity)f->severity, &place, "%s", f->message);
    }
}

/* What the first error among the findings is, with the code that was given to it. */
static keda_status first_problem(const change *c, keda_error *err)
{
    if (findings_first_error(c->findings, err) == KEDA_OK)
        return keda_error_set(err, c->first_code, "the documents are not usable");
    if (err != NULL)
        err->code = (int32_t)c->first_code;
    return c->first_code;
}

/* Names that no document has any more: what comes back under one of them later is something new. A
 * dry run, and an engine that only answers questions, leave the file to the one that scales. */
static void forget_unknown(const keda_engine *e)
{
    if (e->settings.is_dry_run || e->settings.is_manual)
        return;
    for (const workload *w = table_next(&e->workloads, NULL); w != NULL;
         w = table_next(&e->workloads, w))
        state_name(e->state, STATE_WORKLOAD, w->object.id);
    for (const keda_target *t = table_next(&e->targets, NULL); t != NULL;
         t = table_next(&e->targets, t))
        state_name(e->state, STATE_TARGET, t->key);
    state_remove_unnamed(e->state);
}

static keda_status finish(change *c, intent what, keda_status rc, keda_error *err)
{
    if (rc == KEDA_OK && c->first_code != KEDA_OK)
        rc = first_problem(c, err);
    if (rc == KEDA_OK && what != INTENT_CHECK)
        rc = change_claim(c, err);
    if (rc == KEDA_OK && what != INTENT_CHECK)
        change_commit(c);
    else
        change_drop(c);
    if (rc == KEDA_OK && what == INTENT_REPLACE)
        forget_unknown(c->e);
    return rc;
}

static keda_status run(keda_engine *e, intent what, const given_sources *given,
                       keda_findings *findings, keda_error *err)
{
    change c = {.e = e,
                .is_all = what != INTENT_PUT,
                .is_check = what == INTENT_CHECK,
                .is_private = given->is_private,
                .hpas = given->hpas};
    keda_status rc = KEDA_OK;

    if (e->is_changing)
        return keda_error_set(err, KEDA_EINVAL, "documents are being changed already");
    if ((rc = keda_findings_new(&c.findings, err)) != KEDA_OK)
        return rc;
    e->is_changing = true;
    rc = change_prepare(&c, given->items, given->count, given->item_size, err);
    rc = finish(&c, what, rc, err);
    e->is_changing = false;
    copy_findings(findings, c.findings);
    keda_findings_free(c.findings);
    return rc;
}

keda_status keda_engine_put(keda_engine *e, const char *id, const char *text,
                            keda_findings *findings, keda_error *err)
{
    const keda_source source = {
        .struct_size = sizeof source, .id = id, .text = text, .size = strlen(text)};
    const given_sources given = {.items = &source, .count = 1, .item_size = sizeof source};
    return run(e, INTENT_PUT, &given, findings, err);
}

keda_status engine_put_private(keda_engine *e, const char *id, const char *text, size_t size,
                               keda_findings *findings, keda_error *err)
{
    const keda_source source = {
        .struct_size = sizeof source, .id = id, .text = text, .size = size};
    const given_sources given = {
        .items = &source, .count = 1, .item_size = sizeof source, .is_private = true};
    return run(e, INTENT_PUT, &given, findings, err);
}

keda_status keda_engine_remove(keda_engine *e, const char *id, keda_error *err)
{
    const text_source *known = table_find(&e->sources, id);
    keda_status rc = KEDA_OK;

    if (known == NULL)
        return keda_error_set(err, KEDA_ENOTFOUND, "there is no source %s", id);
    rc = known->is_private ? engine_put_private(e, id, "", 0, NULL, err)
                           : keda_engine_put(e, id, "", NULL, err);
    if (rc != KEDA_OK)
        return rc;
    text_source *empty = table_find(&e->sources, id);
    if (empty != NULL && empty->nentries == 0) {
        table_remove(&e->sources, &empty->node);
        source_free(empty);
    }
    return KEDA_OK;
}

static keda_status check_size(size_t nsources, size_t source_size, keda_error *err)
{
    if (nsources > 0 && source_size < sizeof(keda_source))
        return keda_error_set(err, KEDA_EINVAL, "sources of a wrong size");
    return KEDA_OK;
}

keda_status keda_engine_replace(keda_engine *e, const keda_source *sources, size_t nsources,
                                size_t source_size, keda_findings *findings, keda_error *err)
{
    const given_sources given = {.items = sources, .count = nsources, .item_size = source_size};
    const keda_status rc = check_size(nsources, source_size, err);
    return rc != KEDA_OK ? rc : run(e, INTENT_REPLACE, &given, findings, err);
}

keda_status keda_engine_check(keda_engine *e, const keda_source *sources, size_t nsources,
                              size_t source_size, keda_findings *findings, keda_error *err)
{
    const given_sources given = {.items = sources, .count = nsources, .item_size = source_size};
    const keda_status rc = check_size(nsources, source_size, err);
    return rc != KEDA_OK ? rc : run(e, INTENT_CHECK, &given, findings, err);
}

keda_status keda_engine_hpa(keda_engine *e, const keda_source *sources, size_t nsources,
                            size_t source_size, const keda_hpa_options *opts,
                            keda_findings *findings, keda_error *err)
{
    struct hpa_texts hpas = {.is_json = false};
    const given_sources given = {
        .items = sources, .count = nsources, .item_size = source_size, .hpas = &hpas};

    if (opts == NULL || opts->struct_size < sizeof *opts || opts->write == NULL)
        return keda_error_set(err, KEDA_EINVAL, "options of a wrong size, or nothing to write");
    hpas.is_json = opts->is_json != 0;
    keda_status rc = check_size(nsources, source_size, err);
    if (rc == KEDA_OK)
        rc = run(e, INTENT_CHECK, &given, findings, err);
    if (rc == KEDA_OK && hpas.text.size > 0)
        rc = opts->write(hpas.text.data, hpas.text.size, opts->user);
    if (rc != KEDA_OK && (err == NULL || err->code == KEDA_OK))
        rc = keda_error_set(err, rc, "the text could not be written");
    keda_buf_clear(&hpas.text);
    return rc;
}
