/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a pattern to instructions: recursive only in brackets, which are bounded.
 */
#include "formula_regex.h"

#include <string.h>

#include "formula_regex_code.h"
#include "unicode.h"

enum { MAX_DEPTH = 50, MAX_REPEAT = 1000, UNBOUNDED = -1 };

typedef struct compiler {
    regex *out;
    const char *pattern;
    size_t size, at;
    const char *error;
    uint8_t flags;
    bool is_nothing; /* the last atom was only flags */
    int depth;
    regex_insn spare; /* written where there is no room */
} compiler;

static void alternatives(compiler *c);

static void fail(compiler *c, const char *why)
{
    if (c->error == NULL)
        c->error = why;
}

static bool is_at_end(const compiler *c)
{
    return c->at >= c->size || c->error != NULL;
}

static char peek(const compiler *c)
{
    return c->at < c->size ? c->pattern[c->at] : '\0';
}

static bool accept(compiler *c, char sign)
{
    if (is_at_end(c) || peek(c) != sign)
        return false;
    c->at++;
    return true;
}

static uint32_t next_character(compiler *c)
{
    uint32_t character = 0;
    c->at += utf8_decode(c->pattern + c->at, c->size - c->at, &character);
    return character;
}

/* --- instructions ------------------------------------------------------------------------------- */

static regex_insn *emit(compiler *c, uint8_t op)
{
    if (c->out->size == REGEX_MAX)
        fail(c, "the pattern is too large");
    if (c->error != NULL)
        return &c->spare;
    regex_insn *i = &c->out->code[c->out->size++];
    *i = (regex_insn){.op = op, .flags = c->flags, .a = 1};
    return i;
}

/* Makes room for one instruction before what is there from `at` on. */
static regex_insn *insert(compiler *c, uint32_t at)
{
    const uint32_t size = c->out->size;
    regex_insn *added = emit(c, REGEX_JUMP);
    if (c->error != NULL)
        return added;
    memmove(&c->out->code[at + 1], &c->out->code[at], (size - at) * sizeof(regex_insn));
    c->out->code[at] = (regex_insn){.op = REGEX_SPLIT, .a = 1};
    return &c->out->code[at];
}

static void range(compiler *c, uint32_t low, uint32_t high)
{
    regex_insn *i = emit(c, REGEX_RANGE);
    i->low = low;
    i->high = high;
}

/* --- classes ------------------------------------------------------------------------------------ */

static const struct perl_class {
    char letter;
    const char *ranges; /* pairs */
} perl_classes[] = {{'d', "09"}, {'s', "\t\n\f\r  "}, {'w', "09AZ__az"}};

static const struct named_class {
    const char *name, *ranges;
} named_classes[] = {
    {"alnum", "09AZaz"},   {"alpha", "AZaz"},
    {"ascii", "\x01\x7f"}, {"blank", "\t\t  "},
    {"digit", "09"},       {"graph", "!~"},
    {"lower", "az"},       {"print", " ~"},
    {"punct", "!/:@[`{~"}, {"space", "\t\r  "},
    {"upper", "AZ"},       {"word", "09AZ__az"},
    {"xdigit", "09AFaf"},  {"cntrl", "\x01\x1f\x7f\x7f"},
};

/* The ranges, or all but them. */
static void add_ranges(compiler *c, const char *ranges, bool is_negated)
{
    uint32_t from = 0;
    for (const char *r = ranges; *r != '\0'; r += 2) {
        const uint32_t low = (unsigned char)r[0], high = (unsigned char)r[1];
        if (!is_negated)
            range(c, low, high);
        else if (low > from)
            range(c, from, low - 1);
        from = high + 1;
    }
    if (is_negated)
        range(c, from, UNICODE_MAX);
}

/* \d, \D and their kin; false when the letter is none of them. */
static bool add_perl_class(compiler *c, char letter)
{
    for (size_t i = 0; i < sizeof perl_classes / sizeof perl_classes[0]; i++)
        if ((letter | 0x20) == perl_classes[i].letter) {
            add_ranges(c, perl_classes[i].ranges, letter < 'a');
            return true;
        }
    return false;
}

/* [:alpha:], [:^alpha:]; the brackets' content is at c->at. */
static bool add_named_class(compiler *c)
{
    const size_t start = c->at;
    if (!accept(c, '[') || !accept(c, ':')) {
        c->at = start;
        return false;
    }
    const bool is_negated = accept(c, '^');
    for (size_t i = 0; i < sizeof named_classes / sizeof named_classes[0]; i++) {
        const size_t size = strlen(named_classes[i].name);
        if (c->size - c->at >= size + 2 &&
            memcmp(c->pattern + c->at, named_classes[i].name, size) == 0 &&
            memcmp(c->pattern + c->at + size, ":]", 2) == 0) {
            c->at += size + 2;
            add_ranges(c, named_classes[i].ranges, is_negated);
            return true;
        }
    }
    c->at = start;
    return false;
}

/* --- escapes ------------------------------------------------------------------------------------ */

static uint32_t read_number(compiler *c, int most, uint32_t base)
{
    uint32_t value = 0;
    for (int n = 0; n < most && !is_at_end(c); n++, c->at++) {
        const char d = peek(c);
        const uint32_t digit = d >= '0' && d <= '9' ? (uint32_t)(d - '0')
                               : (d | 0x20) >= 'a' && (d | 0x20) <= 'f'
                                   ? (uint32_t)((d | 0x20) - 'a' + 10)
                                   : base;
        if (digit >= base)
            break;
        value = value * base + digit;
    }
    return value;
}

static uint32_t read_hex(compiler *c)
{
    const size_t start = c->at;
    if (!accept(c, '{')) {
        const uint32_t value = read_number(c, 2, 16);
        if (c->at != start + 2)
            fail(c, "expected two hexadecimal digits");
        return value;
    }
    const uint32_t value = read_number(c, 6, 16);
    if (c->at == start + 1 || value > UNICODE_MAX || !accept(c, '}'))
        fail(c, "expected a character's number in { }");
    return value;
}

/* The character an escape stands for; c is behind the backslash. */
static uint32_t read_escape(compiler *c)
{
    static const char letters[] = "aftnrv", values[] = "\a\f\t\n\r\v";
    const char letter = peek(c);
    const char *found = letter != '\0' ? strchr(letters, letter) : NULL;
    const bool is_digit = letter >= '0' && letter <= '7';
    if (is_digit && (letter == '0' || (c->at + 1 < c->size && c->pattern[c->at + 1] >= '0' &&
                                       c->pattern[c->at + 1] <= '7')))
        return read_number(c, 3, 8);
    if (found != NULL || letter == 'x') {
        c->at++;
        return found != NULL ? (uint32_t)(unsigned char)values[found - letters] : read_hex(c);
    }
    if (is_at_end(c) || (unsigned char)letter >= 0x80 || unicode_is_letter((uint32_t)letter) ||
        unicode_is_digit((uint32_t)letter) || letter == '_')
        fail(c, "an escape that is not known");
    return is_at_end(c) ? 0 : next_character(c);
}

/* --- atoms -------------------------------------------------------------------------------------- */

static void class_member(compiler *c)
{
    if (add_named_class(c))
        return;
    if (peek(c) == '\\' && c->at + 1 < c->size) {
        c->at++;
        if (add_perl_class(c, peek(c))) {
            c->at++;
            return;
        }
        c->at--;
    }
    const uint32_t low = accept(c, '\\') ? read_escape(c) : next_character(c);
    uint32_t high = low;
    if (peek(c) == '-' && c->at + 1 < c->size && c->pattern[c->at + 1] != ']') {
        c->at++;
        high = accept(c, '\\') ? read_escape(c) : next_character(c);
    }
    if (high < low)
        fail(c, "a range whose end is before its start");
    range(c, low, high);
}

static void finish_class(compiler *c, uint32_t start, bool is_negated)
{
    if (c->error != NULL)
        return;
    regex_insn *head = &c->out->code[start];
    const uint32_t n = c->out->size - start - 1;
    head->low = n;
    head->high = is_negated ? 1 : 0;
    head->a = (int16_t)(n + 1);
}

static void character_class(compiler *c)
{
    const uint32_t start = c->out->size;
    const bool is_negated = accept(c, '^');
    (void)emit(c, REGEX_CLASS);
    for (bool is_first = true; is_first || peek(c) != ']'; is_first = false) {
        if (is_at_end(c)) {
            fail(c, "expected ]");
            return;
        }
        class_member(c);
    }
    c->at++;
    finish_class(c, start, is_negated);
}

static void literal(compiler *c, uint32_t character)
{
    const uint32_t start = c->out->size;
    (void)emit(c, REGEX_CLASS);
    range(c, character, character);
    finish_class(c, start, false);
}

/* \Q...\E: as it stands. */
static void quoted(compiler *c)
{
    while (!is_at_end(c)) {
        if (peek(c) == '\\' && c->at + 1 < c->size && c->pattern[c->at + 1] == 'E') {
            c->at += 2;
            return;
        }
        literal(c, next_character(c));
    }
}

static void escape(compiler *c)
{
    static const struct assertion {
        char letter;
        uint8_t op;
    } assertions[] = {
        {'A', REGEX_BEGIN}, {'z', REGEX_END}, {'b', REGEX_WORD}, {'B', REGEX_NO_WORD}};
    const char letter = peek(c);
    const uint32_t start = c->out->size;
    for (size_t i = 0; i < sizeof assertions / sizeof assertions[0]; i++)
        if (letter == assertions[i].letter) {
            c->at++;
            (void)emit(c, assertions[i].op);
            return;
        }
    if (letter == 'Q') {
        c->at++;
        quoted(c);
        return;
    }
    if (letter != '\0' && strchr("dDsSwW", letter) != NULL) {
        c->at++;
        (void)emit(c, REGEX_CLASS);
        (void)add_perl_class(c, letter);
        finish_class(c, start, false);
        return;
    }
    literal(c, read_escape(c));
}

/* --- groups ------------------------------------------------------------------------------------- */

static const struct flag {
    char letter;
    uint8_t flag;
} known_flags[] = {{'i', REGEX_FOLD}, {'s', REGEX_DOT_ALL}, {'m', REGEX_LINES}, {'U', 0}};

/* Flags of (?flags) and (?flags:...), up to and with the sign behind them. */
static char read_flags(compiler *c)
{
    bool removes = false;
    while (!is_at_end(c)) {
        const char letter = c->pattern[c->at++];
        bool is_known = letter == '-' && !removes;
        removes = removes || letter == '-';
        for (size_t i = 0; i < sizeof known_flags / sizeof known_flags[0]; i++)
            if (letter == known_flags[i].letter) {
                is_known = true;
                c->flags = (uint8_t)(removes ? c->flags & ~known_flags[i].flag
                                             : c->flags | known_flags[i].flag);
            }
        if (letter == ')' || letter == ':')
            return letter;
        if (!is_known)
            fail(c, "a flag that is not known");
    }
    fail(c, "expected )");
    return ')';
}

static void skip_group_name(compiler *c)
{
    while (!is_at_end(c) && peek(c) != '>')
        c->at++;
    if (!accept(c, '>'))
        fail(c, "expected >");
}

static void group(compiler *c)
{
    const uint8_t before = c->flags;
    if (++c->depth > MAX_DEPTH)
        fail(c, "nested too deep");
    if (accept(c, '?')) {
        const bool is_named = accept(c, 'P') || peek(c) == '<';
        if (is_named && accept(c, '<'))
            skip_group_name(c);
        else if (is_named)
            fail(c, "expected a group's name");
        else if (read_flags(c) == ')') {
            c->depth--;
            c->is_nothing = true;
            return; /* for the rest of the group around it */
        }
    }
    alternatives(c);
    if (!accept(c, ')'))
        fail(c, "expected )");
    c->flags = before;
    c->depth--;
}

static int read_count(compiler *c)
{
    int value = UNBOUNDED;
    while (peek(c) >= '0' && peek(c) <= '9' && value <= MAX_REPEAT) {
        value = (value < 0 ? 0 : value) * 10 + (peek(c) - '0');
        c->at++;
    }
    return value;
}

/* {2}, {2,}, {2,4}; false, and all as before, when it is none: then the brace is a character. */
static bool read_counts(compiler *c, int *low, int *high)
{
    const size_t start = c->at;
    if (!accept(c, '{'))
        return false;
    *low = *high = read_count(c);
    if (*low >= 0 && accept(c, ','))
        *high = read_count(c);
    if (*low < 0 || !accept(c, '}')) {
        c->at = start;
        return false;
    }
    if (*low > MAX_REPEAT || *high > MAX_REPEAT || (*high >= 0 && *high < *low))
        fail(c, "a repetition that is too large, or backwards");
    return true;
}

static void atom(compiler *c)
{
    int low = 0, high = 0;
    switch (peek(c)) {
    case '(':
        c->at++;
        group(c);
        break;
    case '[':
        c->at++;
        character_class(c);
        break;
    case '\\':
        c->at++;
        escape(c);
        break;
    case '.':
        c->at++;
        (void)emit(c, REGEX_ANY);
        break;
    case '^':
        c->at++;
        (void)emit(c, (c->flags & REGEX_LINES) ? REGEX_LINE_BEGIN : REGEX_BEGIN);
        break;
    case '$':
        c->at++;
        (void)emit(c, (c->flags & REGEX_LINES) ? REGEX_LINE_END : REGEX_END);
        break;
    case '*':
    case '+':
    case '?':
        fail(c, "nothing to repeat");
        break;
    default:
        if (read_counts(c, &low, &high))
            fail(c, "nothing to repeat");
        else
            literal(c, next_character(c));
        break;
    }
}

/* --- repetition ----------------------------------------------------------------------------------- */

static void copy(compiler *c, uint32_t start, uint32_t size)
{
    for (uint32_t i = 0; i < size; i++) {
        const regex_insn insn = c->out->code[start + i];
        *emit(c, insn.op) = insn;
    }
}

/* x? around what is there from `start` on. */
static void make_optional(compiler *c, uint32_t start)
{
    const uint32_t size = c->out->size - start;
    insert(c, start)->b = (int16_t)(size + 1);
}

/* x* of the same. */
static void make_loop(compiler *c, uint32_t start)
{
    const uint32_t size = c->out->size - start;
    insert(c, start)->b = (int16_t)(size + 2);
    emit(c, REGEX_JUMP)->a = (int16_t) - (int)(size + 1);
}

/* The part from `source` on once more, at the end; it may be missing, or come any number of times. */
static void copy_open(compiler *c, uint32_t source, uint32_t size, int high)
{
    const uint32_t at = c->out->size;
    copy(c, source, size);
    if (high == UNBOUNDED)
        make_loop(c, at);
    else
        make_optional(c, at);
}

/* low to high times what is there once from `start` on. */
static void repeat(compiler *c, uint32_t start, int low, int high)
{
    const uint32_t size = c->out->size - start;
    if (high == 0) {
        c->out->size = start;
        return;
    }
    for (int i = 1; i < low && c->error == NULL; i++)
        copy(c, start, size);
    if (low == 0 && high == UNBOUNDED)
        make_loop(c, start);
    else if (low == 0)
        make_optional(c, start);
    const uint32_t source = low == 0 ? start + 1 : start;
    const int first = low == 0 ? 1 : low;
    const int more = high != UNBOUNDED ? high - first : low == 0 ? 0 : 1;
    for (int i = 0; i < more && c->error == NULL; i++)
        copy_open(c, source, size, high);
}

static void repeated(compiler *c)
{
    const uint32_t start = c->out->size;
    int low = 0, high = 0;
    c->is_nothing = false;
    atom(c);
    bool is_repeated = c->is_nothing;
    while (!is_at_end(c)) {
        low = 0;
        high = UNBOUNDED;
        if (accept(c, '+'))
            low = 1;
        else if (accept(c, '?'))
            high = 1;
        else if (!accept(c, '*') && !read_counts(c, &low, &high))
            return;
        if (is_repeated)
            fail(c, "a repetition of a repetition, or of nothing");
        is_repeated = true;
        (void)accept(c, '?'); /* lazy: whether it matches is the same */
        if (c->error == NULL)
            repeat(c, start, low, high);
    }
}

static void sequence(compiler *c)
{
    while (!is_at_end(c) && peek(c) != '|' && peek(c) != ')')
        repeated(c);
}

static void alternatives(compiler *c)
{
    const uint32_t start = c->out->size;
    sequence(c);
    if (!accept(c, '|'))
        return;
    const uint32_t size = c->out->size - start;
    insert(c, start)->b = (int16_t)(size + 2);
    const uint32_t end = c->out->size;
    (void)emit(c, REGEX_JUMP);
    alternatives(c);
    if (c->error == NULL)
        c->out->code[end].a = (int16_t)(c->out->size - end);
}

const char *regex_compile(regex *out, const char *pattern, size_t size, size_t *at)
{
    compiler c = {.out = out, .pattern = pattern, .size = size};
    out->size = 0;
    alternatives(&c);
    if (!is_at_end(&c))
        fail(&c, "a ) that nothing opened");
    (void)emit(&c, REGEX_MATCH);
    *at = c.at;
    return c.error;
}
