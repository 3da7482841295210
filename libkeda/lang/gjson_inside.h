/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of gjson share: one run with its bounds, items found, and the steps of a search. A
 * failure is kept in the run; after it every step answers "nothing" and loops end.
 */
#ifndef LANG_GJSON_INSIDE_H
#define LANG_GJSON_INSIDE_H

#include "base/text.h"
#include "gjson.h"

/* --- one run (gjson_run.c) --------------------------------------------------------------------- */

typedef struct gjson_run {
    struct gjson_kept *kept; /* texts built on the way, freed with the run */
    keda_buf scratch;        /* for one text that is looked at and forgotten */
    size_t work_left;        /* in bytes looked at */
    size_t memory_left;      /* in bytes built */
    int depth;
    keda_status rc;
    keda_error *err;
} gjson_run;

void gjson_run_init(gjson_run *run, size_t size, keda_error *err);
void gjson_run_clear(gjson_run *run);
/* Keeps the first failure; NOMEM and LIMIT have texts of their own. */
void gjson_fail(gjson_run *run, keda_status rc, const char *what);
/* Pays for looking at n bytes; false when the run has failed, now or before. */
bool gjson_work(gjson_run *run, size_t n);
/* One level deeper; each true answer is paired with gjson_leave. */
bool gjson_enter(gjson_run *run);
void gjson_leave(gjson_run *run);
/* Appends to a text that is being built. */
void gjson_put(gjson_run *run, keda_buf *buf, text_view text);
void gjson_put_char(gjson_run *run, keda_buf *buf, char c);
void gjson_put_rune(gjson_run *run, keda_buf *buf, uint32_t rune); /* broken ones as U+FFFD */
/* Takes over a built text, also an empty or failed one; lives as long as the run. */
text_view gjson_keep(gjson_run *run, keda_buf *take);

/* --- views ------------------------------------------------------------------------------------- */

text_view gjson_literal(const char *text);
text_view gjson_cut(text_view t, size_t from, size_t to);
text_view gjson_rest(text_view t, size_t from);
bool gjson_same(text_view a, text_view b);
bool gjson_is(text_view a, const char *b);
int gjson_compare(text_view a, text_view b);
text_view gjson_trim(text_view t); /* blanks and control characters */
bool gjson_starts(text_view t, char c);

/* --- texts (gjson_text.c) ---------------------------------------------------------------------- */

text_view gjson_unescape(gjson_run *run, text_view inside);      /* kept */
text_view gjson_unescape_once(gjson_run *run, text_view inside); /* in the scratch buffer */
void gjson_quote(gjson_run *run, keda_buf *out, text_view text); /* as a JSON string */
bool gjson_glob(gjson_run *run, text_view text, text_view pattern);

/* --- reading (gjson_scan.c) -------------------------------------------------------------------- */

typedef struct gjson_item {
    gjson_type type;
    text_view raw, str;
    double number;
} gjson_item;

typedef enum gjson_token {
    GJSON_END = 0,
    GJSON_CLOSE,
    GJSON_OBJECT,
    GJSON_ARRAY,
    GJSON_QUOTE,
    GJSON_WORD,
    GJSON_DIGITS
} gjson_token;

bool gjson_exists(const gjson_item *item);
bool gjson_is_array(const gjson_item *item);
bool gjson_is_object(const gjson_item *item);
int64_t gjson_integer(const gjson_item *item);
bool gjson_truth(const gjson_item *item);
/* As text; numbers without exponent. */
text_view gjson_text_of(gjson_run *run, const gjson_item *item);

/* Behind the closing quote; `at` is behind the opening one. False, *at at the end: not closed. */
bool gjson_skip_string(text_view json, size_t *at, bool *has_escape);
/* Behind the bracket that closes `depth` of them; one beyond the end when a string is not closed. */
size_t gjson_squash(text_view json, size_t at, size_t depth);
/* Length of the value an argument starts with: brackets, or a string. */
size_t gjson_squash_size(text_view text);
/* What the byte at `at` begins; GJSON_END for a byte that begins nothing. */
gjson_token gjson_token_at(text_view json, size_t at);
/* Reads the value that begins at `at`; false for a string that is not closed. */
bool gjson_read(gjson_run *run, text_view json, gjson_token token, size_t *at, gjson_item *out);
/* The next value anywhere behind `at`. */
bool gjson_next(gjson_run *run, text_view json, size_t *at, gjson_item *out);
/* The first value of a text; brackets take all that follows them. */
gjson_item gjson_parse(gjson_run *run, text_view json);

/* Members of an object, items of an array, or a lone value as itself. */
typedef struct gjson_members {
    gjson_run *run;
    text_view json;
    size_t at;
    bool is_object, is_lone, is_done;
    gjson_item key, value;
} gjson_members;

gjson_members gjson_members_of(gjson_run *run, const gjson_item *item);
bool gjson_members_next(gjson_members *m);

bool gjson_valid(gjson_run *run, text_view json); /* gjson_valid.c */

/* --- paths (gjson_path.c) ---------------------------------------------------------------------- */

typedef struct gjson_key_part {
    text_view name, rest, pipe;
    bool is_piped, is_wild, has_more;
} gjson_key_part;

typedef struct gjson_query {
    bool is_on, is_all;
    text_view path, op, value;
} gjson_query;

typedef struct gjson_index_part {
    text_view name, rest, pipe;
    bool is_piped, has_more;
    bool has_hash;     /* a "#" somewhere: no index */
    bool is_each;      /* "#.rest" */
    text_view of_each; /* what is looked up in every element */
    gjson_query query;
} gjson_index_part;

gjson_key_part gjson_key_part_of(gjson_run *run, text_view path);
gjson_index_part gjson_index_part_of(gjson_run *run, text_view path);
/* Cuts a path at its pipe, outside of queries. */
bool gjson_split_pipe(text_view path, text_view *left, text_view *right);

typedef struct gjson_selector {
    text_view name, path;
} gjson_selector;

/* Reads the next selector of "[...]" or "{...}"; false at its end, or when it has none. */
typedef struct gjson_selectors {
    text_view path;
    size_t at;
    bool is_closed;
} gjson_selectors;

gjson_selectors gjson_selectors_of(text_view path);
bool gjson_selectors_next(gjson_selectors *s, gjson_selector *out);
text_view gjson_last_name(text_view path);
bool gjson_is_simple_name(text_view name);

/* --- searching (gjson_get.c, gjson_query.c) ---------------------------------------------------- */

gjson_item gjson_get(gjson_run *run, text_view json, text_view path);
bool gjson_matches(gjson_run *run, const gjson_query *query, gjson_item item);

/* --- modifiers (gjson_modifiers.c, gjson_pretty.c) --------------------------------------------- */

typedef text_view gjson_modifier(gjson_run *run, text_view json, text_view arg);

gjson_modifier *gjson_modifier_named(text_view name);
gjson_modifier gjson_pretty, gjson_ugly;
/* "@name:arg" or "!literal" in front of a path; false when it is an ordinary key. */
bool gjson_apply(gjson_run *run, text_view json, text_view path, text_view *result,
                 text_view *rest);

#endif
