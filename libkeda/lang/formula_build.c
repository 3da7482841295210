/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sizes first, then places: what is aligned most comes first.
 */
#include "formula_build.h"

#include <string.h>

#include "base/mem.h"

/* Cells of scratch: as many as the tree can need; where that is not known, 1 MiB; never more than what
 * upstream's budget of items can fill. */
enum { HEAP_UNKNOWN = 1 << 16, HEAP_MOST = 1 << 20 };

typedef struct sizes {
    size_t constants, items, bytes; /* of literals */
    size_t names;                   /* bytes, 0 when they are not kept */
    uint32_t heap;
} sizes;

static uint32_t heap_cells(const formula_tree *tree, const formula_draft *draft,
                           const formula_names *names)
{
    const uint32_t wanted = tree->nodes[tree->root].heap;
    uint64_t cells = wanted == FORMULA_NONE ? HEAP_UNKNOWN : wanted;
    if (draft->needs_env)
        cells += 8 * names->count + HEAP_UNKNOWN / 16;
    return cells < HEAP_MOST ? (uint32_t)cells : HEAP_MOST;
}

static sizes measure(const formula_tree *tree, const formula_draft *draft,
                     const formula_names *names)
{
    sizes s = {.constants = draft->nconstants, .heap = heap_cells(tree, draft, names)};
    for (size_t i = 0; i < draft->nconstants; i++) {
        const formula_node *n = &tree->nodes[draft->constants[i]];
        s.items += n->kind == FORMULA_BYTES ? n->value.text.size : n->count;
        if (n->kind == FORMULA_STRING)
            s.bytes += n->value.text.size;
        for (uint32_t k = 0; k < n->count; k++) {
            const formula_node *item = &tree->nodes[tree->lists[n->list + k]];
            s.bytes += item->kind == FORMULA_STRING ? item->value.text.size : 0;
        }
    }
    for (size_t i = 0; i < names->count && draft->needs_env; i++)
        s.names += strlen(names->names[i]) + 1;
    return s;
}

/* --- filling ------------------------------------------------------------------------------------ */

/* Hands out the block from its start. */
typedef struct cursor {
    unsigned char *at;
} cursor;

static size_t aligned(size_t size)
{
    enum { ALIGNMENT = 16 };
    return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static void *take(cursor *c, size_t size)
{
    void *p = c->at;
    c->at += aligned(size);
    return p;
}

/* Room for the literals that is still free. */
typedef struct literals {
    const formula_tree *tree;
    formula_value *items;
    char *bytes;
} literals;

static formula_value scalar(literals *l, const formula_node *n)
{
    switch (n->kind) {
    case FORMULA_BOOL:
        return formula_bool(n->value.flag);
    case FORMULA_INT:
        return formula_int(n->value.integer);
    case FORMULA_FLOAT:
        return formula_float(n->value.real);
    default: {
        const formula_value v = formula_string(l->bytes, n->value.text.size);
        if (v.size > 0)
            memcpy(l->bytes, l->tree->texts + n->value.text.at, v.size);
        l->bytes += v.size;
        return v;
    }
    }
}

static formula_value constant(literals *l, const formula_node *n)
{
    const formula_value *items = l->items;
    switch (n->kind) {
    case FORMULA_BYTES:
        for (uint32_t i = 0; i < n->value.text.size; i++)
            *l->items++ = formula_int((unsigned char)l->tree->texts[n->value.text.at + i]);
        return formula_array(items, n->value.text.size);
    case FORMULA_LITERALS:
    case FORMULA_INT_SET:
    case FORMULA_STRING_SET:
        for (uint32_t i = 0; i < n->count; i++)
            *l->items++ = scalar(l, &l->tree->nodes[l->tree->lists[n->list + i]]);
        return formula_array(items, n->count);
    default:
        return scalar(l, n);
    }
}

static void fill_constants(cursor *c, formula *f, const formula_tree *tree,
                           const formula_draft *draft, const sizes *s)
{
    formula_value *constants = take(c, s->constants * sizeof *constants);
    literals l = {.tree = tree};
    l.items = take(c, s->items * sizeof *l.items);
    l.bytes = take(c, s->bytes);
    for (size_t i = 0; i < s->constants; i++)
        constants[i] = constant(&l, &tree->nodes[draft->constants[i]]);
    f->constants = constants;
}

static void fill_text(cursor *c, formula *f, const char *text, const formula_names *names,
                      const sizes *s)
{
    bool *is_used = take(c, names->count * sizeof *is_used);
    char *copy = take(c, strlen(text) + 1);
    memcpy(copy, text, strlen(text) + 1);
    f->text = copy;
    f->text_size = (uint32_t)strlen(text);
    f->nnames = names->count;
    if (names->count > 0)
        memcpy(is_used, names->is_used, names->count * sizeof *is_used);
    f->is_used = is_used;
    if (s->names == 0)
        return;
    const char **list = take(c, names->count * sizeof *list);
    char *bytes = take(c, s->names);
    for (size_t i = 0; i < names->count; i++) {
        const size_t size = strlen(names->names[i]) + 1;
        memcpy(bytes, names->names[i], size);
        list[i] = bytes;
        bytes += size;
    }
    f->names = list;
}

static void fill_scratch(cursor *c, formula *f, const formula_tree *tree,
                         const formula_draft *draft, const sizes *s)
{
    f->stack_size = draft->stack_size;
    f->scopes_size = draft->scopes_size;
    f->heap_size = s->heap;
    f->stack = take(c, f->stack_size * sizeof *f->stack);
    f->locals = take(c, tree->nlocals * sizeof *f->locals);
    f->scopes = take(c, f->scopes_size * sizeof *f->scopes);
    f->heap = take(c, f->heap_size * sizeof *f->heap);
}

static void fill(cursor *c, formula *f, const formula_tree *tree, const formula_draft *draft,
                 const char *text, const formula_names *names, const sizes *s)
{
    formula_insn *code = take(c, draft->ncode * sizeof *code);
    memcpy(code, draft->code, draft->ncode * sizeof *code);
    f->code = code;
    f->ncode = draft->ncode;
    fill_constants(c, f, tree, draft, s);
    fill_text(c, f, text, names, s);
    fill_scratch(c, f, tree, draft, s);
}

static size_t total_size(const formula_tree *tree, const formula_draft *draft, const char *text,
                         const formula_names *names, const sizes *s)
{
    const size_t parts[] = {
        sizeof(formula),
        draft->ncode * sizeof(formula_insn),
        s->constants * sizeof(formula_value),
        s->items * sizeof(formula_value),
        s->bytes,
        names->count * sizeof(bool),
        strlen(text) + 1,
        s->names > 0 ? names->count * sizeof(char *) : 0,
        s->names,
        draft->stack_size * sizeof(formula_value),
        tree->nlocals * sizeof(formula_value),
        draft->scopes_size * sizeof(formula_scope),
        (size_t)s->heap * sizeof(formula_value),
    };
    size_t size = 0;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        size += aligned(parts[i]);
    return size;
}

keda_status formula_build(formula **out, const formula_tree *tree, const formula_draft *draft,
                          const char *text, const formula_names *names, keda_error *err)
{
    const sizes s = measure(tree, draft, names);
    const size_t size = total_size(tree, draft, text, names, &s);
    cursor c = {mem_alloc(size)};
    if (c.at == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    formula *f = take(&c, sizeof *f);
    memset(f, 0, sizeof *f);
    f->size_bytes = size;
    fill(&c, f, tree, draft, text, names, &s);
    *out = f;
    return KEDA_OK;
}
