/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secret and ConfigMap to names and texts. What a Secret holds never enters a message, and is wiped
 * wherever it was.
 */
#include <string.h>

#include "base/mem.h"
#include "lang/base64.h"
#include "map.h"
#include "reader.h"
#include "scaled_object.h"

/* Kubernetes: letters, digits, '-', '_' and '.'. */
static void check_key(reader *r, const node *value)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    if (value->key[0] == '\0' || value->key[strspn(value->key, allowed)] != '\0')
        reader_error(r, value, "a key has only letters, digits, '-', '_' and '.'");
}

static void decode(reader *r, const node *value, keda_map *out)
{
    keda_buf bytes = {0};
    const char *text = value->type == NODE_NULL ? "" : value->text;
    keda_status rc = base64_decode(&bytes, text, strlen(text));
    if (rc == KEDA_EINVAL)
        reader_error(r, value, "is not base64; a plain text goes into stringData");
    else if (bytes.size > 0 && memchr(bytes.data, '\0', bytes.size) != NULL)
        reader_error(r, value, "holds a NUL byte, which no parameter can have");
    else if (rc == KEDA_OK)
        rc = map_set(out, value->key, bytes.size == 0 ? "" : bytes.data);
    if (rc == KEDA_ENOMEM)
        reader_out_of_memory(r);
    mem_wipe(bytes.data, bytes.capacity);
    keda_buf_clear(&bytes);
}

static void read_data(reader *r, const node *map, void *out)
{
    for (size_t i = 0; i < map->nitems; i++) {
        const node *value = map->items[i];
        const char *text = NULL;
        const size_t mark = reader_enter(r, value->key);
        check_key(r, value);
        if (value->type == NODE_NULL || reader_string(r, value, &text))
            decode(r, value, out);
        reader_leave(r, mark);
    }
}

static void read_texts(reader *r, const node *map, void *out)
{
    for (size_t i = 0; i < map->nitems; i++) {
        const node *value = map->items[i];
        const char *text = "";
        const size_t mark = reader_enter(r, value->key);
        check_key(r, value);
        if ((value->type == NODE_NULL || reader_string(r, value, &text)) &&
            map_set(out, value->key, text) != KEDA_OK)
            reader_out_of_memory(r);
        reader_leave(r, mark);
    }
}

static const member secret_members[] = {
    {.name = "apiVersion"},
    {.name = "kind"},
    {.name = "metadata"},
    {.name = "type", .kind = MEMBER_TEXT},
    {.name = "immutable"},
    {.name = "data", .kind = MEMBER_MAP, .read = read_data},
    /* read after `data`, which it wins over wherever it stands */
    {.name = "stringData"},
};

static const member config_map_members[] = {
    {.name = "apiVersion"},
    {.name = "kind"},
    {.name = "metadata"},
    {.name = "immutable"},
    {.name = "data", .kind = MEMBER_MAP, .read = read_texts},
    {.name = "binaryData"},
};

static keda_status finish(reader *r, key_values *take_kv, key_values *out, keda_error *err)
{
    take_kv->space = mem_strdup(r->doc->space);
    take_kv->name = mem_strdup(r->doc->name);
    if (take_kv->space == NULL || take_kv->name == NULL)
        reader_out_of_memory(r);
    const keda_status rc = reader_status(r, err);
    *out = (key_values){0};
    if (rc == KEDA_OK)
        *out = *take_kv;
    else
        key_values_clear(take_kv);
    return rc;
}

static void read_string_data(reader *r, keda_map *out)
{
    const node *value = reader_get(r->doc->root, "stringData");
    if (value == NULL)
        return;
    const size_t mark = reader_enter(r, "stringData");
    if (reader_is(r, value, NODE_MAP))
        read_texts(r, value, out);
    reader_leave(r, mark);
}

keda_status secret_read(key_values *out, const document *doc, keda_findings *findings,
                        keda_error *err)
{
    reader r;
    key_values kv = {0};
    reader_init(&r, doc, false, findings);
    r.hides_values = true;
    reader_frame(&r, "v1");
    reader_members(&r, doc->root, secret_members,
                   sizeof secret_members / sizeof secret_members[0], &kv.values);
    read_string_data(&r, &kv.values);
    return finish(&r, &kv, out, err);
}

keda_status config_map_read(key_values *out, const document *doc, keda_findings *findings,
                            keda_error *err)
{
    reader r;
    key_values kv = {0};
    reader_init(&r, doc, false, findings);
    reader_frame(&r, "v1");
    reader_members(&r, doc->root, config_map_members,
                   sizeof config_map_members / sizeof config_map_members[0], &kv.values);
    return finish(&r, &kv, out, err);
}

void key_values_clear(key_values *kv)
{
    if (kv == NULL)
        return;
    mem_free(kv->space);
    mem_free(kv->name);
    map_clear(&kv->values);
    *kv = (key_values){0};
}
