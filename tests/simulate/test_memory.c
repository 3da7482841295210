/* SPDX-License-Identifier: Apache-2.0 */
/* Every allocation of this room fails once: nothing leaks, and it is said. */
#include <criterion/criterion.h>

#include <keda/simulate.h>

#include "base/buf.h"
#include "support/failing_allocator.h"
#include "support/rig.h"

static rig r;

static const char trace[] = "t,rate\n0,100\n60,0\n600,0\n";
static const char lines[] = "{\"t\":0,\"rate\":1}\n{\"t\":600,\"rate\":2}\n";
static const char expected[] = "maxReplicas: 1\nreplicas: {1m: 1}\n";

/* One after the other, until one says that it had no memory. */
static keda_status everything(keda_simulation **sim, keda_buf *out, keda_findings **findings,
                              keda_error *err)
{
    const keda_simulation_options options = {
        .struct_size = sizeof options, .service_rate = 1, .startup_ms = 5000};
    size_t n;
    keda_status rc;

    if ((rc = keda_simulation_new(sim, r.engine, NULL, &options, err)) == KEDA_OK &&
        (rc = keda_simulation_add_trace(*sim, "t", trace, sizeof trace - 1, err)) == KEDA_OK &&
        (rc = keda_simulation_add_trace(*sim, "t", lines, sizeof lines - 1, err)) == KEDA_OK &&
        (rc = keda_simulation_add_generator(*sim, "constant(3)", err)) == KEDA_OK &&
        (rc = keda_simulation_run(*sim, NULL, NULL, err)) == KEDA_OK &&
        (rc = keda_simulation_plot_svg(*sim, NULL, NULL, buf_write, out, err)) == KEDA_OK &&
        (rc = keda_simulation_plot_text(*sim, *sim, 80, 1, buf_write, out, err)) == KEDA_OK &&
        (rc = keda_findings_new(findings, err)) == KEDA_OK)
        rc = keda_simulation_expect(*sim, "e", expected, sizeof expected - 1, *findings, &n,
                                    err);
    return rc;
}

Test(simulate_memory, that_is_missing_once_loses_nothing)
{
    keda_plan plan = {.struct_size = sizeof plan};

    failing_allocator_set(0);
    rig_open(&r);
    cr_assert_eq(rig_put(&r, "a", rig_object("a", NULL, NULL)), KEDA_OK, "%s", r.err.text);
    cr_assert_eq(keda_engine_plan(r.engine, NULL, &plan, NULL), KEDA_OK); /* sorts them */
    const size_t before = failing_allocator_live();
    for (size_t n = 1;; n++) {
        keda_simulation *sim = NULL;
        keda_buf out = {0};
        keda_findings *findings = NULL;
        keda_error err = KEDA_ERROR_INIT;
        failing_allocator_set(n);
        const keda_status rc = everything(&sim, &out, &findings, &err);
        const bool has_failed = failing_allocator_has_failed();
        failing_allocator_set(0);
        keda_findings_free(findings);
        keda_buf_clear(&out);
        keda_simulation_free(sim);
        cr_assert_eq(failing_allocator_live(), before, "leak at %zu", n);
        if (!has_failed) {
            cr_expect_eq(rc, KEDA_OK, "%s", err.text);
            cr_expect_gt(n, 50);
            break;
        }
        cr_expect(rc == KEDA_ENOMEM || (rc == KEDA_OK && n > 50), "at %zu: %d %s", n, (int)rc,
                  err.text);
    }
    rig_close(&r);
}
