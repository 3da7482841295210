/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The exec part of a user: which program prints the credentials, and what the cluster tells it. It is
 * run by exec.c.
 */
#include "kube/kubeconfig_entry.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/text.h"
#include "config/json_string.h"

#include <stdio.h>
#include <string.h>

enum { MAX_ARGS = 1000 };

static keda_status no_memory(keda_error *err)
{
    return keda_error_set(err, KEDA_ENOMEM, "out of memory");
}

static keda_status check_list(const kubeconfig_entry *e, const char *name, const node **out,
                              keda_error *err)
{
    const node *list = entry_get(e, name);

    *out = NULL;
    if (list == NULL)
        return KEDA_OK;
    if (list->type != NODE_LIST)
        return entry_fail(e, list, name, err, "must be a list, not %s",
                          node_type_name(list->type));
    if (list->nitems > MAX_ARGS)
        return entry_fail(e, list, name, err, "more than %d items", (int)MAX_ARGS);
    *out = list;
    return KEDA_OK;
}

static keda_status read_args(const kubeconfig_entry *e, kube_exec_spec *spec, keda_error *err)
{
    const node *list = NULL;
    keda_status rc = check_list(e, "args", &list, err);

    if (rc != KEDA_OK || list == NULL)
        return rc;
    spec->args = mem_zalloc(list->nitems + 1, sizeof *spec->args);
    if (spec->args == NULL)
        return no_memory(err);
    for (size_t i = 0; i < list->nitems; i++) {
        char path[32];
        (void)snprintf(path, sizeof path, "args[%zu]", i);
        if ((rc = entry_check_text(e, list->items[i], path, err)) != KEDA_OK)
            return rc;
        if ((spec->args[i] = mem_strdup(list->items[i]->text)) == NULL)
            return no_memory(err);
        spec->nargs++;
    }
    return KEDA_OK;
}

static keda_status read_pair(const kubeconfig_entry *e, const node *item, size_t i, char **out,
                             keda_error *err)
{
    const node *name = node_get(item, "name");
    const node *value = node_get(item, "value");
    keda_buf pair = {0};
    char path[32];
    keda_status rc;

    (void)snprintf(path, sizeof path, "env[%zu]", i);
    if (name == NULL || name->type != NODE_STRING || name->text[0] == '\0' ||
        strchr(name->text, '=') != NULL)
        return entry_fail(e, item, path, err, "must have a name and a value");
    if (value != NULL && value->type != NODE_NULL &&
        (rc = entry_check_text(e, value, path, err)) != KEDA_OK)
        return rc;
    rc = buf_printf(&pair, "%s=%s", name->text,
                    value != NULL && value->type == NODE_STRING ? value->text : "");
    *out = rc == KEDA_OK ? mem_strdup(pair.data) : NULL;
    if (pair.data != NULL)
        mem_wipe(pair.data, pair.size);
    keda_buf_clear(&pair);
    return *out != NULL ? KEDA_OK : no_memory(err);
}

static keda_status read_env(const kubeconfig_entry *e, kube_exec_spec *spec, keda_error *err)
{
    const node *list = NULL;
    keda_status rc = check_list(e, "env", &list, err);

    if (rc != KEDA_OK || list == NULL)
        return rc;
    spec->env = mem_zalloc(list->nitems + 1, sizeof *spec->env);
    if (spec->env == NULL)
        return no_memory(err);
    for (size_t i = 0; i < list->nitems; i++) {
        if ((rc = read_pair(e, list->items[i], i, &spec->env[i], err)) != KEDA_OK)
            return rc;
        spec->nenv++;
    }
    return KEDA_OK;
}

/* A name is looked up in PATH; a path is relative to the file. */
static keda_status read_command(const kubeconfig_entry *e, kube_exec_spec *spec,
                                keda_error *err)
{
    char *command = NULL;
    keda_status rc = entry_text(e, "command", &command, err);

    if (rc == KEDA_OK && command == NULL)
        return entry_fail(e, entry_get(e, "command"), "command", err, "is missing");
    if (rc == KEDA_OK && strchr(command, '/') != NULL) {
        rc = entry_join(e, command, &spec->command, err);
    } else if (rc == KEDA_OK) {
        spec->command = command;
        command = NULL;
    }
    mem_free(command);
    return rc;
}

static keda_status read_version(const kubeconfig_entry *e, kube_exec_spec *spec,
                                keda_error *err)
{
    keda_status rc = entry_text(e, "apiVersion", &spec->api_version, err);

    if (rc != KEDA_OK)
        return rc;
    if (!text_equal(spec->api_version, "client.authentication.k8s.io/v1") &&
        !text_equal(spec->api_version, "client.authentication.k8s.io/v1beta1"))
        return entry_fail(e, entry_get(e, "apiVersion"), "apiVersion", err,
                          "must be client.authentication.k8s.io/v1 or v1beta1");
    return KEDA_OK;
}

static keda_status read_flags(const kubeconfig_entry *e, kube_exec_spec *spec, keda_error *err)
{
    const node *wants = entry_get(e, "provideClusterInfo");
    const node *mode = entry_get(e, "interactiveMode");

    if (mode != NULL && mode->type == NODE_STRING && text_equal(mode->text, "Always"))
        return entry_fail(e, mode, "interactiveMode", err,
                          "Always is not supported: there is nobody to be asked");
    if (wants != NULL && wants->type != NODE_BOOL)
        return entry_fail(e, wants, "provideClusterInfo", err, "must be true or false, not %s",
                          node_type_name(wants->type));
    spec->wants_cluster = wants != NULL && wants->boolean;
    return KEDA_OK;
}

keda_status kubeconfig_read_exec(const kubeconfig_entry *user, kube_identity *out,
                                 keda_error *err)
{
    kubeconfig_entry e = *user;
    keda_status rc;

    e.map = entry_get(user, "exec");
    if (e.map == NULL)
        return KEDA_OK;
    if (e.map->type != NODE_MAP)
        return entry_fail(user, e.map, "exec", err, "must be a map, not %s",
                          node_type_name(e.map->type));
    e.member = "user.exec";
    out->exec = mem_zalloc(1, sizeof *out->exec);
    if (out->exec == NULL)
        return no_memory(err);
    if ((rc = read_version(&e, out->exec, err)) != KEDA_OK ||
        (rc = read_command(&e, out->exec, err)) != KEDA_OK ||
        (rc = read_args(&e, out->exec, err)) != KEDA_OK ||
        (rc = read_env(&e, out->exec, err)) != KEDA_OK ||
        (rc = entry_text(&e, "installHint", &out->exec->install_hint, err)) != KEDA_OK)
        return rc;
    return read_flags(&e, out->exec, err);
}

/* ---- what the cluster says to it ------------------------------------------------------------ */

static keda_status put_json(keda_buf *out, const node *n);

static keda_status put_members(keda_buf *out, const node *n)
{
    const bool is_map = n->type == NODE_MAP;
    keda_status rc = buf_putc(out, is_map ? '{' : '[');

    for (size_t i = 0; rc == KEDA_OK && i < n->nitems; i++) {
        if (i > 0)
            rc = buf_putc(out, ',');
        if (rc == KEDA_OK && is_map &&
            (rc = json_string_write(out, n->items[i]->key)) == KEDA_OK)
            rc = buf_putc(out, ':');
        if (rc == KEDA_OK)
            rc = put_json(out, n->items[i]);
    }
    return rc == KEDA_OK ? buf_putc(out, is_map ? '}' : ']') : rc;
}

static keda_status put_json(keda_buf *out, const node *n)
{
    if (n->type == NODE_STRING)
        return json_string_write(out, n->text);
    if (n->type == NODE_NULL || n->type == NODE_BOOL)
        return buf_puts(out, n->type == NODE_NULL ? "null" : n->boolean ? "true" : "false");
    if (n->type == NODE_INTEGER)
        return buf_printf(out, "%lld", (long long)n->integer);
    if (n->type == NODE_REAL) {
        char text[32];
        (void)num_format_double(n->real, text, sizeof text);
        return buf_puts(out, text);
    }
    return put_members(out, n);
}

keda_status kubeconfig_read_exec_cluster(const kubeconfig_entry *cluster, kube_exec_spec *spec,
                                         keda_error *err)
{
    const node *list = entry_get(cluster, "extensions");
    keda_buf json = {0};
    keda_status rc = KEDA_OK;

    for (size_t i = 0; list != NULL && list->type == NODE_LIST && i < list->nitems; i++) {
        const node *name = node_get(list->items[i], "name");
        const node *config = node_get(list->items[i], "extension");

        if (name == NULL || config == NULL || name->type != NODE_STRING ||
            !text_equal(name->text, "client.authentication.k8s.io/exec"))
            continue;
        if ((rc = put_json(&json, config)) == KEDA_OK)
            spec->cluster_config = mem_strdup(json.data);
        if (spec->cluster_config == NULL)
            rc = no_memory(err);
        break;
    }
    keda_buf_clear(&json);
    return rc;
}
