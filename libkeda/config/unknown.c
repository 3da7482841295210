/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Metadata keys that no field of a trigger type knows. Upstream ignores them, silently unless asked.
 */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "fields.h"
#include "params.h"

static const char suffix[] = "FromEnv";

/* All names of a table, those of its groups included. */
typedef struct names {
    const char **items;
    size_t count, capacity;
} names;

static bool add_name(names *all, const char *name)
{
    void *items = all->items;
    if (mem_grow(&items, &all->capacity, all->count, sizeof *all->items, NULL) != KEDA_OK)
        return false;
    all->items = items;
    all->items[all->count++] = name;
    return true;
}

/* By where they may be written: as they are, with FromEnv behind them, only elsewhere. */
typedef struct known_names {
    names plain, env, elsewhere;
} known_names;

static bool collect_field(known_names *known, const keda_field *field)
{
    const bool is_plain = field_has_source(field, KEDA_FROM_METADATA);
    bool is_ok = true;
    for (size_t i = 0; i < FIELD_NAMES && field_name(field, i) != NULL && is_ok; i++) {
        is_ok = add_name(is_plain ? &known->plain : &known->elsewhere, field_name(field, i));
        if (is_ok && field_has_source(field, KEDA_FROM_ENV))
            is_ok = add_name(&known->env, field_name(field, i));
    }
    return is_ok;
}

static bool collect(known_names *known, const keda_field *fields, size_t nfields,
                    size_t field_size)
{
    bool is_ok = true;
    for (size_t i = 0; i < nfields && is_ok; i++) {
        const keda_field field = field_at(fields, field_size, i);
        if (field.kind == KEDA_KIND_GROUP)
            is_ok = collect(known, field.group, field.ngroup, field_size);
        else
            is_ok = collect_field(known, &field);
    }
    return is_ok;
}

static bool has_name(const names *all, const char *name, size_t size)
{
    for (size_t i = 0; i < all->count; i++)
        if (strlen(all->items[i]) == size && memcmp(all->items[i], name, size) == 0)
            return true;
    return false;
}

static void check_key(const known_names *known, const char *key, params_report_fn report,
                      void *user)
{
    char stem[128], message[320] = "unknown parameter";
    const size_t size = strlen(key);
    const bool is_env = text_has_suffix(key, suffix);
    const size_t stem_size = size - (is_env ? sizeof suffix - 1 : 0);
    if (has_name(&known->plain, key, size) || (is_env && has_name(&known->env, key, stem_size)))
        return;
    (void)text_copy(stem, stem_size < sizeof stem ? stem_size + 1 : sizeof stem, key);
    const names *candidates = is_env ? &known->env : &known->plain;
    const char *near = text_nearest(stem, candidates->items, candidates->count);
    if (has_name(&known->elsewhere, key, size))
        (void)snprintf(message, sizeof message, "is not read from the trigger's metadata");
    else if (is_env && has_name(&known->plain, key, stem_size))
        (void)snprintf(message, sizeof message, "%s cannot come from the environment", stem);
    else if (near != NULL)
        (void)snprintf(message, sizeof message, "unknown parameter; did you mean \"%s%s\"?",
                       near, is_env ? suffix : "");
    report(key, KEDA_SEVERITY_WARNING, message, user);
}

void params_unknown(const keda_field *fields, size_t nfields, size_t field_size,
                    const keda_map *metadata, params_report_fn report, void *user)
{
    known_names known = {{0}, {0}, {0}};
    if (report != NULL && metadata != NULL && collect(&known, fields, nfields, field_size))
        for (size_t i = 0; i < metadata->count; i++)
            check_key(&known, metadata->items[i].name, report, user);
    mem_free(known.plain.items);
    mem_free(known.env.items);
    mem_free(known.elsewhere.items);
}
