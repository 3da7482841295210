/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What conditions say, and when two of them say the same. Pure.
 */
#include "operator/message.h"

#include <string.h>

#include "base/buf.h"
#include "base/num.h"
#include "base/text.h"
#include "operator/copy.h"
#include "operator/refs.h"

#define PAUSED          "autoscaling.keda.sh/paused"
#define PAUSED_REPLICAS "autoscaling.keda.sh/paused-replicas"

/* ---- UTF-8 */

static size_t length_of(unsigned char lead)
{
    if (lead < 0x80)
        return 1;
    if (lead < 0xc2 || lead > 0xf4)
        return 0;
    return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/* Bytes of the well-formed character at p, else 0. The terminator ends a broken one. */
static size_t character_size(const char *p)
{
    const unsigned char lead = (unsigned char)p[0], next = (unsigned char)p[1];
    const size_t size = length_of(lead);

    if (size < 2)
        return size;
    if ((lead == 0xe0 && next < 0xa0) || (lead == 0xf0 && next < 0x90) ||
        (lead == 0xed && next > 0x9f) || (lead == 0xf4 && next > 0x8f))
        return 0;
    for (size_t i = 1; i < size; i++) {
        if (((unsigned char)p[i] & 0xc0) != 0x80)
            return 0;
    }
    return size;
}

keda_status message_append(keda_buf *out, const char *text)
{
    keda_status rc = KEDA_OK;
    while (*text != '\0' && rc == KEDA_OK) {
        const size_t size = character_size(text);
        rc = size == 0 ? buf_putc(out, '?') : buf_append(out, text, size);
        text += size == 0 ? 1 : size;
    }
    return rc;
}

void message_cut(keda_buf *out)
{
    if (out->size <= MESSAGE_SIZE)
        return;
    buf_truncate(out, MESSAGE_SIZE);
    text_cut_broken_end(out->data);
    buf_truncate(out, strlen(out->data));
}

/* ---- what moves */

/* Past "(after 0ms in state CONNECT, 3 identical error(s) suppressed)" and the blanks before it. */
static const char *skip_aside(const char *p)
{
    const char *at = p + strspn(p, " ");
    size_t depth = 0;

    if (!text_has_prefix(at, "(after "))
        return p;
    for (; *at != '\0'; at++) {
        depth += *at == '(' ? 1 : 0;
        depth -= *at == ')' ? 1 : 0;
        if (depth == 0)
            return at + 1;
    }
    return at;
}

/* Past "ipv4#127.0.0.1:9092": a client with several addresses tries them in turn. */
static const char *skip_address(const char *p)
{
    if (text_has_prefix(p, "ipv4#") || text_has_prefix(p, "ipv6#"))
        return p + strcspn(p, " ");
    return p;
}

/* Past "3001 milliseconds", "1.5s", "0 bytes"; p itself for other numbers. */
static const char *skip_amount(const char *p)
{
    static const char *const units[] = {"milliseconds", "ms", "seconds", "s", "bytes"};
    const size_t digits = strspn(p, "0123456789.");
    const char *unit = p + digits + strspn(p + digits, " ");

    if (digits == 0)
        return p;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        const char *end = unit + strlen(units[i]);
        const bool is_unit = text_has_prefix(unit, units[i]) &&
                             strspn(end, "abcdefghijklmnopqrstuvwxyz0123456789") == 0;
        if (is_unit)
            return end;
    }
    return p;
}

static const char *skip_moving(const char *p, bool is_word_start)
{
    const char *past = skip_aside(p);
    if (past == p && is_word_start)
        past = skip_address(p);
    return past == p && is_word_start ? skip_amount(p) : past;
}

/* The next character that counts; *is_word_start: whether a number could begin there. */
static char next_of(const char **p, bool *is_word_start)
{
    for (const char *past; (past = skip_moving(*p, *is_word_start)) != *p; *p = past)
        *is_word_start = false;
    const char c = **p;
    if (c != '\0')
        (*p)++;
    *is_word_start = c == ' ' || c == '(' || c == ',' || c == ':' || c == '/';
    return c;
}

bool message_is_same(const char *a, const char *b)
{
    bool a_starts = true, b_starts = true;
    char c;

    a = a == NULL ? "" : a;
    b = b == NULL ? "" : b;
    do {
        c = next_of(&a, &a_starts);
        if (c != next_of(&b, &b_starts))
            return false;
    } while (c != '\0');
    return true;
}

/* ---- pausing */

static const char *annotation_of(const keda_json *object, const char *name)
{
    return keda_json_string(copy_member(keda_json_get(object, "metadata.annotations"), name));
}

bool message_is_flag_set(const keda_json *object, const char *annotation)
{
    bool value = true;
    const char *text = annotation_of(object, annotation);
    return text != NULL && (!num_parse_bool(text, &value) || value);
}

bool message_is_fully_paused(const keda_json *object)
{
    return annotation_of(object, PAUSED_REPLICAS) != NULL ||
           message_is_flag_set(object, PAUSED);
}

int32_t message_paused_replicas(const keda_json *object)
{
    int64_t count = -1;
    const char *text = annotation_of(object, PAUSED_REPLICAS);
    const bool is_count = text != NULL && num_parse_i64(text, &count) && count >= 0;
    return is_count && count <= INT32_MAX ? (int32_t)count : -1;
}

keda_status message_of_pause(keda_buf *out, const keda_json *object)
{
    const bool is_in = message_is_flag_set(object, "autoscaling.keda.sh/paused-scale-in");
    const bool is_out = message_is_flag_set(object, "autoscaling.keda.sh/paused-scale-out");
    const int32_t count = message_paused_replicas(object);

    if (count >= 0)
        return buf_printf(out, "paused at %d replicas: nothing is asked or decided", count);
    if (message_is_fully_paused(object) || (!is_in && !is_out))
        return buf_puts(out, "paused: nothing is asked or scaled");
    if (is_in && is_out)
        return buf_puts(out, MESSAGE_ONE_WAY "in and scale-out are paused");
    return buf_printf(out, MESSAGE_ONE_WAY "%s is paused", is_in ? "in" : "out");
}

const keda_json *message_condition(const keda_json *status, const char *type)
{
    const keda_json *conditions = copy_member(status, "conditions");
    for (size_t i = 0; i < keda_json_count(conditions); i++) {
        const keda_json *condition = keda_json_at(conditions, i, NULL);
        if (strcmp(refs_text(condition, "type"), type) == 0)
            return condition;
    }
    return NULL;
}
