/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A formula that runs: what the machine's files share. A function that fails says so with
 * machine_fail and gives anything; the machine stops behind the instruction.
 */
#ifndef LANG_FORMULA_MACHINE_H
#define LANG_FORMULA_MACHINE_H

#include "formula_code.h"
#include "formula_operator.h"

/* Bounds (formula.h). */
enum {
    FORMULA_MAX_STEPS = 1 << 25,
    FORMULA_MAX_ITEMS = 1000000, /* upstream's memory budget: this many is too many */
    FORMULA_MAX_DEPTH = 200      /* of values inside values, where that takes recursion */
};

typedef struct machine {
    formula *f;
    const double *values; /* NULL: each is -1, as in the trial run */
    const bool *is_set;   /* NULL: all */
    keda_error *err;
    keda_status rc;
    uint32_t at;  /* of the instruction */
    uint32_t top; /* of the stack */
    uint32_t heap_used;
    uint32_t nscopes;
    uint32_t steps; /* left */
    uint32_t items; /* made so far */
} machine;

/* --- formula_machine.c ------------------------------------------------------------------------- */

/* Runs the formula to its result; m->rc says whether there is one. */
formula_value machine_run(machine *m);
void machine_fail(machine *m, const char *format, ...) KEDA_PRINTF(2, 3);
/* Counts against the steps and the items; false when there are too many. */
bool machine_spend(machine *m, uint64_t steps);
bool machine_make(machine *m, uint64_t items);
/* Cells, or bytes, of the scratch area; NULL when it is full, which has been reported. */
formula_value *machine_cells(machine *m, uint64_t count);
char *machine_bytes(machine *m, uint64_t size);

double machine_name(const machine *m, size_t name); /* a trigger's value */

/* --- formula_operate.c ------------------------------------------------------------------------- */

formula_value machine_unary(machine *m, uint8_t op, const formula_value *a);
formula_value machine_binary(machine *m, uint8_t op, const formula_value *a,
                             const formula_value *b);
bool machine_equal(machine *m, const formula_value *a, const formula_value *b, uint32_t depth);
bool machine_less(machine *m, const formula_value *a, const formula_value *b);
bool machine_in_set(machine *m, const formula_value *a, const formula_value *set);
/* Of any number, toward zero; fails for anything else and beyond 64 bits. */
int64_t machine_to_int(machine *m, const formula_value *v);

/* --- formula_member.c -------------------------------------------------------------------------- */

formula_value machine_member(machine *m, const formula_value *of, const formula_value *key);
formula_value machine_get(machine *m, const formula_value *of, const formula_value *key);
formula_value machine_slice(machine *m, const formula_value *of, const formula_value *from,
                            const formula_value *to);
formula_value machine_map(machine *m, const formula_value *pairs, uint32_t count);
/* The value of a key, or NULL. */
const formula_value *machine_lookup(machine *m, const formula_value *map,
                                    const formula_value *key);
formula_value machine_env(machine *m);

/* --- formula_loop.c ---------------------------------------------------------------------------- */

/* Each gives the place to go on at, `next` where nothing says otherwise. */
uint32_t machine_begin(machine *m, const formula_insn *insn, uint32_t next);
uint32_t machine_third(machine *m, const formula_insn *insn, uint32_t next);
uint32_t machine_step(machine *m, const formula_insn *insn, uint32_t next);
formula_value machine_end(machine *m, const formula_insn *insn);
bool machine_pop_bool(machine *m, bool *out); /* false and reported when it is none */

/* --- functions --------------------------------------------------------------------------------- */

typedef formula_value machine_function(machine *m, uint8_t fn, const formula_value *arguments,
                                       uint32_t count);
machine_function machine_number_function; /* formula_numbers.c: up to bitnot */
machine_function machine_array_function;  /* formula_arrays.c: len to sort */
machine_function machine_text_function;   /* formula_strings.c: type and on */
/* "asc" or "desc"; false and reported when it is neither. */
bool machine_read_order(machine *m, const formula_value *order, bool *is_descending);
/* Sorts values, and `others` along with them where that is not NULL. Long ones need as many cells of
 * scratch. */
void machine_sort(machine *m, formula_value *values, formula_value *others, uint32_t count,
                  bool is_descending);

/* --- formula_print.c, formula_json.c, formula_matches.c ---------------------------------------- */

formula_value machine_print(machine *m, const formula_value *v); /* as string() does */
formula_value machine_to_json(machine *m, const formula_value *v);
formula_value machine_from_json(machine *m, const formula_value *text);
bool machine_matches(machine *m, const formula_value *text, const formula_value *pattern);

#endif
