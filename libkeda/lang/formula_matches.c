/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `matches`: the pattern is compiled for each use, in the scratch area; one that the text has is also
 * checked before the formula runs.
 */
#include "base/mem.h"
#include "formula_check.h"
#include "formula_machine.h"
#include "formula_regex.h"

keda_status formula_check_pattern(const formula_tree *tree, const formula_node *pattern,
                                  keda_error *err)
{
    regex *r = mem_alloc(sizeof *r);
    size_t at = 0;
    if (r == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    const char *why =
        regex_compile(r, tree->texts + pattern->value.text.at, pattern->value.text.size, &at);
    mem_free(r);
    if (why == NULL)
        return KEDA_OK;
    return formula_error_at(err, pattern->at, "regular expression, at byte %zu: %s", at + 1,
                            why);
}

bool machine_matches(machine *m, const formula_value *text, const formula_value *pattern)
{
    typedef struct matching {
        regex r;
        regex_state state;
    } matching;
    _Static_assert(sizeof(matching) <= FORMULA_MATCH_CELLS * sizeof(formula_value),
                   "a match fits into what is planned for it");
    const uint32_t mark = m->heap_used;
    matching *all = (matching *)machine_cells(m, FORMULA_MATCH_CELLS);
    size_t at = 0;
    if (all == NULL || !machine_spend(m, REGEX_MAX + pattern->size))
        return false;
    const char *why = regex_compile(&all->r, pattern->as.text, pattern->size, &at);
    if (why != NULL) {
        machine_fail(m, "regular expression, at byte %zu: %s", at + 1, why);
        return false;
    }
    all->state.steps = m->steps;
    const bool is_match = regex_matches(&all->r, &all->state, text->as.text, text->size);
    (void)machine_spend(m, all->state.steps > 0 ? m->steps - all->state.steps
                                                : (uint64_t)m->steps + 1);
    m->heap_used = mark;
    return is_match;
}
