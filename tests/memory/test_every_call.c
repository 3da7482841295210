/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every public function under the failure of its n-th request for memory, for all n, those of third parties
 * included: it says KEDA_ENOMEM or does what its row says instead, loses nothing, and works when it is called again.
 */
#include <criterion/criterion.h>

#include "memory/every_call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "support/failing_allocator.h"

static const every_table *const tables[] = {
    &calls_base,     &calls_core,   &calls_engine, &calls_json,     &calls_kube,
    &calls_operator, &calls_record, &calls_scaler, &calls_simulate, &calls_target,
};
enum { NTABLES = sizeof tables / sizeof tables[0], MOST = 20000 };

/* ---- no symbol is missing ------------------------------------------------------------------- */

static const every_call *row_of(const char *symbol, size_t *nrows)
{
    const every_call *found = NULL;

    *nrows = 0;
    for (size_t i = 0; i < NTABLES; i++) {
        for (size_t k = 0; k < tables[i]->nrows; k++) {
            if (strcmp(tables[i]->rows[k].symbol, symbol) != 0)
                continue;
            found = &tables[i]->rows[k];
            ++*nrows;
        }
    }
    return found;
}

Test(every_call, has_a_row_for_each_exported_symbol)
{
    keda_buf map = {0};
    size_t nsymbols = 0, nrows = 0, n = 0;

    cr_assert_eq(
        buf_read_file(&map, KEDA_SOURCE_DIR "/libkeda/libkeda.map", (size_t)1 << 20, NULL),
        KEDA_OK);
    for (char *rest = map.data, *line; (line = strsep(&rest, "\n")) != NULL;) {
        char symbol[128] = "";
        if (sscanf(line, " %127[a-z0-9_] ;", symbol) != 1 || strncmp(symbol, "keda_", 5) != 0)
            continue;
        nsymbols++;
        (void)row_of(symbol, &n);
        cr_expect_eq(n, 1, "%s: %zu rows in tests/memory/calls_*.c", symbol, n);
    }
    for (size_t i = 0; i < NTABLES; i++)
        nrows += tables[i]->nrows;
    cr_expect_eq(nrows, nsymbols, "a row names what is not exported");
    cr_expect_gt(nsymbols, 150);
    keda_buf_clear(&map);
}

/* ---- the rows ------------------------------------------------------------------------------- */

static keda_status call(const every_call *row, world *w)
{
    keda_error_clear(&w->err);
    w->is_called = true;
    heap_spare(row->spares);
    if (!row->arms)
        heap_arm(w->n);
    const keda_status rc = row->call(w);
    if (!row->arms)
        w->has_failed = heap_disarm();
    return rc;
}

static void again(const every_call *row, world *w)
{
    w->n = 0;
    w->is_again = true;
    const keda_status rc = call(row, w);
    cr_expect_eq(rc, KEDA_OK, "%s, called again: %d %s", row->symbol, (int)rc, w->err.text);
}

/* A third party's want of memory may be got over, or be a failure that asks to try again; never is it taken
 * for a mistake of the caller's. */
static bool is_fine(const every_call *row, keda_status rc)
{
    if (heap_failed_inside())
        return rc == KEDA_OK && row->instead != NULL;
    return rc == KEDA_OK || rc == KEDA_EUNAVAILABLE || rc == KEDA_ETIMEOUT;
}

static void check(const every_call *row, const world *w, keda_status rc)
{
    if (!w->has_failed)
        cr_expect_eq(rc, KEDA_OK, "%s: %d %s", row->symbol, (int)rc, w->err.text);
    else if (rc != KEDA_ENOMEM)
        cr_expect(is_fine(row, rc), "%s, request %zu, %s: %d %s", row->symbol, w->n,
                  heap_failed_inside() ? "ours" : "a third party's", (int)rc, w->err.text);
}

/* One life; true when the request failed. */
static bool live(const every_call *row, size_t n)
{
    static world w;

    w = (world){.n = n, .err = KEDA_ERROR_INIT};
    const size_t before = failing_allocator_live();
    if (row->open != NULL)
        row->open(&w);
    const keda_status rc = call(row, &w);
    const bool has_failed = w.has_failed;
    if (row->is_quiet)
        cr_expect_eq(heap_requests(), 0, "%s asks for memory", row->symbol);
    check(row, &w, rc);
    if (rc != KEDA_OK)
        again(row, &w);
    if (row->close != NULL)
        row->close(&w);
    cr_expect_eq(failing_allocator_live(), before, "%s, request %zu: %zu blocks are lost",
                 row->symbol, n, failing_allocator_live() - before);
    return has_failed;
}

static void run(const every_table *table)
{
    failing_allocator_set(0); /* counts what is the library's own */
    for (size_t i = 0; i < table->nrows; i++) {
        const every_call *row = &table->rows[i];
        size_t n = row->is_quiet ? 0 : 1;
        while (live(row, n) && n < MOST)
            n++;
        cr_expect_lt(n, MOST, "%s", row->symbol);
        if (!row->is_quiet)
            cr_expect_gt(n, 1, "%s asks for no memory", row->symbol);
    }
}

#define SURVIVES(header)                                                                       \
    Test(every_call, of_##header##_survives, .timeout = 300)                                   \
    {                                                                                          \
        run(&calls_##header);                                                                  \
    }

SURVIVES(base)
SURVIVES(core)
SURVIVES(engine)
SURVIVES(json)
SURVIVES(kube)
SURVIVES(operator)
SURVIVES(record)
SURVIVES(scaler)
SURVIVES(simulate)
SURVIVES(target)
