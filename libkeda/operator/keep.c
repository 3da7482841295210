/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Objects as compact JSON, with the members that somebody reads and no others: ten thousand are kept, and
 * equal texts mean that nothing of interest has changed.
 */
#include "operator/operator.h"

#include "base/buf.h"
#include "base/mem.h"
#include "operator/copy.h"

static void put_members(json_text *j, const keda_json *from, const char *const *keys)
{
    for (size_t i = 0; keys[i] != NULL; i++)
        copy_value(j, keys[i], keda_json_get(from, keys[i]));
}

static void open_copy(json_text *j, keda_buf *out, const char *api_version, const char *kind,
                      const keda_json *object, const char *const *metadata)
{
    json_text_init(j, buf_write, out);
    json_text_open(j, NULL, '{');
    json_text_string(j, "apiVersion", api_version);
    json_text_string(j, "kind", kind);
    json_text_open(j, "metadata", '{');
    put_members(j, keda_json_get(object, "metadata"), metadata);
    json_text_close(j, '}');
}

keda_status op_copy(keda_buf *out, const char *api_version, const char *kind,
                    const keda_json *object, const char *const *metadata,
                    const char *const *members)
{
    json_text j;

    open_copy(&j, out, api_version, kind, object, metadata);
    put_members(&j, object, members);
    json_text_close(&j, '}');
    return j.status;
}

keda_status op_copy_template(keda_buf *out, const char *api_version, const char *kind,
                             const keda_json *object, const char *const *metadata)
{
    json_text j;

    open_copy(&j, out, api_version, kind, object, metadata);
    json_text_open(&j, "spec", '{');
    copy_value(&j, "template", keda_json_get(object, "spec.template"));
    json_text_close(&j, '}');
    json_text_close(&j, '}');
    return j.status;
}

bool op_copy_text(char **to, const char *text)
{
    char *copy = mem_strdup(text);
    if (copy == NULL && text != NULL)
        return false;
    mem_free(*to);
    *to = copy;
    return true;
}

const char *op_text(const keda_json *object, const char *path)
{
    const char *text = keda_json_string(keda_json_get(object, path));
    return text != NULL ? text : "";
}
