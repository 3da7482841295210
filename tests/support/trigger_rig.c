/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes the documents and steps the engine in real time, while its clock stands still.
 */
#include "support/trigger_rig.h"

#include <criterion/criterion.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { INTERVAL_MS = 10000 };

void trigger_rig_open(trigger_rig *t, http_peer *take_peer)
{
    rig_open(&t->r);
    t->peer = take_peer != NULL ? take_peer : http_peer_open();
    http_peer_start(t->peer);
}

void trigger_rig_close(trigger_rig *t)
{
    rig_close(&t->r);
    http_peer_close(t->peer);
}

KEDA_PRINTF(2, 3)
static void add(trigger_rig *t, const char *format, ...)
{
    const size_t used = strlen(t->text);
    va_list args;

    va_start(args, format);
    const int n = vsnprintf(t->text + used, sizeof t->text - used, format, args);
    va_end(args);
    cr_assert(n >= 0 && (size_t)n < sizeof t->text - used, "documents too long");
}

/* Double quotes of YAML; values have line ends, and neither quotes nor backslashes. */
static void add_quoted(trigger_rig *t, const char *value)
{
    add(t, "\"");
    for (const char *c = value; *c != '\0'; c++)
        add(t, *c == '\n' ? "\\n" : "%c", *c);
    add(t, "\"");
}

static void add_auth(trigger_rig *t, const keda_param *auth, size_t nauth)
{
    add(t, "---\napiVersion: keda.sh/v1alpha1\nkind: TriggerAuthentication\n"
           "metadata: {name: auth}\nspec:\n  secretTargetRef:\n");
    for (size_t i = 0; i < nauth; i++)
        add(t, "  - {parameter: %s, name: keys, key: k%zu}\n", auth[i].name, i);
    add(t, "---\napiVersion: v1\nkind: Secret\nmetadata: {name: keys}\nstringData:\n");
    for (size_t i = 0; i < nauth; i++) {
        add(t, "  k%zu: ", i);
        add_quoted(t, auth[i].value);
        add(t, "\n");
    }
}

static void with_peer(const trigger_rig *t, const char *metadata, char *out, size_t size)
{
    size_t used = 0;

    out[0] = '\0';
    for (const char *at; (at = strstr(metadata, "PEER")) != NULL; metadata = at + 4) {
        used += (size_t)snprintf(out + used, size - used, "%.*s127.0.0.1:%d",
                                 (int)(at - metadata), metadata, http_peer_port(t->peer));
        cr_assert(used < size, "metadata too long");
    }
    (void)snprintf(out + used, size - used, "%s", metadata);
}

keda_status trigger_rig_put(trigger_rig *t, const char *type, const char *metadata,
                            const keda_param *auth, size_t nauth)
{
    char replaced[2048], triggers[2560];

    with_peer(t, metadata, replaced, sizeof replaced);
    (void)snprintf(triggers, sizeof triggers, "  - {type: %s, metadata: {%s}%s}\n", type,
                   replaced, nauth > 0 ? ", authenticationRef: {name: auth}" : "");
    t->text[0] = '\0';
    add(t, "%s", rig_object("orders", "  pollingInterval: 10\n", triggers));
    if (nauth > 0)
        add_auth(t, auth, nauth);
    return rig_put(&t->r, "file", t->text);
}

static bool has_answer(rig *r)
{
    const keda_trigger_status s = rig_trigger(r, "default/orders", 0);
    return s.age_ms >= 0 || s.failures > 0;
}

keda_trigger_status trigger_rig_wait(trigger_rig *t)
{
    rig_wait(&t->r, has_answer);
    return rig_trigger(&t->r, "default/orders", 0);
}

keda_trigger_status trigger_rig_ask(trigger_rig *t, const char *type, const char *metadata,
                                    const keda_param *auth, size_t nauth)
{
    cr_assert_eq(trigger_rig_put(t, type, metadata, auth, nauth), KEDA_OK, "%s%s",
                 t->r.err.text, rig_findings(&t->r));
    return trigger_rig_wait(t);
}

static int32_t failures_before;

/* A reading made since the clock was moved, or one failure more. */
static bool has_next_answer(rig *r)
{
    const keda_trigger_status s = rig_trigger(r, "default/orders", 0);
    return s.age_ms == 0 || s.failures > failures_before;
}

keda_trigger_status trigger_rig_again(trigger_rig *t)
{
    failures_before = (int32_t)rig_trigger(&t->r, "default/orders", 0).failures;
    fake_clock_advance(&t->r.clock, INTERVAL_MS);
    rig_wait(&t->r, has_next_answer);
    return rig_trigger(&t->r, "default/orders", 0);
}

const http_peer_request *trigger_rig_asked(trigger_rig *t, size_t i)
{
    cr_assert_gt(http_peer_requests(t->peer), i);
    return http_peer_request_at(t->peer, i);
}
