/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All ways through the pattern at once, character by character: no way is tried twice.
 */
#include "formula_regex.h"

#include <string.h>

#include "formula_regex_code.h"
#include "unicode.h"

/* One match while it runs. */
typedef struct match {
    const regex *r;
    regex_state *s;
    const char *text;
    size_t size, at;
    uint32_t position; /* number of the character, from 1 */
    uint32_t count;    /* in s->next */
    bool is_found;
} match;

static bool is_word_at(const match *m, size_t at)
{
    const char c = at < m->size ? m->text[at] : ' ';
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_';
}

static bool is_boundary(const match *m)
{
    return (m->at > 0 && is_word_at(m, m->at - 1)) != is_word_at(m, m->at);
}

/* Whether an assertion holds here. */
static bool holds(const match *m, uint8_t op)
{
    switch (op) {
    case REGEX_BEGIN:
        return m->at == 0;
    case REGEX_END:
        return m->at == m->size;
    case REGEX_LINE_BEGIN:
        return m->at == 0 || m->text[m->at - 1] == '\n';
    case REGEX_LINE_END:
        return m->at == m->size || m->text[m->at] == '\n';
    case REGEX_WORD:
        return is_boundary(m);
    default:
        return !is_boundary(m);
    }
}

static void push(match *m, uint32_t *depth, int place)
{
    if (m->s->mark[place] == m->position)
        return;
    m->s->mark[place] = m->position;
    m->s->pending[(*depth)++] = (uint16_t)place;
}

/* Everything that is reached from a place without a character. */
static void follow(match *m, uint32_t start)
{
    uint32_t depth = 0;
    push(m, &depth, (int)start);
    while (depth > 0 && m->s->steps > 0) {
        const int place = m->s->pending[--depth];
        const regex_insn *i = &m->r->code[place];
        m->s->steps--;
        switch (i->op) {
        case REGEX_MATCH:
            m->is_found = true;
            return;
        case REGEX_CLASS:
        case REGEX_ANY:
            m->s->next[m->count++] = (uint16_t)place;
            break;
        case REGEX_SPLIT:
            push(m, &depth, place + i->b);
            push(m, &depth, place + i->a);
            break;
        case REGEX_JUMP:
            push(m, &depth, place + i->a);
            break;
        default:
            if (holds(m, i->op))
                push(m, &depth, place + 1);
            break;
        }
    }
}

static bool is_in_ranges(const regex_insn *class, uint32_t c)
{
    for (uint32_t i = 1; i <= class->low; i++)
        if (c >= class[i].low && c <= class[i].high)
            return true;
    return false;
}

static bool takes(const regex_insn *i, uint32_t c)
{
    if (i->op == REGEX_ANY)
        return c != '\n' || (i->flags & REGEX_DOT_ALL) != 0;
    bool is_in = is_in_ranges(i, c);
    if (!is_in && (i->flags & REGEX_FOLD) != 0)
        is_in = is_in_ranges(i, unicode_lower(c)) || is_in_ranges(i, unicode_upper(c));
    return is_in != (i->high != 0);
}

/* Behind the character c, from what s->current holds. */
static void advance(match *m, uint32_t count, uint32_t c)
{
    for (uint32_t k = 0; k < count && !m->is_found && m->s->steps > 0; k++) {
        const uint32_t place = m->s->current[k];
        const regex_insn *i = &m->r->code[place];
        const uint64_t cost = 1 + (i->op == REGEX_CLASS ? i->low : 0);
        m->s->steps -= m->s->steps < cost ? m->s->steps : cost;
        if (takes(i, c))
            follow(m, (uint32_t)((int)place + i->a));
    }
}

bool regex_matches(const regex *r, regex_state *s, const char *text, size_t size)
{
    match m = {.r = r, .s = s, .text = text, .size = size, .position = 1};
    memset(s->mark, 0, sizeof s->mark);
    follow(&m, 0);
    while (m.at < size && !m.is_found && s->steps > 0) {
        uint32_t c = 0;
        const uint32_t count = m.count;
        m.at += utf8_decode(text + m.at, size - m.at, &c);
        memcpy(s->current, s->next, count * sizeof s->current[0]);
        m.count = 0;
        m.position++;
        advance(&m, count, c);
        if (!m.is_found)
            follow(&m, 0);
    }
    return m.is_found;
}
