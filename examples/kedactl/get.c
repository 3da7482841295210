/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kedactl get: workloads of a running kedad.
 */
#include <stdlib.h>
#include <string.h>

#include "kedactl.h"

static const char *text_of(const keda_json *item, const char *path)
{
    const char *text = keda_json_string(keda_json_get(item, path));
    return text != NULL ? text : "";
}

static void number_of(const keda_json *item, const char *path, char *out, size_t size)
{
    int64_t value;
    if (keda_json_int64(keda_json_get(item, path), &value) && value >= 0)
        snprintf(out, size, "%lld", (long long)value);
    else
        snprintf(out, size, "?");
}

static void add_row(cli_table *table, const keda_json *item)
{
    char wanted[24], exist[24], ready[24];

    number_of(item, "replicas.spec", wanted, sizeof wanted);
    number_of(item, "replicas.status", exist, sizeof exist);
    number_of(item, "replicas.ready", ready, sizeof ready);
    const char *cells[] = {text_of(item, "id"),
                           text_of(item, "target"),
                           wanted,
                           exist,
                           ready,
                           text_of(item, "conditions.Ready.status"),
                           text_of(item, "conditions.Active.status"),
                           text_of(item, "text")};
    (void)cli_table_row(table, sizeof cells / sizeof cells[0], cells);
}

static int print_table(const char *body)
{
    static const char *const titles[] = {"WORKLOAD", "TARGET", "WANTED", "EXIST",
                                         "READY",    "OK",     "ACTIVE", "WHY"};
    keda_error err = KEDA_ERROR_INIT;
    keda_json *root = NULL;
    cli_table table = {0};

    if (keda_json_parse(&root, body, strlen(body), &err) != KEDA_OK)
        return report_error("get", &err);
    const keda_json *items = keda_json_get(root, "items");
    (void)cli_table_row(&table, sizeof titles / sizeof titles[0], titles);
    if (items == NULL)
        add_row(&table, root);
    for (size_t i = 0; i < keda_json_count(items); i++)
        add_row(&table, keda_json_at(items, i, NULL));
    cli_table_print(&table, stdout);
    cli_table_clear(&table);
    keda_json_free(root);
    return CLI_OK;
}

int command_get(kedactl *k)
{
    char page[1024] = "/v1/workloads";
    char *body = NULL;

    if (k->arguments[0] != NULL &&
        !admin_page(page, sizeof page, "/v1/workloads", k->arguments[0]))
        return CLI_USAGE;
    int rc = admin_get(k, page, &body);
    if (rc == CLI_OK && k->is_json)
        puts(body);
    else if (rc == CLI_OK)
        rc = print_table(body);
    free(body);
    return rc;
}
