/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finding a context, its cluster and its user in one or several files, and reading what they say. The
 * exec part of a user is kubeconfig_exec.c's.
 */
#include "kube/kubeconfig.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "config/node_read.h"
#include "kube/kubeconfig_entry.h"
#include "lang/base64.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct kubeconfig_source {
    char *file, *dir; /* dir: "" or ending with a slash */
    node *root;       /* NULL: an empty file */
};

/* ---- sources -------------------------------------------------------------------------------- */

static keda_status no_memory(keda_error *err)
{
    return keda_error_set(err, KEDA_ENOMEM, "out of memory");
}

static void clear_source(kubeconfig_source *source)
{
    mem_free(source->file);
    mem_free(source->dir);
    node_read_free(source->root);
}

keda_status kubeconfig_add_text(kubeconfig *c, const char *text, size_t size, const char *name,
                                const char *dir, keda_error *err)
{
    kubeconfig_source source = {0};
    keda_status rc;

    if (size > IDENTITY_MAX_FILE)
        return keda_error_set(err, KEDA_EINVAL, "%s: larger than %d bytes", name,
                              (int)IDENTITY_MAX_FILE);
    if ((rc = mem_grow((void **)&c->sources, &c->capacity, c->count, sizeof *c->sources,
                       err)) != KEDA_OK)
        return rc;
    source.file = mem_strdup(name);
    source.dir = mem_strdup(dir);
    if (source.file == NULL || source.dir == NULL)
        rc = no_memory(err);
    else
        rc = node_read(&source.root, text, size, name, err);
    if (rc == KEDA_OK && source.root != NULL && source.root->type != NODE_MAP &&
        source.root->type != NODE_NULL)
        rc = keda_error_set(err, KEDA_EINVAL, "%s:%d: must be a map, not %s", name,
                            (int)source.root->line, node_type_name(source.root->type));
    if (rc == KEDA_OK)
        c->sources[c->count++] = source;
    else
        clear_source(&source);
    return rc;
}

keda_status kubeconfig_add_file(kubeconfig *c, const char *path, keda_error *err)
{
    const char *slash = strrchr(path, '/');
    char *dir = mem_strndup(path, slash != NULL ? (size_t)(slash - path) + 1 : 0);
    keda_buf text = {0};
    keda_status rc =
        dir != NULL ? buf_read_file(&text, path, IDENTITY_MAX_FILE, err) : no_memory(err);

    if (rc == KEDA_OK)
        rc = kubeconfig_add_text(c, text.data != NULL ? text.data : "", text.size, path, dir,
                                 err);
    if (text.data != NULL)
        mem_wipe(text.data, text.size);
    keda_buf_clear(&text);
    mem_free(dir);
    return rc;
}

void kubeconfig_clear(kubeconfig *c)
{
    for (size_t i = 0; i < c->count; i++)
        clear_source(&c->sources[i]);
    mem_free(c->sources);
    *c = (kubeconfig){0};
}

/* ---- entries -------------------------------------------------------------------------------- */

keda_status entry_fail(const kubeconfig_entry *e, const node *at, const char *name,
                       keda_error *err, const char *format, ...)
{
    const node *place = at != NULL ? at : e->map;
    char message[256];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(message, sizeof message, format, args);
    va_end(args);
    (void)keda_error_set(err, KEDA_EINVAL, "%s:%d: %s[%zu].%s%s%s: %s", e->source->file,
                         (int)place->line, e->list, e->index, e->member,
                         name[0] != '\0' ? "." : "", name, message);
    if (err != NULL) {
        err->line = place->line;
        err->column = place->column;
    }
    return KEDA_EINVAL;
}

const node *entry_get(const kubeconfig_entry *e, const char *name)
{
    const node *value = node_get(e->map, name);

    return value == NULL || value->type == NODE_NULL ? NULL : value;
}

keda_status entry_check_text(const kubeconfig_entry *e, const node *value, const char *path,
                             keda_error *err)
{
    if (value->type == NODE_STRING)
        return KEDA_OK;
    return entry_fail(
        e, value, path, err, "must be a string, not %s%s", node_type_name(value->type),
        value->type == NODE_LIST || value->type == NODE_MAP ? "" : ": put it in quotes");
}

keda_status entry_text(const kubeconfig_entry *e, const char *name, char **out, keda_error *err)
{
    const node *value = entry_get(e, name);
    keda_status rc;

    if (value == NULL)
        return KEDA_OK;
    if ((rc = entry_check_text(e, value, name, err)) != KEDA_OK)
        return rc;
    if (value->text[0] == '\0')
        return KEDA_OK;
    *out = mem_strdup(value->text);
    return *out != NULL ? KEDA_OK : no_memory(err);
}

static keda_status entry_bool(const kubeconfig_entry *e, const char *name, bool *out,
                              keda_error *err)
{
    const node *value = entry_get(e, name);

    if (value == NULL)
        return KEDA_OK;
    if (value->type != NODE_BOOL)
        return entry_fail(e, value, name, err, "must be true or false, not %s",
                          node_type_name(value->type));
    *out = value->boolean;
    return KEDA_OK;
}

keda_status entry_join(const kubeconfig_entry *e, const char *path, char **out, keda_error *err)
{
    keda_buf joined = {0};
    const keda_status rc =
        buf_printf(&joined, "%s%s", path[0] == '/' ? "" : e->source->dir, path);

    *out = rc == KEDA_OK ? mem_strdup(joined.data) : NULL;
    keda_buf_clear(&joined);
    return *out != NULL ? KEDA_OK : no_memory(err);
}

/* A file's name, made whole. */
static keda_status entry_path(const kubeconfig_entry *e, const char *name, char **out,
                              keda_error *err)
{
    char *path = NULL;
    keda_status rc = entry_text(e, name, &path, err);

    if (rc == KEDA_OK && path != NULL)
        rc = entry_join(e, path, out, err);
    mem_free(path);
    return rc;
}

static keda_status decode(const kubeconfig_entry *e, const node *value, const char *name,
                          char **out, keda_error *err)
{
    keda_buf bytes = {0};
    keda_status rc = base64_decode(&bytes, value->text, strlen(value->text));

    if (rc == KEDA_ENOMEM)
        rc = no_memory(err);
    else if (rc != KEDA_OK)
        rc = entry_fail(e, value, name, err, "is not base64");
    else if (bytes.data == NULL || strlen(bytes.data) != bytes.size)
        rc = entry_fail(e, value, name, err, "is not PEM text in base64");
    else if ((*out = mem_strdup(bytes.data)) == NULL)
        rc = no_memory(err);
    if (bytes.data != NULL)
        mem_wipe(bytes.data, bytes.size);
    keda_buf_clear(&bytes);
    return rc;
}

/* PEM from NAME-data in base64, else from the file NAME. */
static keda_status entry_pem(const kubeconfig_entry *e, const char *name, char **text,
                             char **file, keda_error *err)
{
    char data_name[64];
    (void)snprintf(data_name, sizeof data_name, "%s-data", name);
    const node *data = entry_get(e, data_name);
    keda_status rc;

    if (data != NULL && (rc = entry_check_text(e, data, data_name, err)) != KEDA_OK)
        return rc;
    if (data != NULL && data->text[0] != '\0')
        return decode(e, data, data_name, text, err);
    if ((rc = entry_path(e, name, file, err)) != KEDA_OK || *file == NULL)
        return rc;
    keda_error why = KEDA_ERROR_INIT;
    if ((rc = kube_identity_read(text, *file, &why)) == KEDA_ENOMEM)
        return no_memory(err);
    return rc == KEDA_OK ? rc : entry_fail(e, entry_get(e, name), name, err, "%s", why.text);
}

/* ---- finding -------------------------------------------------------------------------------- */

static bool find_in(kubeconfig_entry *out, const kubeconfig_source *source, const char *list,
                    const char *member, const char *name)
{
    const node *items = node_get(source->root, list);

    for (size_t i = 0; items != NULL && items->type == NODE_LIST && i < items->nitems; i++) {
        const node *item = items->items[i];
        const node *named = node_get(item, "name");
        const node *map = node_get(item, member);

        if (named == NULL || named->type != NODE_STRING || !text_equal(named->text, name))
            continue;
        *out = (kubeconfig_entry){.source = source,
                                  .map = map != NULL ? map : item,
                                  .list = list,
                                  .member = member,
                                  .index = i};
        return true;
    }
    return false;
}

static bool find(kubeconfig_entry *out, const kubeconfig *c, const char *list,
                 const char *member, const char *name)
{
    for (size_t i = 0; i < c->count; i++) {
        if (find_in(out, &c->sources[i], list, member, name))
            return true;
    }
    return false;
}

/* The entry must be a map, or empty. */
static keda_status check_map(const kubeconfig_entry *e, keda_error *err)
{
    if (e->map->type == NODE_MAP || e->map->type == NODE_NULL)
        return KEDA_OK;
    return entry_fail(e, NULL, "", err, "must be a map, not %s", node_type_name(e->map->type));
}

static keda_status find_context(kubeconfig_entry *out, const kubeconfig *c, const char *context,
                                keda_error *err)
{
    const char *file = c->count > 0 ? c->sources[0].file : "kubeconfig";

    for (size_t i = 0; context == NULL && i < c->count; i++) {
        const node *current = node_get(c->sources[i].root, "current-context");

        if (current == NULL || current->type == NODE_NULL)
            continue;
        if (current->type != NODE_STRING)
            return keda_error_set(
                err, KEDA_EINVAL, "%s:%d: current-context: must be a string, not %s",
                c->sources[i].file, (int)current->line, node_type_name(current->type));
        if (current->text[0] != '\0')
            context = current->text;
    }
    if (context != NULL && find(out, c, "contexts", "context", context))
        return check_map(out, err);
    if (context == NULL)
        keda_error_set(err, KEDA_EINVAL,
                       "%s: no context was named, and there is no current-context", file);
    else
        keda_error_set(err, KEDA_EINVAL, "%s: there is no context \"%.64s\"", file, context);
    return KEDA_EINVAL;
}

/* What the context names under `member`; *is_named false: nothing. */
static keda_status follow(kubeconfig_entry *out, const kubeconfig *c,
                          const kubeconfig_entry *context, const char *list, const char *member,
                          bool *is_named, keda_error *err)
{
    const node *name = entry_get(context, member);
    keda_status rc;

    *is_named = false;
    if (name == NULL)
        return KEDA_OK;
    if ((rc = entry_check_text(context, name, member, err)) != KEDA_OK)
        return rc;
    if (name->text[0] == '\0')
        return KEDA_OK;
    *is_named = true;
    if (!find(out, c, list, member, name->text))
        return entry_fail(context, name, member, err, "there is no %s \"%.64s\"", member,
                          name->text);
    return check_map(out, err);
}

/* ---- clusters ------------------------------------------------------------------------------- */

static bool is_plain_url(const char *url)
{
    const char *host = text_has_prefix(url, "https://")  ? url + 8
                       : text_has_prefix(url, "http://") ? url + 7
                                                         : "";

    if (*host == '\0' || *host == '/' || strpbrk(url, "@?#\\\"") != NULL)
        return false;
    for (const char *c = url; *c != '\0'; c++) {
        if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f)
            return false;
    }
    return true;
}

static keda_status read_server(const kubeconfig_entry *e, kube_identity *out, keda_error *err)
{
    keda_status rc = entry_text(e, "server", &out->server, err);

    if (rc != KEDA_OK)
        return rc;
    if (out->server == NULL)
        return entry_fail(e, entry_get(e, "server"), "server", err, "is missing");
    if (!is_plain_url(out->server))
        return entry_fail(e, entry_get(e, "server"), "server", err,
                          "must be https://HOST[:PORT][/PATH], without credentials or query");
    for (size_t n = strlen(out->server); n > 0 && out->server[n - 1] == '/'; n--)
        out->server[n - 1] = '\0';
    return KEDA_OK;
}

static keda_status read_cluster(const kubeconfig_entry *e, kube_identity *out, keda_error *err)
{
    const node *proxy = entry_get(e, "proxy-url");
    keda_status rc;

    if (proxy != NULL && !(proxy->type == NODE_STRING && proxy->text[0] == '\0'))
        return entry_fail(e, proxy, "proxy-url", err,
                          "is not supported: set HTTPS_PROXY in the environment");
    if ((rc = read_server(e, out, err)) != KEDA_OK ||
        (rc = entry_bool(e, "insecure-skip-tls-verify", &out->is_unsafe, err)) != KEDA_OK ||
        (rc = entry_text(e, "tls-server-name", &out->server_name, err)) != KEDA_OK ||
        (rc = entry_pem(e, "certificate-authority", &out->ca, &out->ca_file, err)) != KEDA_OK)
        return rc;
    if (out->is_unsafe && out->ca != NULL)
        return entry_fail(e, entry_get(e, "insecure-skip-tls-verify"),
                          "insecure-skip-tls-verify", err,
                          "excludes a certificate authority: give one of the two");
    return KEDA_OK;
}

/* ---- users ---------------------------------------------------------------------------------- */

/* Going on without these would be somebody else. */
static keda_status refuse_unsupported(const kubeconfig_entry *e, keda_error *err)
{
    static const struct {
        const char *name, *why;
    } known[] = {
        {"auth-provider", "is not supported: use an exec plug-in"},
        {"as", "is not supported: nobody else is impersonated"},
        {"as-uid", "is not supported: nobody else is impersonated"},
        {"as-groups", "is not supported: nobody else is impersonated"},
        {"as-user-extra", "is not supported: nobody else is impersonated"},
    };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        const node *at = entry_get(e, known[i].name);
        if (at != NULL)
            return entry_fail(e, at, known[i].name, err, "%s", known[i].why);
    }
    return KEDA_OK;
}

static keda_status read_token_file(const kubeconfig_entry *e, kube_identity *out,
                                   keda_error *err)
{
    keda_status rc = entry_path(e, "tokenFile", &out->token_file, err);
    char *text = NULL;
    keda_error why = KEDA_ERROR_INIT;

    if (rc != KEDA_OK || out->token_file == NULL)
        return rc;
    /* The file is what counts; it is read with the first request, but it must be there now. */
    if ((rc = kube_identity_read(&text, out->token_file, &why)) != KEDA_OK)
        rc = entry_fail(e, entry_get(e, "tokenFile"), "tokenFile", err, "%s", why.text);
    mem_free_secret(text);
    kube_identity_put(&out->token, NULL);
    return rc;
}

static keda_status read_user(const kubeconfig_entry *e, kube_identity *out, keda_error *err)
{
    keda_status rc = refuse_unsupported(e, err);

    if (rc != KEDA_OK || (rc = entry_text(e, "token", &out->token, err)) != KEDA_OK ||
        (rc = read_token_file(e, out, err)) != KEDA_OK ||
        (rc = entry_text(e, "username", &out->username, err)) != KEDA_OK ||
        (rc = entry_text(e, "password", &out->password, err)) != KEDA_OK ||
        (rc = entry_pem(e, "client-certificate", &out->cert, &out->cert_file, err)) !=
            KEDA_OK ||
        (rc = entry_pem(e, "client-key", &out->key, &out->key_file, err)) != KEDA_OK)
        return rc;
    if ((out->cert == NULL) != (out->key == NULL))
        return entry_fail(e, NULL, out->cert == NULL ? "client-certificate" : "client-key", err,
                          "is missing: a certificate and its key belong together");
    if (out->token != NULL || out->token_file != NULL)
        return KEDA_OK; /* kubectl: a token makes the plug-in needless */
    return kubeconfig_read_exec(e, out, err);
}

keda_status kubeconfig_identity(const kubeconfig *c, const char *name, kube_identity *out,
                                keda_error *err)
{
    kubeconfig_entry context = {0}, cluster = {0}, user = {0};
    bool is_named = false;
    keda_status rc = find_context(&context, c, name, err);

    if (rc != KEDA_OK ||
        (rc = entry_text(&context, "namespace", &out->space, err)) != KEDA_OK ||
        (rc = follow(&cluster, c, &context, "clusters", "cluster", &is_named, err)) != KEDA_OK)
        return rc;
    if (!is_named)
        return entry_fail(&context, NULL, "cluster", err, "is missing");
    if ((rc = read_cluster(&cluster, out, err)) != KEDA_OK ||
        (rc = follow(&user, c, &context, "users", "user", &is_named, err)) != KEDA_OK)
        return rc;
    if (!is_named)
        return KEDA_OK; /* nobody: what an open port wants */
    if ((rc = read_user(&user, out, err)) != KEDA_OK || out->exec == NULL)
        return rc;
    return kubeconfig_read_exec_cluster(&cluster, out->exec, err);
}
