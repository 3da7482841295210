/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Preparing a change: reading, duplicates, references, targets. Everything that can fail is here;
 * commit.c makes it real.
 */
#include "engine/change.h"

#include "auth/resolve.h"
#include "base/findings.h"
#include "base/mem.h"
#include "base/text.h"
#include "engine/schedule.h"
#include "engine/stage.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- findings */

void change_say(change *c, keda_severity severity, keda_status code, const change_place *place,
                const char *format, ...)
{
    char text[1024];
    const entry *en = place->entry;
    const document *doc = place->doc;
    findings_place where = {.path = place->path, .line = place->line, .column = place->column};

    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    where.file = doc != NULL                        ? doc->file
                 : en != NULL && en->source != NULL ? en->source->id
                                                    : "";
    where.object = entry_shown(doc != NULL ? doc->object : en != NULL ? en->object : "");
    findings_add(c->findings, severity, &where, "%s", text);
    if (severity == KEDA_SEVERITY_ERROR && c->first_code == KEDA_OK)
        c->first_code = code;
}

static void say_at(change *c, keda_severity severity, keda_status code, const document *doc,
                   const char *member, const char *message)
{
    const node *at = doc->root;
    const char *path = member;

    for (const char *name = member; at != NULL && *name != '\0';) {
        char part[64];
        const size_t n = strcspn(name, ".");
        (void)snprintf(part, sizeof part, "%.*s", (int)n, name);
        const node *next = node_get(at, part);
        if (next == NULL)
            break;
        at = next;
        name += n + (name[n] == '.' ? 1 : 0);
    }
    const change_place place = {.doc = doc,
                                .path = path,
                                .line = at == NULL ? 0 : at->line,
                                .column = at == NULL ? 0 : at->column};
    change_say(c, severity, code, &place, "%s", message);
}

/* ---- documents as they will be */

entry *change_find(const change *c, const char *object)
{
    entry *en = table_find(&c->entries, object);
    if (en != NULL)
        return en->is_kept ? en->before : en;
    en = table_find(&c->e->entries, object);
    return en != NULL && !en->source->is_leaving ? en : NULL;
}

bool change_is_broken(const change *c, const char *object)
{
    return table_find(&c->broken, object) != NULL;
}

/* Known by name only, so that who refers to it is not told that it does not exist. */
static keda_status keep_broken(change *c, text_source *src, const document *doc,
                               keda_error *err)
{
    if (change_is_broken(c, doc->object))
        return KEDA_OK;
    entry *en = entry_alloc(doc->object);
    if (en == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    en->source = src;
    en->line = doc->root->line;
    table_add(&c->broken, &en->node, en->object);
    return KEDA_OK;
}

static void forget_broken(change *c)
{
    for (entry *en = table_next(&c->broken, NULL), *next; en != NULL; en = next) {
        next = table_next(&c->broken, en);
        table_remove(&c->broken, &en->node);
        entry_free(en);
    }
    table_clear(&c->broken);
}

static bool stays(const change *c, const entry *en)
{
    return change_find(c, en->object) == en;
}

/* ---- sources */

void source_free(text_source *src)
{
    mem_free(src);
}

/* With room for an entry of each document. */
static keda_status source_new(text_source **out, const char *id, size_t ndocuments,
                              keda_error *err)
{
    const size_t id_at = sizeof(text_source) + ndocuments * sizeof(entry *);
    const size_t id_size = strlen(id) + 1;
    char *memory = mem_zalloc(1, id_at + id_size);

    if (memory == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    text_source *src = (text_source *)(void *)memory;
    src->id = memcpy(memory + id_at, id, id_size);
    *out = src;
    return KEDA_OK;
}

/* ---- one document */

/* KEDA's, but nothing we have. */
static bool is_unsupported_kind(const document *doc)
{
    static const char *const kinds[] = {"ScaledJob", "CloudEventSource",
                                        "ClusterCloudEventSource"};

    if (!text_has_prefix(doc->api_version, "keda.sh/") &&
        !text_has_prefix(doc->api_version, "eventing.keda.sh/"))
        return false;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (text_equal(doc->kind, kinds[i]))
            return true;
    }
    return false;
}

static bool is_our_version(const document *doc)
{
    return text_has_prefix(doc->api_version, "keda.sh/") ||
           text_has_prefix(doc->api_version, "libkeda.io/");
}

/* Ours by name, but nothing we know; or somebody else's, which may stand in the same file. */
static void say_unknown_kind(change *c, const document *doc)
{
    static const char *const known[] = {"ScaledObject",
                                        "TriggerAuthentication",
                                        "ClusterTriggerAuthentication",
                                        "Secret",
                                        "ConfigMap",
                                        "ProcessPool"};
    char message[320];
    const bool is_ours = is_our_version(doc);
    const char *nearest = text_nearest(doc->kind, known, sizeof known / sizeof known[0]);

    if (is_unsupported_kind(doc))
        (void)snprintf(message, sizeof message, "%s is not supported by this version",
                       doc->kind);
    else if (!is_ours && (nearest == NULL || text_equal(nearest, doc->kind)))
        (void)snprintf(message, sizeof message, "%s %s is not used here and is left out",
                       doc->api_version, doc->kind);
    else
        (void)snprintf(message, sizeof message, "unknown kind %s %s%s%s%s", doc->api_version,
                       doc->kind, nearest == NULL ? "" : "; did you mean ",
                       nearest == NULL ? "" : nearest, nearest == NULL ? "" : "?");
    say_at(c, is_ours ? KEDA_SEVERITY_ERROR : KEDA_SEVERITY_WARNING, KEDA_EINVAL, doc, "kind",
           message);
}

/* True when no other document has this object. */
static bool is_single(change *c, const document *doc)
{
    char message[1024];
    const entry *other = table_find(&c->entries, doc->object);

    if (other == NULL)
        other = table_find(&c->broken, doc->object);
    if (other == NULL) {
        other = table_find(&c->e->entries, doc->object);
        if (other == NULL || other->source->is_leaving)
            return true;
    }
    (void)snprintf(message, sizeof message, "%s is already defined in %s:%d",
                   entry_shown(doc->object), other->source->id, (int)other->line);
    say_at(c, KEDA_SEVERITY_ERROR, KEDA_EINVAL, doc, "metadata.name", message);
    return false;
}

static keda_status make_pool_target(change *c, entry *en, const document *doc, keda_error *err)
{
    const target_name name = {.api_version = doc->api_version,
                              .kind = doc->kind,
                              .space = doc->space,
                              .name = doc->name};
    target_kind *kind = registry_target(&c->e->registry, name.api_version, name.kind);

    if (kind == NULL) {
        say_at(c, KEDA_SEVERITY_ERROR, KEDA_EUNSUPPORTED, doc, "kind",
               "this program has no process pools");
        return KEDA_OK;
    }
    return target_new(&en->target, c->e, kind, &name, en->spec_json, err);
}

/* What hangs on the entry besides its values. */
static keda_status complete_entry(change *c, entry *en, const document *doc,
                                  scaled_object *object, keda_error *err)
{
    if (en->is_kept)
        return KEDA_OK;
    if (en->before != NULL)
        c->touches = c->touches || en->kind != ENTRY_SCALED_OBJECT;
    if (en->kind == ENTRY_SCALED_OBJECT)
        return workload_new(&en->workload, c->e, object, err);
    if (en->kind == ENTRY_POOL && en->before == NULL)
        return make_pool_target(c, en, doc, err);
    return KEDA_OK;
}

static void drop_entry(entry *en)
{
    if (en->kind == ENTRY_SCALED_OBJECT && en->workload != NULL) {
        schedule_stop(en->workload);
        workload_free(en->workload);
    }
    if (en->kind == ENTRY_POOL && en->before == NULL)
        target_discard(en->target);
    entry_free(en);
}

static keda_status take_document(change *c, text_source *src, size_t i, const document *doc,
                                 keda_error *err)
{
    scaled_object object = {0};
    keda_error own = KEDA_ERROR_INIT;
    entry_kind kind;
    entry *en = NULL;

    if (!entry_kind_of(doc, &kind)) {
        say_unknown_kind(c, doc);
        return is_our_version(doc) ? keep_broken(c, src, doc, err) : KEDA_OK;
    }
    if (!is_single(c, doc))
        return KEDA_OK;
    entry *before = c->hpas != NULL ? NULL : table_find(&c->e->entries, doc->object);
    keda_status rc = entry_new(&en, c->e, doc, before, &object, c->findings, &own);
    if (rc == KEDA_ENOMEM)
        return keda_error_set(err, rc, "%s", own.text);
    if (rc != KEDA_OK) { /* its findings say why */
        c->first_code = c->first_code == KEDA_OK ? rc : c->first_code;
        return keep_broken(c, src, doc, err);
    }
    en->source = src;
    en->document = (uint32_t)i;
    rc = complete_entry(c, en, doc, &object, err);
    scaled_object_clear(&object);
    if (rc != KEDA_OK) {
        drop_entry(en);
        return rc;
    }
    src->entries[src->nentries++] = en;
    table_add(&c->entries, &en->node, en->object);
    return rc;
}

/* Documents are found by what this makes of their names. */
static keda_status name_document(const text_source *src, document *doc, keda_error *err)
{
    entry_kind kind;
    const bool is_known = entry_kind_of(doc, &kind);

    if (is_known && (kind == ENTRY_SCALED_OBJECT || kind == ENTRY_POOL))
        return KEDA_OK;
    const bool is_cluster = text_equal(doc->kind, "ClusterTriggerAuthentication");
    char *key = entry_key(src, doc->kind, is_cluster ? "" : doc->space, doc->name);
    if (key == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    mem_free(doc->object);
    doc->object = key;
    return KEDA_OK;
}

static keda_status take_source(change *c, const keda_source *given, keda_error *err)
{
    new_source *mine = &c->sources[c->nsources];
    keda_error own = KEDA_ERROR_INIT;

    if (table_find(&c->given, given->id) != NULL)
        return keda_error_set(err, KEDA_EINVAL, "source %s is given twice", given->id);
    keda_status rc =
        documents_read(&mine->docs, given->text, given->size, given->id, c->findings, &own);
    if (rc != KEDA_OK && rc != KEDA_ENOMEM)
        c->first_code = c->first_code == KEDA_OK ? KEDA_EINVAL : c->first_code;
    rc = rc == KEDA_ENOMEM ? keda_error_set(err, rc, "%s", own.text)
                           : source_new(&mine->source, given->id, mine->docs.count, err);
    if (rc != KEDA_OK) {
        documents_clear(&mine->docs);
        return rc;
    }
    c->nsources++;
    mine->source->is_private = c->is_private;
    table_add(&c->given, &mine->source->node, mine->source->id);
    for (size_t i = 0; rc == KEDA_OK && i < mine->docs.count; i++)
        rc = name_document(mine->source, &mine->docs.items[i], err);
    for (size_t i = 0; rc == KEDA_OK && i < mine->docs.count; i++)
        rc = take_document(c, mine->source, i, &mine->docs.items[i], err);
    return rc;
}

/* ---- references of TriggerAuthentications */

typedef struct object_search {
    const change *c;
    const text_source *source;
    const char *space;
} object_search;

static const keda_map *object_values(auth_from from, const char *name, void *user)
{
    const object_search *search = user;
    char *object = entry_key(search->source, from == AUTH_FROM_SECRET ? "Secret" : "ConfigMap",
                             search->space, name);
    const entry *en = object == NULL ? NULL : change_find(search->c, object);
    mem_free(object);
    return en == NULL ? NULL : &en->values.values;
}

static bool is_broken(const object_search *search, const char *kind, const char *name)
{
    char *object = entry_key(search->source, kind, search->space, name);
    const bool is = object != NULL && change_is_broken(search->c, object);
    mem_free(object);
    return is;
}

static void check_auth(change *c, const entry *en, const document *doc)
{
    const char *space =
        en->auth.space[0] != '\0' ? en->auth.space : c->e->settings.cluster_namespace;
    object_search search = {.c = c, .source = en->source, .space = space};
    const auth_sources sources = {.object = object_values, .user = &search};
    char message[320];

    for (size_t i = 0; i < en->auth.count; i++) {
        const auth_entry *at = &en->auth.entries[i];
        const auth_want want = {.from = at->source == AUTH_SECRET ? AUTH_FROM_SECRET
                                                                  : AUTH_FROM_CONFIG_MAP,
                                .parameter = at->parameter,
                                .name = at->name,
                                .key = at->key};
        if (at->source == AUTH_ENV) /* depends on the workload */
            continue;
        if (is_broken(&search, at->source == AUTH_SECRET ? "Secret" : "ConfigMap", at->name))
            continue;
        const change_place place = {.doc = doc,
                                    .entry = en,
                                    .path = at->source == AUTH_SECRET
                                                ? "spec.secretTargetRef"
                                                : "spec.configMapTargetRef",
                                    .line = doc == NULL ? 0 : at->line,
                                    .column = doc == NULL ? 0 : at->column};
        if (!auth_exists(&want, &sources, message, sizeof message))
            change_say(c, KEDA_SEVERITY_ERROR, KEDA_EINVAL, &place, "%s", message);
    }
}

/* ---- targets of new workloads */

static const workload *other_owner(const change *c, const workload *w)
{
    const char *key = w->draft->target_key;
    const workload_draft *claim = table_find(&c->claims, key);
    if (claim != NULL)
        return claim->workload;
    const keda_target *t = table_find(&c->e->targets, key);
    if (t == NULL || t->owner == NULL)
        return NULL;
    char *object = entry_object("ScaledObject", t->owner->object.space, t->owner->object.name);
    const entry *en = object == NULL ? NULL : change_find(c, object);
    mem_free(object);
    return en != NULL && en->workload == t->owner ? t->owner : NULL;
}

static bool is_claimed(change *c, workload *w, const document *doc)
{
    char message[512];
    const workload *other = other_owner(c, w);

    if (other == NULL) {
        table_add(&c->claims, &w->draft->claim, w->draft->target_key);
        return true;
    }
    (void)snprintf(message, sizeof message, "%s and %s would both scale %s %s",
                   other->object.id, w->object.id, w->object.target_kind,
                   w->object.target_name);
    say_at(c, KEDA_SEVERITY_ERROR, KEDA_EINVAL, doc, "spec.scaleTargetRef", message);
    return false;
}

/* "ProcessPool, Callback" */
static void list_kinds(const registry *known, char *out, size_t size)
{
    out[0] = '\0';
    for (size_t i = 0; i < known->targets.count; i++) {
        const target_kind *kind = known->targets.items[i];
        const size_t n = strlen(out);
        if (kind->desc.kind != NULL)
            (void)snprintf(out + n, size - n, "%s%s", n > 0 ? ", " : "", kind->desc.kind);
    }
}

/* A document for a cluster is a valid one, so a check only warns. */
static void say_no_target(change *c, const target_name *name, const document *doc)
{
    const bool is_idle = c->is_check || c->e->settings.is_manual;
    char kinds[256], message[768];

    list_kinds(&c->e->registry, kinds, sizeof kinds);
    if (!is_idle)
        (void)snprintf(message, sizeof message,
                       "%s %s cannot be scaled by this program; kinds that can be: %s",
                       name->api_version, name->kind, kinds);
    else
        (void)snprintf(message, sizeof message,
                       "kind %s of %s needs a cluster: kedad -f refuses it; kinds that work "
                       "without one: %s",
                       name->kind, name->api_version, kinds);
    say_at(c, is_idle ? KEDA_SEVERITY_WARNING : KEDA_SEVERITY_ERROR, KEDA_EUNSUPPORTED, doc,
           "spec.scaleTargetRef", message);
}

static bool make_draft(workload *w, const target_name *name)
{
    w->draft = mem_zalloc(1, sizeof *w->draft);
    if (w->draft == NULL)
        return false;
    w->draft->workload = w;
    w->draft->target_key = target_key(name);
    return w->draft->target_key != NULL;
}

static keda_status find_target(change *c, workload *w, const document *doc, keda_error *err)
{
    const scaled_object *object = &w->object;
    const target_name name = {.api_version = object->target_api_version,
                              .kind = object->target_kind,
                              .space = object->space,
                              .name = object->target_name};
    target_kind *kind = registry_target(&c->e->registry, name.api_version, name.kind);
    char message[512];

    if (kind == NULL) {
        say_no_target(c, &name, doc);
        return KEDA_OK;
    }
    if (!make_draft(w, &name))
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    if (!is_claimed(c, w, doc))
        return KEDA_OK;
    if ((kind->desc.flags & KEDA_TARGET_NEEDS_DOCUMENT) == 0)
        return target_new(&w->draft->fresh_target, c->e, kind, &name, NULL, err);
    char *needed = entry_object(name.kind, name.space, name.name);
    if (needed == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    (void)snprintf(message, sizeof message, "there is no %s %s/%s", name.kind, name.space,
                   name.name);
    if (change_find(c, needed) == NULL && !change_is_broken(c, needed))
        say_at(c, KEDA_SEVERITY_ERROR, KEDA_EINVAL, doc, "spec.scaleTargetRef", message);
    mem_free(needed);
    return KEDA_OK;
}

/* ---- new documents, once all are known */

static keda_status link_entry(change *c, const new_source *from, entry *en, keda_error *err)
{
    const document *doc = &from->docs.items[en->document];
    keda_status rc = KEDA_OK;

    if (en->is_kept)
        return KEDA_OK;
    if (en->kind == ENTRY_AUTH)
        check_auth(c, en, doc);
    if (en->kind != ENTRY_SCALED_OBJECT)
        return KEDA_OK;
    if ((rc = find_target(c, en->workload, doc, err)) != KEDA_OK)
        return rc;
    return stage_workload(c, en->workload, en, doc, err);
}

static keda_status link_entries(change *c, keda_error *err)
{
    keda_status rc = KEDA_OK;

    for (size_t i = 0; rc == KEDA_OK && i < c->nsources; i++) {
        const text_source *src = c->sources[i].source;
        for (size_t j = 0; rc == KEDA_OK && j < src->nentries; j++)
            rc = link_entry(c, &c->sources[i], src->entries[j], err);
    }
    return rc;
}

/* ---- workloads that stay, when what they refer to changes */

static keda_status renew_trigger(change *c, const entry *en, trigger *t, keda_error *err)
{
    keda_error own = KEDA_ERROR_INIT;
    renewal fresh = {.trigger = t};
    const change_place place = {.entry = en, .path = "spec.triggers"};
    keda_status rc = stage_for_change(c, t, &fresh.instance, &fresh.fingerprint, &own);

    if (rc == KEDA_ENOMEM)
        return keda_error_set(err, rc, "out of memory");
    if (rc != KEDA_OK) {
        change_say(c, KEDA_SEVERITY_ERROR, rc, &place, "it would no longer work: %s", own.text);
        return KEDA_OK;
    }
    if (fresh.fingerprint == t->fingerprint) {
        instance_discard(fresh.instance);
        return KEDA_OK;
    }
    void *renewals = c->renewals;
    rc = mem_grow(&renewals, &c->renewals_capacity, c->nrenewals, sizeof fresh, err);
    c->renewals = renewals;
    if (rc == KEDA_OK)
        c->renewals[c->nrenewals++] = fresh;
    else
        instance_discard(fresh.instance);
    return rc;
}

static void check_pool(change *c, const entry *en)
{
    const scaled_object *object = &en->workload->object;
    char *needed = entry_object(object->target_kind, object->space, object->target_name);
    const change_place place = {.entry = en, .path = "spec.scaleTargetRef"};
    const keda_target *t = en->workload->target;

    if (t != NULL && (t->kind->desc.flags & KEDA_TARGET_NEEDS_DOCUMENT) != 0 &&
        needed != NULL && change_find(c, needed) == NULL && !change_is_broken(c, needed))
        change_say(c, KEDA_SEVERITY_ERROR, KEDA_EINVAL, &place, "%s %s/%s is still needed",
                   object->target_kind, object->space, object->target_name);
    mem_free(needed);
}

static keda_status recheck_entry(change *c, const entry *en, keda_error *err)
{
    keda_status rc = KEDA_OK;

    if (!stays(c, en))
        return KEDA_OK;
    if (en->kind == ENTRY_AUTH)
        check_auth(c, en, NULL);
    if (en->kind != ENTRY_SCALED_OBJECT)
        return KEDA_OK;
    check_pool(c, en);
    if (c->broken.count > 0) /* it may hang on those; they are to be mended first */
        return KEDA_OK;
    for (size_t i = 0; rc == KEDA_OK && i < en->workload->object.ntriggers; i++)
        rc = renew_trigger(c, en, &en->workload->triggers[i], err);
    return rc;
}

static bool removes_what_others_need(const change *c)
{
    for (size_t i = 0; i < c->leaving.count; i++) {
        const text_source *src = c->leaving.items[i];
        for (size_t j = 0; j < src->nentries; j++) {
            const entry *en = src->entries[j];
            if (en->kind != ENTRY_SCALED_OBJECT && change_find(c, en->object) == NULL)
                return true;
        }
    }
    return false;
}

/* What others cannot see changes nothing for them. */
static bool is_of_one(const change *c)
{
    for (size_t i = 0; i < c->leaving.count; i++) {
        const text_source *src = c->leaving.items[i];
        if (!src->is_private)
            return false;
    }
    return c->is_private;
}

static keda_status recheck_private(change *c, keda_error *err)
{
    const text_source *src = c->sources[0].source;
    keda_status rc = KEDA_OK;

    for (size_t i = 0; rc == KEDA_OK && i < src->nentries; i++) {
        const entry *en = src->entries[i];
        if (en->is_kept)
            rc = recheck_entry(c, en->before, err);
    }
    return rc;
}

static keda_status recheck(change *c, keda_error *err)
{
    keda_status rc = KEDA_OK;

    if (is_of_one(c))
        return recheck_private(c, err);
    if (!c->touches && !removes_what_others_need(c))
        return KEDA_OK;
    for (const entry *en = table_next(&c->e->entries, NULL); rc == KEDA_OK && en != NULL;
         en = table_next(&c->e->entries, en))
        rc = recheck_entry(c, en, err);
    return rc;
}

/* ---- all of it */

static keda_status leave(change *c, text_source *src, keda_error *err)
{
    if (src == NULL || src->is_leaving)
        return KEDA_OK;
    const keda_status rc = pointers_add(&c->leaving, src, err);
    src->is_leaving = rc == KEDA_OK;
    return rc;
}

static keda_status mark_leaving(change *c, const keda_source *sources, size_t nsources,
                                size_t source_size, keda_error *err)
{
    keda_status rc = KEDA_OK;

    for (text_source *src = table_next(&c->e->sources, NULL);
         rc == KEDA_OK && c->is_all && src != NULL; src = table_next(&c->e->sources, src))
        rc = leave(c, src, err);
    for (size_t i = 0; rc == KEDA_OK && i < nsources; i++) {
        const keda_source *given =
            (const keda_source *)(const void *)((const char *)sources + i * source_size);
        rc = leave(c, table_find(&c->e->sources, given->id), err);
    }
    return rc;
}

static keda_status start_tables(change *c, size_t nsources, keda_error *err)
{
    keda_status rc = table_init(&c->given, err);
    if (rc == KEDA_OK)
        rc = table_init(&c->entries, err);
    if (rc == KEDA_OK)
        rc = table_init(&c->broken, err);
    if (rc == KEDA_OK)
        rc = table_init(&c->claims, err);
    if (rc != KEDA_OK)
        return rc;
    c->sources = mem_zalloc(nsources, sizeof *c->sources);
    if (c->sources == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    return KEDA_OK;
}

keda_status change_prepare(change *c, const keda_source *sources, size_t nsources,
                           size_t source_size, keda_error *err)
{
    keda_status rc = start_tables(c, nsources, err);

    if (rc != KEDA_OK)
        return rc;
    rc = mark_leaving(c, sources, nsources, source_size, err);
    for (size_t i = 0; rc == KEDA_OK && i < nsources; i++) {
        const keda_source *given =
            (const keda_source *)(const void *)((const char *)sources + i * source_size);
        rc = take_source(c, given, err);
    }
    if (rc == KEDA_OK)
        rc = link_entries(c, err);
    if (rc == KEDA_OK)
        rc = recheck(c, err);
    for (size_t i = 0; i < c->nsources; i++)
        documents_clear(&c->sources[i].docs);
    return rc;
}

void change_drop(change *c)
{
    for (size_t i = 0; i < c->leaving.count; i++)
        ((text_source *)c->leaving.items[i])->is_leaving = false;
    pointers_clear(&c->leaving);
    for (size_t i = 0; i < c->nsources; i++) {
        text_source *src = c->sources[i].source;
        for (size_t j = 0; j < src->nentries; j++)
            drop_entry(src->entries[j]);
        source_free(src);
    }
    for (size_t i = 0; i < c->nrenewals; i++)
        instance_discard(c->renewals[i].instance);
    mem_free(c->renewals);
    mem_free(c->sources);
    forget_broken(c);
    table_clear(&c->claims);
    table_clear(&c->entries);
    table_clear(&c->given);
}
