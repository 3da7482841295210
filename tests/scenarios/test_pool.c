/* SPDX-License-Identifier: Apache-2.0 */
/* The engine with the real process pool and real processes; time stands still, processes do not. */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/rig.h"

static rig r;
static char folder[] = "/tmp/keda-pool-XXXXXX";
static char text[4096];

/* Workers note their number in the folder, then wait to be stopped. */
static const char *documents(const char *label, const char *sleep_s, const char *min)
{
    (void)snprintf(
        text, sizeof text,
        "apiVersion: libkeda.io/v1alpha1\nkind: ProcessPool\n"
        "metadata: {name: workers, labels: {l: \"%s\"}}\n"
        "spec:\n  command: [sh, -c, \"echo > %s/$KEDA_REPLICA-$TAG; exec sleep %s\"]\n"
        "  env: {TAG: tag, WANTED: \"from the pool\"}\n  gracePeriodSeconds: 1\n---\n"
        "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: orders}\nspec:\n"
        "  scaleTargetRef: {apiVersion: libkeda.io/v1alpha1, kind: ProcessPool, name: "
        "workers}\n"
        "  minReplicaCount: %s\n"
        "  triggers: [{type: script, metadata: {source: orders, passwordFromEnv: WANTED}}]\n",
        label, folder, sleep_s, min);
    return text;
}

static bool exists(const char *name)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return access(path, F_OK) == 0;
}

static void init(void)
{
    cr_assert_not_null(mkdtemp(folder));
    rig_init(&r);
    r.options.plugin_path = KEDA_BINARY_DIR "/lib/keda";
    r.options.shutdown_grace_ms = 3000;
    rig_start(&r);
}

static void fini(void)
{
    char path[128];
    rig_close(&r);
    for (int i = 0; i < 10; i++) {
        (void)snprintf(path, sizeof path, "%s/%d-tag", folder, i);
        (void)unlink(path);
    }
    cr_expect_eq(rmdir(folder), 0);
}

TestSuite(pool, .init = init, .fini = fini);

static bool two_exist(rig *rig_)
{
    return rig_workload(rig_, "default/orders").status_replicas == 2;
}

static bool files_are_there(rig *rig_)
{
    (void)rig_;
    return exists("0-tag") && exists("1-tag");
}

Test(pool, is_raised_and_stopped_with_the_engine)
{
    cr_assert_eq(rig_put(&r, "file", documents("a", "1000", "2")), KEDA_OK, "%s", r.err.text);
    rig_wait(&r, files_are_there);
    rig_run(&r, 2000);
    cr_expect(two_exist(&r));
    cr_expect_str_eq(rig_source_of(&r, "orders")->secret, "from the pool",
                     "passwordFromEnv reads the pool's environment");
}

static bool is_gone(rig *rig_)
{
    (void)rig_;
    return !exists("0-tag");
}

Test(pool, keeps_its_workers_over_a_change_of_labels)
{
    cr_assert_eq(rig_put(&r, "file", documents("a", "1000", "2")), KEDA_OK, "%s", r.err.text);
    rig_wait(&r, files_are_there);
    char path[128];
    (void)snprintf(path, sizeof path, "%s/0-tag", folder);
    cr_assert_eq(unlink(path), 0);
    cr_assert_eq(rig_put(&r, "file", documents("b", "1000", "2")), KEDA_OK, "%s", r.err.text);
    rig_run(&r, 2000);
    cr_expect(is_gone(&r), "no worker has started again");
    cr_expect(two_exist(&r));
}

Test(pool, starts_its_workers_again_with_another_command)
{
    cr_assert_eq(rig_put(&r, "file", documents("a", "1000", "2")), KEDA_OK, "%s", r.err.text);
    rig_wait(&r, files_are_there);
    char path[128];
    (void)snprintf(path, sizeof path, "%s/0-tag", folder);
    cr_assert_eq(unlink(path), 0);
    (void)snprintf(path, sizeof path, "%s/1-tag", folder);
    cr_assert_eq(unlink(path), 0);
    cr_assert_eq(rig_put(&r, "file", documents("a", "1001", "2")), KEDA_OK, "%s", r.err.text);
    rig_wait(&r, files_are_there);
    cr_expect(rig_logged(&r, "count restored target=workers to=2"), "%s", r.log.data);
}

Test(pool, cannot_be_taken_from_its_workload)
{
    cr_assert_eq(rig_put(&r, "file", documents("a", "1000", "2")), KEDA_OK, "%s", r.err.text);
    rig_wait(&r, files_are_there);
    char *alone = strstr(text, "---\n") + 4;
    cr_expect_eq(rig_put(&r, "file", alone), KEDA_EINVAL);
    cr_expect_not_null(strstr(r.err.text, "ProcessPool default/workers"), "%s", r.err.text);
    cr_expect_eq(keda_engine_workload_count(r.engine), 1);
}
