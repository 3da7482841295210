/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client's rig: its loop is http_rig's, so that peer and client take turns on one thread.
 */
#include "support/client_rig.h"

#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int norders;

static void must(bool ok, const char *what, const keda_error *err)
{
    if (ok)
        return;
    (void)fprintf(stderr, "client_rig: %s: %s\n", what, err != NULL ? err->text : "");
    abort();
}

static void on_log(int32_t level, const char *message, const keda_log_pair *pairs,
                   size_t npairs, void *user)
{
    keda_buf *log = user;

    must(buf_printf(log, "%d %s", (int)level, message) == KEDA_OK, "log", NULL);
    for (size_t i = 0; i < npairs; i++)
        must(buf_printf(log, " %s=%s", pairs[i].key, pairs[i].value) == KEDA_OK, "log", NULL);
    must(buf_puts(log, "\n") == KEDA_OK, "log", NULL);
}

void client_rig_open(client_rig *rig)
{
    memset(rig, 0, sizeof *rig);
    (void)snprintf(rig->dir, sizeof rig->dir, "/tmp/keda-kube-XXXXXX");
    must(mkdtemp(rig->dir) != NULL, "mkdtemp", NULL);
    rig->peer = http_peer_open();
    http_rig_open(&rig->http, rig->peer, NULL);
    norders = 0;
}

static void remove_dir(const char *dir)
{
    char command[128];
    pid_t pid;
    (void)snprintf(command, sizeof command, "%s", dir);
    pid = fork();
    if (pid == 0) {
        (void)execlp("rm", "rm", "-rf", "--", command, (char *)NULL);
        _exit(127);
    }
    must(pid > 0 && waitpid(pid, NULL, 0) == pid, "rm", NULL);
}

void client_rig_close(client_rig *rig)
{
    keda_kube_close(rig->kube);
    http_rig_close(&rig->http);
    http_peer_close(rig->peer);
    keda_buf_clear(&rig->log);
    remove_dir(rig->dir);
}

void client_rig_config(client_rig *rig, const char *user, char *out, size_t size)
{
    const int n = snprintf(out, size,
                           "current-context: c\n"
                           "contexts:\n"
                           "- name: c\n"
                           "  context: {cluster: k, user: u, namespace: space}\n"
                           "clusters:\n"
                           "- name: k\n"
                           "  cluster: {server: \"%s\"}\n"
                           "users:\n"
                           "- name: u\n"
                           "  user: %s\n",
                           http_peer_url(rig->peer, ""), user);

    must(n > 0 && (size_t)n < size, "kubeconfig", NULL);
}

void client_rig_client(client_rig *rig, const char *user, const keda_kube_options *given)
{
    keda_kube_options opts = KEDA_KUBE_OPTIONS_INIT;
    const kube_places places = {.account_dir = "/nonexistent"};
    keda_error err = KEDA_ERROR_INIT;
    char text[4096];

    client_rig_config(rig, user, text, sizeof text);
    if (given != NULL)
        opts = *given;
    else
        opts.qps = -1.0;
    opts.kubeconfig_text = text;
    opts.log = on_log;
    opts.log_user = &rig->log;
    must(kube_new_at(&rig->kube, rig->http.l, &opts, &places, &err) == KEDA_OK, "client", &err);
}

void client_rig_file(client_rig *rig, const char *name, const char *text, unsigned mode,
                     char *out, size_t size)
{
    char path[256];
    FILE *file;

    (void)snprintf(path, sizeof path, "%s/%s", rig->dir, name);
    file = fopen(path, "w");
    must(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0, path, NULL);
    must(chmod(path, (mode_t)mode) == 0, path, NULL);
    if (out != NULL)
        (void)snprintf(out, size, "%s", path);
}

void client_rig_done(const keda_json *body, const keda_error *err, void *user)
{
    client_answer *a = user;

    must(body == NULL || err == NULL, "body and error at once", err);
    a->times++;
    a->order = ++norders;
    a->has_body = body != NULL;
    if (body != NULL)
        must(keda_json_write(body, buf_write, &a->json, NULL) == KEDA_OK, "body", NULL);
    a->is_failed = err != NULL;
    if (err != NULL)
        a->err = *err;
}

void client_rig_scaled(const keda_kube_scale *scale, const keda_error *err, void *user)
{
    client_answer *a = user;

    must((scale == NULL) != (err == NULL), "not exactly one of scale and error", err);
    a->has_scale = scale != NULL;
    if (scale != NULL)
        a->scale = *scale;
    client_rig_done(NULL, err, user);
}

void client_rig_send(client_rig *rig, const char *method, const char *path, int32_t priority,
                     client_answer *answer, keda_kube_call **out)
{
    keda_kube_request request = KEDA_KUBE_REQUEST_INIT;
    keda_error err = KEDA_ERROR_INIT;

    request.method = method;
    request.path = path;
    request.priority = priority;
    if (strcmp(method, "PATCH") == 0) {
        request.body = "{}";
        request.content_type = "application/merge-patch+json";
    }
    must(keda_kube_send(rig->kube, &request, client_rig_done, answer, out, &err) == KEDA_OK,
         "send", &err);
}

static bool is_over(void *user)
{
    return ((const client_answer *)user)->times > 0;
}

void client_rig_wait(client_rig *rig, client_answer *answer)
{
    http_rig_until(&rig->http, is_over, answer);
}

void client_rig_ask(client_rig *rig, const char *method, const char *path,
                    client_answer *answer)
{
    client_rig_send(rig, method, path, KEDA_KUBE_NORMAL, answer, NULL);
    client_rig_wait(rig, answer);
}

void client_answer_clear(client_answer *answer)
{
    keda_buf_clear(&answer->json);
    *answer = (client_answer){0};
}
