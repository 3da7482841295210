/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a ProcessPool's document, and the environment its workers get. Starting them is
 * process_pool.c's.
 */
#include "targets/pool_spec.h"

#include <math.h>
#include <string.h>

#include <keda/json.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/num.h"

enum { DEFAULT_GRACE_MS = 30000, DEFAULT_MIN_MS = 1000, DEFAULT_MAX_MS = 60000 };

static keda_status fail_type(const char *path, const char *wanted, keda_error *err)
{
    return keda_error_set(err, KEDA_EINVAL, "%s: must be %s", path, wanted);
}

static keda_status out_of_memory(keda_error *err)
{
    return keda_error_set(err, KEDA_ENOMEM, "out of memory");
}

static void free_texts(char **texts)
{
    for (size_t i = 0; texts != NULL && texts[i] != NULL; i++)
        mem_free_secret(texts[i]);
    mem_free(texts);
}

void pool_spec_clear(pool_spec *spec)
{
    if (spec == NULL)
        return;
    free_texts(spec->command);
    free_texts(spec->env);
    mem_free(spec->directory);
    mem_free(spec->user);
    mem_free(spec->limits);
    *spec = (pool_spec){0};
}

static keda_status append_number(keda_buf *out, double value)
{
    char text[32];
    (void)num_format_double(value, text, sizeof text);
    return buf_puts(out, text);
}

/* A scalar as the text YAML showed: people write numbers and booleans unquoted. */
static keda_status append_scalar(keda_buf *out, const keda_json *value, const char *path,
                                 keda_error *err)
{
    int64_t integer = 0;
    double real = 0.0;
    bool is_true = false;
    keda_status rc;
    if (keda_json_string(value) != NULL)
        rc = buf_puts(out, keda_json_string(value));
    else if (keda_json_int64(value, &integer))
        rc = buf_printf(out, "%lld", (long long)integer);
    else if (keda_json_double(value, &real))
        rc = append_number(out, real);
    else if (keda_json_bool(value, &is_true))
        rc = buf_puts(out, is_true ? "true" : "false");
    else
        return fail_type(path, "a text", err);
    return rc == KEDA_OK ? rc : out_of_memory(err);
}

static keda_status read_command(char ***out, const keda_json *root, keda_error *err)
{
    const keda_json *list = keda_json_get(root, "command");
    const size_t n = keda_json_type_of(list) == KEDA_JSON_ARRAY ? keda_json_count(list) : 0;
    if (n == 0)
        return fail_type("command", "a list of at least one text", err);
    *out = mem_zalloc(n + 1, sizeof **out);
    if (*out == NULL)
        return out_of_memory(err);
    for (size_t i = 0; i < n; i++) {
        const char *text = keda_json_string(keda_json_at(list, i, NULL));
        if (text == NULL)
            return fail_type("command", "a list of texts", err);
        if (((*out)[i] = mem_strdup(text)) == NULL)
            return out_of_memory(err);
    }
    return KEDA_OK;
}

static keda_status append_pair(keda_buf *out, const char *name, const keda_json *value,
                               const char *path, keda_error *err)
{
    if (buf_puts(out, name) != KEDA_OK || buf_putc(out, '=') != KEDA_OK)
        return out_of_memory(err);
    return append_scalar(out, value, path, err);
}

static keda_status read_env(char ***out, const keda_json *root, keda_error *err)
{
    const keda_json *map = keda_json_get(root, "env");
    const size_t n = keda_json_count(map);
    *out = mem_zalloc(n + 1, sizeof **out);
    if (*out == NULL)
        return out_of_memory(err);
    keda_status rc = KEDA_OK;
    for (size_t i = 0; i < n && rc == KEDA_OK; i++) {
        keda_buf pair = {0};
        const char *name = NULL;
        const keda_json *value = keda_json_at(map, i, &name);
        rc = name == NULL ? fail_type("env", "a map", err)
                          : append_pair(&pair, name, value, "env", err);
        if (rc == KEDA_OK)
            (*out)[i] = pair.data; /* handed over: it came from the same allocator */
        else
            keda_buf_clear(&pair);
    }
    return rc;
}

static keda_status read_limits(char **out, const keda_json *root, keda_error *err)
{
    const keda_json *map = keda_json_get(root, "limits");
    keda_buf text = {0};
    keda_status rc = KEDA_OK;
    for (size_t i = 0; i < keda_json_count(map) && rc == KEDA_OK; i++) {
        const char *name = NULL;
        const keda_json *value = keda_json_at(map, i, &name);
        if (i > 0 && buf_putc(&text, ',') != KEDA_OK)
            rc = out_of_memory(err);
        else
            rc = name == NULL ? fail_type("limits", "a map", err)
                              : append_pair(&text, name, value, "limits", err);
    }
    if (rc == KEDA_OK)
        *out = text.data;
    else
        keda_buf_clear(&text);
    return rc;
}

static keda_status read_text(char **out, const keda_json *root, const char *path,
                             keda_error *err)
{
    keda_buf text = {0};
    const keda_json *value = keda_json_get(root, path);
    if (keda_json_type_of(value) == KEDA_JSON_NULL)
        return KEDA_OK;
    keda_status rc = append_scalar(&text, value, path, err);
    if (rc == KEDA_OK && text.size > 0)
        *out = text.data;
    else
        keda_buf_clear(&text);
    return rc;
}

static keda_status read_seconds(int64_t *out_ms, const keda_json *root, const char *path,
                                int64_t fallback_ms, keda_error *err)
{
    const keda_json *value = keda_json_get(root, path);
    double seconds = 0.0;
    *out_ms = fallback_ms;
    if (keda_json_type_of(value) == KEDA_JSON_NULL)
        return KEDA_OK;
    if (!keda_json_double(value, &seconds) || !(seconds >= 0.0) || seconds > 1e10)
        return fail_type(path, "a number of seconds", err);
    *out_ms = num_milli(seconds);
    return KEDA_OK;
}

static keda_status read_rules(pool_rules *out, const keda_json *root, keda_error *err)
{
    keda_status rc =
        read_seconds(&out->grace_ms, root, "gracePeriodSeconds", DEFAULT_GRACE_MS, err);
    if (rc == KEDA_OK)
        rc =
            read_seconds(&out->restart_min_ms, root, "restart.minSeconds", DEFAULT_MIN_MS, err);
    if (rc == KEDA_OK)
        rc =
            read_seconds(&out->restart_max_ms, root, "restart.maxSeconds", DEFAULT_MAX_MS, err);
    return rc;
}

keda_status pool_spec_read(pool_spec *out, const char *spec_json, keda_error *err)
{
    pool_spec spec = {0};
    keda_json *root = NULL;
    const char *text = spec_json == NULL ? "{}" : spec_json;
    keda_status rc = keda_json_parse(&root, text, strlen(text), err);
    if (rc == KEDA_OK)
        rc = read_command(&spec.command, root, err);
    if (rc == KEDA_OK)
        rc = read_env(&spec.env, root, err);
    if (rc == KEDA_OK)
        rc = read_limits(&spec.limits, root, err);
    if (rc == KEDA_OK)
        rc = read_text(&spec.directory, root, "workingDirectory", err);
    if (rc == KEDA_OK)
        rc = read_text(&spec.user, root, "user", err);
    if (rc == KEDA_OK)
        rc = read_rules(&spec.rules, root, err);
    keda_json_free(root);
    if (rc == KEDA_OK)
        *out = spec;
    else
        pool_spec_clear(&spec);
    return rc;
}

/* ---- environment */

static size_t count_texts(const char *const *texts)
{
    size_t n = 0;
    while (texts != NULL && texts[n] != NULL)
        n++;
    return n;
}

static bool names_one_of(const char *pair, const char *const *texts)
{
    const size_t size = strcspn(pair, "=");
    for (size_t i = 0; texts != NULL && texts[i] != NULL; i++)
        if (strncmp(pair, texts[i], size) == 0 &&
            (texts[i][size] == '=' || texts[i][size] == '\0'))
            return true;
    return false;
}

/* A service manager's talk with the host. */
static const char *const private_names[] = {"NOTIFY_SOCKET",
                                            "WATCHDOG_USEC",
                                            "WATCHDOG_PID",
                                            "LISTEN_FDS",
                                            "LISTEN_PID",
                                            "LISTEN_FDNAMES",
                                            NULL};

static const char *const *spec_env(const pool_spec *spec)
{
    union {
        char *const *in;
        const char *const *out;
    } cast = {.in = spec->env};
    return cast.out;
}

const char **pool_environment(const pool_spec *spec, const char *const *host,
                              const char *const *own)
{
    const char *const *given = spec_env(spec);
    const size_t most = count_texts(host) + count_texts(given) + count_texts(own) + 1;
    const char **env = mem_zalloc(most, sizeof *env);
    size_t n = 0;
    for (size_t i = 0; env != NULL && host != NULL && host[i] != NULL; i++)
        if (!names_one_of(host[i], private_names) && !names_one_of(host[i], given) &&
            !names_one_of(host[i], own))
            env[n++] = host[i];
    for (size_t i = 0; env != NULL && given != NULL && given[i] != NULL; i++)
        if (!names_one_of(given[i], own))
            env[n++] = given[i];
    for (size_t i = 0; env != NULL && own != NULL && own[i] != NULL; i++)
        env[n++] = own[i];
    return env;
}
