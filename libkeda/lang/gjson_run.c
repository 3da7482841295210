/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bounds of one search, and the texts it builds. Queries in queries and wildcards make little
 * paths ask for much work: it is counted in bytes looked at, and ends in an error.
 */
#include "gjson_inside.h"

#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "unicode.h"

/*
 * Enough for a dozen levels of "#" over a large text, or a second's work. The depth is that of a path
 * or, for modifiers that descend, of the text.
 */
enum { MAX_DEPTH = 2000, BASE_WORK = 1 << 25, BASE_MEMORY = 1 << 24 };

struct gjson_kept {
    struct gjson_kept *next;
    keda_buf text;
};

static size_t bound(size_t size, size_t factor, size_t base)
{
    return size > (SIZE_MAX - base) / factor ? SIZE_MAX : size * factor + base;
}

void gjson_run_init(gjson_run *run, size_t size, keda_error *err)
{
    *run = (gjson_run){.err = err};
    run->work_left = bound(size, 64, BASE_WORK);
    run->memory_left = bound(size, 8, BASE_MEMORY);
}

void gjson_run_clear(gjson_run *run)
{
    while (run->kept != NULL) {
        struct gjson_kept *next = run->kept->next;
        keda_buf_clear(&run->kept->text);
        mem_free(run->kept);
        run->kept = next;
    }
    keda_buf_clear(&run->scratch);
}

void gjson_fail(gjson_run *run, keda_status rc, const char *what)
{
    if (run->rc == KEDA_OK)
        run->rc = keda_error_set(run->err, rc, "%s", what);
}

bool gjson_work(gjson_run *run, size_t n)
{
    if (run->rc == KEDA_OK && n >= run->work_left)
        gjson_fail(run, KEDA_ELIMIT, "the path takes too long to follow in this text");
    else
        run->work_left -= run->rc == KEDA_OK ? n : 0;
    return run->rc == KEDA_OK;
}

bool gjson_enter(gjson_run *run)
{
    if (run->depth >= MAX_DEPTH)
        gjson_fail(run, KEDA_ELIMIT, "path or text is nested too deeply");
    if (run->rc != KEDA_OK)
        return false;
    run->depth++;
    return true;
}

void gjson_leave(gjson_run *run)
{
    run->depth--;
}

void gjson_put(gjson_run *run, keda_buf *buf, text_view text)
{
    if (!gjson_work(run, text.size))
        return;
    if (text.size > run->memory_left) {
        gjson_fail(run, KEDA_ELIMIT, "the path builds too large a text");
        return;
    }
    run->memory_left -= text.size;
    if (buf_append(buf, text.data, text.size) != KEDA_OK)
        gjson_fail(run, KEDA_ENOMEM, "out of memory");
}

void gjson_put_char(gjson_run *run, keda_buf *buf, char c)
{
    gjson_put(run, buf, (text_view){&c, 1});
}

void gjson_put_rune(gjson_run *run, keda_buf *buf, uint32_t rune)
{
    char out[UTF8_MAX];
    const size_t size = utf8_encode(rune, out);
    gjson_put(run, buf, (text_view){out, size});
}

text_view gjson_keep(gjson_run *run, keda_buf *take)
{
    struct gjson_kept *kept = run->rc == KEDA_OK ? mem_alloc(sizeof *kept) : NULL;
    if (kept == NULL) {
        gjson_fail(run, KEDA_ENOMEM, "out of memory");
        keda_buf_clear(take);
        return (text_view){"", 0};
    }
    *kept = (struct gjson_kept){run->kept, *take};
    run->kept = kept;
    *take = (keda_buf){0};
    return (text_view){kept->text.data != NULL ? kept->text.data : "", kept->text.size};
}

text_view gjson_literal(const char *text)
{
    return (text_view){text, strlen(text)};
}

text_view gjson_cut(text_view t, size_t from, size_t to)
{
    if (t.size == 0)
        return t;
    const size_t end = to < t.size ? to : t.size;
    const size_t start = from < end ? from : end;
    return (text_view){t.data + start, end - start};
}

text_view gjson_rest(text_view t, size_t from)
{
    return gjson_cut(t, from, t.size);
}

bool gjson_same(text_view a, text_view b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

bool gjson_is(text_view a, const char *b)
{
    return gjson_same(a, gjson_literal(b));
}

int gjson_compare(text_view a, text_view b)
{
    const size_t common = a.size < b.size ? a.size : b.size;
    const int order = common > 0 ? memcmp(a.data, b.data, common) : 0;
    return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

text_view gjson_trim(text_view t)
{
    while (t.size > 0 && (unsigned char)t.data[0] <= ' ')
        t = gjson_rest(t, 1);
    while (t.size > 0 && (unsigned char)t.data[t.size - 1] <= ' ')
        t.size--;
    return t;
}

bool gjson_starts(text_view t, char c)
{
    return t.size > 0 && t.data[0] == c;
}
