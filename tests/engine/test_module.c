/* SPDX-License-Identifier: Apache-2.0 */
/* Finding, refusing and opening modules (libkeda/engine/module.c, registry.c). */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/engine.h"
#include "engine/module.h"
#include "support/rig.h"

#define FIXTURES KEDA_BINARY_DIR "/tests/modules"

static rig r;
static char folder[] = "/tmp/keda-module-XXXXXX";
static keda_error err;

static const known_module known[] = {
    {"scaler", "plugged", "libkeda-good.so", "libkeda-module-good"},
    {"scaler", "future", "libkeda-newer.so", "libkeda-module-newer"},
    {"scaler", "hollow", "libkeda-empty.so", "libkeda-module-empty"},
    {"scaler", "absent", "libkeda-absent.so", "libkeda-module-absent"},
    {"endpoint", "pipe", "libkeda-pipe.so", "libkeda-module-pipe"},
};

static void open_with(const char *plugin_path)
{
    rig_init(&r);
    r.options.plugin_path = plugin_path;
    rig_start(&r);
    engine_set_known_modules(r.engine, known, sizeof known / sizeof known[0]);
}

static void init(void)
{
    err = (keda_error)KEDA_ERROR_INIT;
    cr_assert_not_null(mkdtemp(folder));
}

static void fini(void)
{
    char path[80];
    rig_close(&r);
    (void)snprintf(path, sizeof path, "%s/libkeda-absent.so", folder);
    (void)unlink(path);
    cr_expect_eq(rmdir(folder), 0);
}

TestSuite(module, .init = init, .fini = fini);

static void expect_refused(const char *type, const char *why)
{
    const keda_scaler_desc *desc = NULL;
    cr_expect_eq(keda_engine_scaler(r.engine, type, &desc, &err), KEDA_EUNSUPPORTED);
    cr_expect_not_null(strstr(err.text, why), "%s", err.text);
}

Test(module, is_opened_on_first_use)
{
    const keda_scaler_desc *desc = NULL;
    open_with(FIXTURES);
    cr_assert_eq(keda_engine_scaler(r.engine, "plugged", &desc, &err), KEDA_OK, "%s", err.text);
    cr_expect_str_eq(desc->type, "plugged");
    cr_expect_eq(keda_engine_scaler(r.engine, "plugged", &desc, &err), KEDA_OK);
}

Test(module, is_found_by_a_type_that_no_table_knows)
{
    const keda_scaler_desc *desc = NULL;
    open_with(FIXTURES);
    engine_set_known_modules(r.engine, NULL, 0);
    cr_assert_eq(keda_engine_scaler(r.engine, "plugged", &desc, &err), KEDA_OK, "%s", err.text);
    cr_expect_eq(rig_count_logged(&r, "module refused"), 2, "each once: %s", r.log.data);
    cr_expect_eq(keda_engine_scaler(r.engine, "unheard", &desc, &err), KEDA_ENOTFOUND);
    cr_expect_eq(rig_count_logged(&r, "module refused"), 2, "%s", r.log.data);
}

Test(module, is_named_for_a_type_it_may_have_when_it_was_refused)
{
    char wanted[512];
    const keda_scaler_desc *desc = NULL;
    open_with(FIXTURES);
    engine_set_known_modules(r.engine, NULL, 0);
    (void)snprintf(wanted, sizeof wanted,
                   "unknown trigger type \"newer\"; %s/libkeda-newer.so was refused: module "
                   "newer: built for ABI %d, while this library has ABI %d",
                   FIXTURES, KEDA_ABI_VERSION + 41, KEDA_ABI_VERSION);
    cr_expect_eq(keda_engine_scaler(r.engine, "newer", &desc, &err), KEDA_ENOTFOUND);
    cr_expect_str_eq(err.text, wanted);
    cr_expect_eq(keda_engine_scaler(r.engine, "empty", &desc, &err), KEDA_ENOTFOUND);
    cr_expect_not_null(strstr(err.text, "libkeda-empty.so was refused: no module"), "%s",
                       err.text);
    cr_expect_eq(keda_engine_scaler(r.engine, "unheard", &desc, &err), KEDA_ENOTFOUND);
    cr_expect_not_null(strstr(err.text, ".so was refused: "), "%s", err.text);
    cr_expect_eq(keda_engine_scaler(r.engine, "scirpt", &desc, &err), KEDA_ENOTFOUND);
    cr_expect_null(strstr(err.text, "refused"), "%s", err.text);
    cr_expect_eq(
        rig_put(&r, "file", rig_object("orders", NULL, "  - {type: newer, metadata: {}}\n")),
        KEDA_ENOTFOUND);
    cr_expect_not_null(strstr(rig_findings(&r), wanted), "%s", rig_findings(&r));
}

Test(module, names_the_package_when_it_is_missing)
{
    open_with(folder);
    expect_refused("absent", "libkeda-absent.so");
    expect_refused("absent", "install the package libkeda-module-absent");
    expect_refused("absent", folder);
}

Test(module, is_refused_when_everybody_may_write_it)
{
    char path[80];
    open_with(folder);
    (void)snprintf(path, sizeof path, "%s/libkeda-absent.so", folder);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    (void)fclose(file);
    cr_assert_eq(chmod(path, 0666), 0);
    expect_refused("absent", "everybody may write");
    cr_assert_eq(chmod(path, 0644), 0);
    expect_refused("absent", path);
}

Test(module, is_refused_with_another_abi_naming_both_numbers)
{
    char numbers[64];
    open_with(FIXTURES);
    (void)snprintf(numbers, sizeof numbers, "built for ABI %d, while this library has ABI %d",
                   KEDA_ABI_VERSION + 41, KEDA_ABI_VERSION);
    expect_refused("future", numbers);
}

Test(module, is_refused_without_its_symbol)
{
    open_with(FIXTURES);
    expect_refused("hollow", "keda_module_v1");
}

Test(module, is_looked_for_in_folders_in_order)
{
    char path[512];
    const keda_scaler_desc *desc = NULL;
    (void)snprintf(path, sizeof path, "%s::%s", folder, FIXTURES);
    open_with(path);
    cr_expect_eq(keda_engine_scaler(r.engine, "plugged", &desc, &err), KEDA_OK, "%s", err.text);
}

Test(module, makes_a_document_fail_as_a_whole_when_it_is_missing)
{
    open_with(folder);
    cr_expect_eq(
        rig_put(&r, "file", rig_object("orders", NULL, "  - {type: absent, metadata: {}}\n")),
        KEDA_EUNSUPPORTED);
    cr_expect_not_null(
        strstr(rig_findings(&r), "spec.triggers[0].type: trigger type absent needs"), "%s",
        rig_findings(&r));
    cr_expect_eq(keda_engine_workload_count(r.engine), 0);
}

Test(module, suggests_the_nearest_type)
{
    const keda_scaler_desc *desc = NULL;
    open_with(folder);
    cr_expect_eq(keda_engine_scaler(r.engine, "scirpt", &desc, &err), KEDA_ENOTFOUND);
    cr_expect_not_null(strstr(err.text, "did you mean \"script\"?"), "%s", err.text);
    cr_expect_eq(keda_engine_scaler(r.engine, "absend", &desc, &err), KEDA_ENOTFOUND);
    cr_expect_not_null(strstr(err.text, "did you mean \"absent\"?"), "%s", err.text);
}

Test(module, may_be_linked_in)
{
    const keda_module module = {
        .struct_size = sizeof module, .abi_version = KEDA_ABI_VERSION + 1, .name = "linked"};
    open_with(folder);
    cr_expect_eq(keda_engine_register_module(r.engine, &module, &err), KEDA_EINVAL);
    cr_expect_not_null(strstr(err.text, "module linked: built for ABI"), "%s", err.text);
    cr_expect_eq(keda_engine_register_module(r.engine, NULL, &err), KEDA_EINVAL);
}

/* ---- registrations */

static keda_status no_specs(const void *meta, keda_spec_list *out, keda_error *e, void *user)
{
    (void)meta;
    (void)out;
    (void)e;
    (void)user;
    return KEDA_EINVAL;
}

static void no_poll(void *state, const void *meta, keda_poll *poll, void *user)
{
    (void)state;
    (void)meta;
    (void)poll;
    (void)user;
}

Test(module, leaves_nothing_behind_when_it_is_refused)
{
    const keda_scaler_desc one = {.struct_size = sizeof one,
                                  .type = "one",
                                  .summary = "",
                                  .specs = no_specs,
                                  .poll = no_poll};
    const keda_scaler_desc *const scalers[] = {&one, &one};
    keda_module module = {.struct_size = sizeof module,
                          .abi_version = KEDA_ABI_VERSION,
                          .name = "linked",
                          .scalers = scalers,
                          .nscalers = 2};
    open_with(folder);
    cr_expect_eq(keda_engine_register_module(r.engine, &module, &err), KEDA_EINVAL);
    cr_expect_not_null(strstr(err.text, "already registered"), "%s", err.text);
    module.nscalers = 1;
    cr_expect_eq(keda_engine_register_module(r.engine, &module, &err), KEDA_OK, "%s", err.text);
}

Test(module, refuses_incomplete_descriptors)
{
    keda_scaler_desc desc = {.struct_size = sizeof desc, .type = "own", .specs = no_specs};
    keda_endpoint_desc endpoint = {.struct_size = sizeof endpoint, .kind = "own"};
    keda_target_desc target = {.struct_size = sizeof target, .kind = "Own"};
    open_with(folder);
    cr_expect_eq(keda_engine_register_scaler(r.engine, &desc, NULL, &err), KEDA_EINVAL);
    desc.poll = no_poll;
    cr_expect_eq(keda_engine_register_scaler(r.engine, &desc, NULL, &err), KEDA_OK);
    cr_expect_eq(keda_engine_register_scaler(r.engine, &desc, NULL, &err), KEDA_EINVAL);
    cr_expect_not_null(strstr(err.text, "own is already registered"), "%s", err.text);
    desc.type = "";
    cr_expect_eq(keda_engine_register_scaler(r.engine, &desc, NULL, &err), KEDA_EINVAL);
    desc.struct_size = 8;
    cr_expect_eq(keda_engine_register_scaler(r.engine, &desc, NULL, &err), KEDA_EINVAL);
    cr_expect_eq(keda_engine_register_endpoint(r.engine, &endpoint, NULL, &err), KEDA_EINVAL);
    cr_expect_eq(keda_engine_register_target(r.engine, &target, NULL, &err), KEDA_EINVAL);
}

Test(module, reads_an_older_descriptor_up_to_its_size)
{
    const keda_scaler_desc *found = NULL;
    keda_scaler_desc desc = {.struct_size = offsetof(keda_scaler_desc, check),
                             .type = "older",
                             .specs = no_specs,
                             .poll = no_poll};
    memset((char *)&desc + desc.struct_size, 0x5a, sizeof desc - desc.struct_size);
    open_with(folder);
    cr_assert_eq(keda_engine_register_scaler(r.engine, &desc, NULL, &err), KEDA_OK);
    cr_assert_eq(keda_engine_scaler(r.engine, "older", &found, &err), KEDA_OK);
    cr_expect_null(found->check);
    cr_expect_null(found->close);
}

Test(module, lists_every_type_once)
{
    size_t n = 0, nplugged = 0;
    open_with(FIXTURES);
    for (const keda_scaler_desc *desc; (desc = keda_engine_scaler_at(r.engine, n, 1)) != NULL;
         n++)
        nplugged += strcmp(desc->type, "plugged") == 0 ? 1 : 0;
    cr_expect_eq(nplugged, 1);
    cr_expect_geq(n, 3, "script and batch of the rig as well");
}
