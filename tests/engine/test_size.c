/* SPDX-License-Identifier: Apache-2.0 */
/* What a workload weighs once it has decided several times (tests/bench weighs it in a release build). */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "support/failing_allocator.h"
#include "support/rig.h"

/* Limits per workload in bytes, headers of the C library included. */
enum { LIMIT = 4096, LIMIT_SECURED = LIMIT + 64 };

enum { FIRST = 256, ALL = 1280 };

static rig r;

typedef struct meta {
    char *queue, *password;
    double length;
} meta;

static const keda_field fields[] = {
    KEDA_FIELD_STRING(meta, queue, .name = "queueName", .help = "Which queue."),
    KEDA_FIELD_STRING(meta, password, .name = "password", .flags = KEDA_OPTIONAL | KEDA_SECRET,
                      .from = {KEDA_FROM_AUTH}, .help = "A secret."),
    KEDA_FIELD_DOUBLE(meta, length, .name = "queueLength", .help = "For one replica."),
};

static keda_status give_specs(const void *from, keda_spec_list *out, keda_error *err,
                              void *user)
{
    const meta *m = from;
    (void)user;
    return keda_spec_add(out, m->length, 0.0, err, "queue-%s", m->queue);
}

static void answer(void *state, const void *from, keda_poll *poll, void *user)
{
    (void)state;
    (void)from;
    (void)user;
    keda_poll_value(poll, 0, 25);
    keda_poll_done(poll);
}

static const keda_scaler_desc queue = {.struct_size = sizeof(keda_scaler_desc),
                                       .type = "queue",
                                       .summary = "Always 25.",
                                       .fields = fields,
                                       .nfields = sizeof fields / sizeof fields[0],
                                       .field_size = sizeof(keda_field),
                                       .meta_size = sizeof(meta),
                                       .specs = give_specs,
                                       .poll = answer};

static const char credentials[] =
    "apiVersion: v1\nkind: Secret\nmetadata: {name: keys, namespace: production}\n"
    "stringData: {password: correct-horse-battery}\n"
    "---\napiVersion: keda.sh/v1alpha1\nkind: TriggerAuthentication\n"
    "metadata: {name: access, namespace: production}\n"
    "spec: {secretTargetRef: [{parameter: password, name: keys, key: password}]}\n";

static void put(const char *id, const char *text)
{
    cr_assert_eq(keda_engine_put(r.engine, id, text, NULL, &r.err), KEDA_OK, "%s", r.err.text);
}

static void put_workload(int number, const char *reference)
{
    char id[64], text[1024];

    (void)snprintf(id, sizeof id, "production/orders-worker-%05d", number);
    (void)snprintf(text, sizeof text,
                   "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\n"
                   "metadata: {name: orders-worker-%05d, namespace: production}\nspec:\n"
                   "  scaleTargetRef: {apiVersion: libkeda.io/v1alpha1, kind: Callback, name: "
                   "orders-worker-%05d}\n"
                   "  triggers:\n  - type: queue\n"
                   "    metadata: {queueName: orders-%05d, queueLength: \"10\"}\n%s",
                   number, number, number, reference);
    put(id, text);
}

static size_t weigh(int from, int to, const char *reference)
{
    for (int i = from; i < to; i++)
        put_workload(i, reference);
    r.ndecisions = 0;
    rig_run(&r, 120000);
    cr_assert_geq(r.ndecisions, (size_t)to * 4);
    return failing_allocator_live_bytes();
}

static size_t bytes_of_workload(const char *reference)
{
    failing_allocator_set(0);
    rig_init(&r);
    r.options.log = NULL; /* the rig's log is the library's memory as well */
    rig_start(&r);
    cr_assert_eq(keda_engine_register_scaler(r.engine, &queue, NULL, &r.err), KEDA_OK);
    put("credentials", credentials);
    const size_t before = weigh(0, FIRST, reference);
    const size_t after = weigh(FIRST, ALL, reference);
    rig_close(&r);
    return (after - before) / (ALL - FIRST);
}

Test(size, of_a_workload_is_within_4_KiB)
{
    const size_t bytes = bytes_of_workload("");
    cr_expect_leq(bytes, LIMIT, "a workload takes %zu bytes", bytes);
    cr_expect_gt(bytes, 2000, "%zu bytes are not all of it", bytes);
}

Test(size, of_credentials_is_what_they_are)
{
    const size_t bytes = bytes_of_workload("    authenticationRef: {name: access}\n");
    cr_expect_leq(bytes, LIMIT_SECURED, "a workload with credentials takes %zu bytes", bytes);
}
