/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What all kinds of documents have in common: apiVersion, and the usual metadata, where only names and
 * types are looked at.
 */
#include <string.h>

#include "reader.h"

/* Labels and annotations: names are free, values are strings; an empty one counts as "". */
static void read_strings(reader *r, const node *map, void *out)
{
    (void)out;
    for (size_t i = 0; i < map->nitems && !report_is_full(&r->report); i++) {
        const char *text = NULL;
        const size_t mark = reader_enter(r, map->items[i]->key);
        if (map->items[i]->type != NODE_NULL)
            (void)reader_string(r, map->items[i], &text);
        reader_leave(r, mark);
    }
}

static const member metadata_members[] = {
    {.name = "name", .kind = MEMBER_ANY}, /* looked at when the document was told from others */
    {.name = "namespace", .kind = MEMBER_ANY},
    {.name = "labels", .kind = MEMBER_MAP, .read = read_strings},
    {.name = "annotations", .kind = MEMBER_MAP, .read = read_strings},
    {.name = "creationTimestamp", .kind = MEMBER_ANY},
    {.name = "deletionGracePeriodSeconds", .kind = MEMBER_ANY},
    {.name = "deletionTimestamp", .kind = MEMBER_ANY},
    {.name = "finalizers", .kind = MEMBER_ANY},
    {.name = "generateName", .kind = MEMBER_ANY},
    {.name = "generation", .kind = MEMBER_ANY},
    {.name = "managedFields", .kind = MEMBER_ANY},
    {.name = "ownerReferences", .kind = MEMBER_ANY},
    {.name = "resourceVersion", .kind = MEMBER_ANY},
    {.name = "selfLink", .kind = MEMBER_ANY},
    {.name = "uid", .kind = MEMBER_ANY},
};

static bool is_lower_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* The API server takes lower-case DNS names only; without one, any name does. */
static void check_name(reader *r, const node *metadata)
{
    const char *name = r->doc->name;
    const size_t size = strlen(name);
    bool is_dns =
        size <= 253 && is_lower_or_digit(name[0]) && is_lower_or_digit(name[size - 1]);
    for (size_t i = 0; i < size; i++)
        is_dns = is_dns && (is_lower_or_digit(name[i]) || name[i] == '-' || name[i] == '.');
    if (is_dns)
        return;
    const size_t mark = reader_enter(r, "name");
    reader_strict(r, node_get(metadata, "name"),
                  "Kubernetes accepts only lower-case letters, digits, '-' and '.'");
    reader_leave(r, mark);
}

void reader_frame(reader *r, const char *api_version)
{
    const node *metadata = node_get(r->doc->root, "metadata");
    if (strcmp(r->doc->api_version, api_version) != 0)
        reader_error_in(r, r->doc->root, "apiVersion", "must be \"%s\" for a %s, not \"%.64s\"",
                        api_version, r->doc->kind, r->doc->api_version);
    const size_t mark = reader_enter(r, "metadata");
    check_name(r, metadata);
    reader_members(r, metadata, metadata_members,
                   sizeof metadata_members / sizeof metadata_members[0], NULL);
    reader_leave(r, mark);
}
