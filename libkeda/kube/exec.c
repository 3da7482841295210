/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Running a credential plug-in through keda-child: no shell, output and time bounded. What it prints
 * is exec_read.c's; standard error goes to the log, standard output nowhere but into the identity.
 */
#include "kube/exec.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/paths.h"
#include "base/text.h"
#include "kube/exec_info.h"
#include "kube/identity.h"
#include "loop/child.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct kube_exec {
    kube_queue *queue;
    char *plugin_path; /* NULL: as the environment says */
    loop_child *child; /* NULL: it does not run */
    loop_timer timer;
    keda_buf output;
    bool is_too_long;
    bool has_credentials;
    int64_t until_wall_ms; /* -1: for ever */
};

static kube_identity *identity_of(const kube_exec *exec)
{
    return exec->queue->kube->identity;
}

keda_status kube_exec_new(kube_exec **out, kube_queue *queue, const char *plugin_path,
                          keda_error *err)
{
    kube_exec *exec = mem_zalloc(1, sizeof *exec);

    if (exec == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    exec->queue = queue;
    exec->plugin_path = mem_strdup(plugin_path);
    if (plugin_path != NULL && exec->plugin_path == NULL) {
        mem_free(exec);
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    }
    *out = exec;
    return KEDA_OK;
}

static void clear_output(kube_exec *exec)
{
    if (exec->output.data != NULL)
        mem_wipe(exec->output.data, exec->output.size);
    keda_buf_clear(&exec->output);
    exec->is_too_long = false;
}

static void stop(kube_exec *exec)
{
    loop_child_close(exec->child);
    exec->child = NULL;
    loop_timer_cancel(exec->queue->kube->l, &exec->timer);
    clear_output(exec);
}

void kube_exec_free(kube_exec *exec)
{
    if (exec == NULL)
        return;
    stop(exec);
    mem_free(exec->plugin_path);
    mem_free(exec);
}

/* ---- while it runs -------------------------------------------------------------------------- */

static void log_line(const kube_exec *exec, const char *line, size_t size)
{
    const char *command = identity_of(exec)->exec->command;
    char text[512];

    (void)snprintf(text, sizeof text, "%.*s", (int)(size < 500 ? size : 500), line);
    for (char *c = text; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = ' ';
    text_cut_broken_end(text);
    log_write(&exec->queue->kube->log, KEDA_LOG_DEBUG, "exec plug-in", "type", command,
              "reason", text, NULL);
}

/* Lines without their ends: inside a JSON string there are none. */
static void on_output(loop_child *child, const char *line, size_t size, bool is_stderr,
                      void *user)
{
    kube_exec *exec = user;

    (void)child;
    if (is_stderr)
        log_line(exec, line, size);
    else if (exec->output.size + size > EXEC_MAX_OUTPUT ||
             buf_append(&exec->output, line, size) != KEDA_OK)
        exec->is_too_long = true;
}

/* What is said of every failure. */
static keda_status name_it(const kube_exec *exec, keda_status rc, keda_error *err)
{
    return keda_error_wrap(err, rc, "exec plug-in %.128s", identity_of(exec)->exec->command);
}

/* Credentials shorter than EXEC_EARLY_MS are used until they expire, those that have expired never. */
static keda_status take(kube_exec *exec, keda_error *err)
{
    const int64_t now_ms = clock_wall_ms(loop_clock(exec->queue->kube->l));
    int64_t expires_ms = -1;
    keda_status rc;

    if (exec->is_too_long)
        return keda_error_set(err, KEDA_EPROTOCOL, "printed more than %d bytes",
                              (int)EXEC_MAX_OUTPUT);
    rc = kube_exec_read(identity_of(exec), exec->output.data != NULL ? exec->output.data : "",
                        exec->output.size, &expires_ms, err);
    if (rc != KEDA_OK)
        return rc;
    if (expires_ms >= 0 && expires_ms <= now_ms)
        return keda_error_set(err, KEDA_EAUTH, "printed credentials that have expired");
    exec->has_credentials = true;
    exec->until_wall_ms = expires_ms;
    if (expires_ms - EXEC_EARLY_MS > now_ms)
        exec->until_wall_ms = expires_ms - EXEC_EARLY_MS;
    return KEDA_OK;
}

static keda_status refuse(const kube_exec *exec, const char *failure, keda_error *err)
{
    const char *hint = identity_of(exec)->exec->install_hint;

    return keda_error_set(err, KEDA_EAUTH, "cannot be executed: %.128s%s%s", failure,
                          hint != NULL ? "; " : "", hint != NULL ? hint : "");
}

static void on_exit_of(loop_child *child, loop_child_exit how, void *user)
{
    kube_exec *exec = user;
    keda_error err = KEDA_ERROR_INIT;
    const char *failure = loop_child_failure(child);
    keda_status rc;

    if (failure != NULL)
        rc = refuse(exec, failure, &err);
    else if (how.is_signal != 0 || how.code != 0)
        rc = keda_error_set(&err, KEDA_EAUTH, "ended with %s %d",
                            how.is_signal != 0 ? "signal" : "status", (int)how.code);
    else
        rc = take(exec, &err);
    stop(exec);
    if (rc != KEDA_OK)
        (void)name_it(exec, rc, &err);
    kube_queue_go_on(exec->queue, rc == KEDA_OK ? NULL : &err);
}

static void on_timeout(loop_timer *timer, void *user)
{
    kube_exec *exec = user;
    keda_error err = KEDA_ERROR_INIT;

    (void)timer;
    stop(exec);
    (void)keda_error_set(&err, KEDA_ETIMEOUT, "no answer within %d s", EXEC_TIMEOUT_MS / 1000);
    (void)name_it(exec, KEDA_ETIMEOUT, &err);
    kube_queue_go_on(exec->queue, &err);
}

/* ---- starting ------------------------------------------------------------------------------- */

static bool is_named_in(const char *pair, const char *const *env, size_t n)
{
    const size_t name = strcspn(pair, "=");

    for (size_t i = 0; i < n; i++) {
        if (strncmp(env[i], pair, name) == 0 && env[i][name] == '=')
            return true;
    }
    return false;
}

/* The plug-in's own first, then ours without those; the texts are borrowed. */
static const char **make_env(const kube_exec_spec *spec, const char *info)
{
    size_t nours = 0, n = 0;
    while (environ[nours] != NULL)
        nours++;
    const char **env = mem_zalloc(spec->nenv + nours + 2, sizeof *env);

    if (env == NULL)
        return NULL;
    for (size_t i = 0; i < spec->nenv; i++)
        env[n++] = spec->env[i];
    env[n++] = info;
    const size_t nown = n;
    for (size_t i = 0; i < nours; i++) {
        if (!is_named_in(environ[i], env, nown))
            env[n++] = environ[i];
    }
    return env;
}

static const char **make_argv(const kube_exec_spec *spec)
{
    const char **argv = mem_zalloc(spec->nargs + 2, sizeof *argv);

    if (argv == NULL)
        return NULL;
    argv[0] = spec->command;
    for (size_t i = 0; i < spec->nargs; i++)
        argv[i + 1] = spec->args[i];
    return argv;
}

static keda_status spawn(kube_exec *exec, const char *helper, const char *info, keda_error *err)
{
    const kube_exec_spec *spec = identity_of(exec)->exec;
    const char **env = make_env(spec, info);
    const char **argv = make_argv(spec);
    keda_status rc;

    if (env == NULL || argv == NULL)
        rc = keda_error_set(err, KEDA_ENOMEM, "out of memory");
    else
        rc = loop_child_open(&exec->child, exec->queue->kube->l,
                             &(loop_child_options){.helper = helper,
                                                   .argv = argv,
                                                   .env = env,
                                                   .on_output = on_output,
                                                   .on_exit = on_exit_of,
                                                   .user = exec},
                             err);
    mem_free(env);
    mem_free(argv);
    return rc;
}

static keda_status start(kube_exec *exec, keda_error *err)
{
    loop *l = exec->queue->kube->l;
    char helper[4096];
    keda_buf info = {0};
    keda_status rc =
        paths_find_module(exec->plugin_path, "keda-child", helper, sizeof helper, err);

    if (rc == KEDA_OK)
        rc = exec_info(&info, identity_of(exec), err);
    if (rc == KEDA_OK)
        rc = spawn(exec, helper, info.data, err);
    keda_buf_clear(&info);
    if (rc == KEDA_OK)
        rc = loop_timer_set(l, &exec->timer, num_add_sat(loop_now_ms(l), EXEC_TIMEOUT_MS),
                            on_timeout, exec, err);
    if (rc == KEDA_OK)
        return KEDA_OK;
    stop(exec);
    return name_it(exec, rc, err);
}

keda_status kube_exec_need(kube_exec *exec, bool *is_ready, keda_error *err)
{
    *is_ready = false;
    if (exec->child != NULL)
        return KEDA_OK;
    if (exec->has_credentials &&
        (exec->until_wall_ms < 0 ||
         clock_wall_ms(loop_clock(exec->queue->kube->l)) < exec->until_wall_ms)) {
        *is_ready = true;
        return KEDA_OK;
    }
    exec->has_credentials = false;
    return start(exec, err);
}

void kube_exec_expire(kube_exec *exec, uint32_t version)
{
    if (identity_of(exec)->version == version)
        exec->has_credentials = false;
}
