/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trigger parameters: looked up, defaulted, checked and converted, field by field. Texts to values is
 * convert.h's; the rules are those of spec: languages 5.1.
 */
#include "params.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "convert.h"
#include "fields.h"
#include "lookup.h"
#include "map.h"

typedef struct parse {
    const params_sources *sources;
    size_t field_size;
    params_report_fn report;
    void *user;
    size_t nfailing;
    bool is_out_of_memory;
} parse;

/* One field on its way into its member. */
typedef struct step {
    const keda_field *field;
    bool is_optional;
    void *member;
    lookup_value value;
} step;

KEDA_PRINTF(4, 5)
static void say(parse *p, const keda_field *field, keda_severity severity, const char *format,
                ...)
{
    char message[512];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(message, sizeof message, format, args);
    va_end(args);
    text_cut_broken_end(message);
    if (severity == KEDA_SEVERITY_ERROR)
        p->nfailing++;
    if (p->report != NULL)
        p->report(field->name, severity, message, p->user);
}

/* "a, b, c", cut when it does not fit. */
static const char *join(const char *const *texts, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; texts[i] != NULL && used + 3 < size; i++) {
        used += text_copy(out + used, size - used, i > 0 ? ", " : "");
        used += text_copy(out + used, size - used, texts[i]);
    }
    return out;
}

static bool is_in(const char *const *texts, text_view part)
{
    for (size_t i = 0; texts[i] != NULL; i++)
        if (strlen(texts[i]) == part.size && memcmp(texts[i], part.data, part.size) == 0)
            return true;
    return false;
}

static const char *nearest_allowed(const keda_field *field, const char *text)
{
    size_t n = 0;
    while (field->allowed[n] != NULL)
        n++;
    return text_nearest(text, field->allowed, n);
}

static void say_not_allowed(parse *p, const step *s, bool is_named)
{
    char list[256], shown[LOOKUP_SHOWN];
    const char *near = is_named && lookup_is_shown(&s->value, s->field)
                           ? nearest_allowed(s->field, s->value.text)
                           : NULL;
    say(p, s->field, KEDA_SEVERITY_ERROR, "%s is not one of: %s%s%s%s",
        lookup_show(&s->value, s->field, shown), join(s->field->allowed, list, sizeof list),
        near != NULL ? "; did you mean \"" : "", near != NULL ? near : "",
        near != NULL ? "\"?" : "");
}

/* Parts of the text, whatever the kind: upstream splits single values too. Returns their number;
 * *bad and *excluded count those that are not allowed, and those of the exclusive set. */
static size_t count_parts(const step *s, size_t *bad, size_t *excluded)
{
    const keda_field *f = s->field;
    const char separator = f->separator == '\0' ? ',' : f->separator;
    const char *text = s->value.text;
    size_t n = 0;
    for (bool is_last = false; !is_last; n++) {
        const char *end = strchr(text, separator);
        const size_t size = end == NULL ? strlen(text) : (size_t)(end - text);
        const text_view part = text_trim(text, size);
        *bad += f->allowed != NULL && !is_in(f->allowed, part);
        *excluded += f->exclusive != NULL && is_in(f->exclusive, part);
        text += size + 1;
        is_last = end == NULL;
    }
    return n;
}

static bool check_parts(parse *p, const step *s)
{
    size_t bad = 0, excluded = 0;
    char list[256], shown[LOOKUP_SHOWN];
    if (s->field->allowed == NULL && s->field->exclusive == NULL)
        return true;
    const size_t n = count_parts(s, &bad, &excluded);
    if (bad > 0) {
        say_not_allowed(p, s, n == 1);
        return false;
    }
    if (excluded > 1) {
        say(p, s->field, KEDA_SEVERITY_ERROR, "%s names more than one of: %s",
            lookup_show(&s->value, s->field, shown),
            join(s->field->exclusive, list, sizeof list));
        return false;
    }
    /* KEDA: the check splits single values too, so a value that is none of the list passes. */
    if (n > 1 && s->field->allowed != NULL && s->field->kind == KEDA_KIND_STRING)
        say(p, s->field, KEDA_SEVERITY_WARNING, "%s is %zu values where one is expected",
            lookup_show(&s->value, s->field, shown), n);
    return true;
}

static const char *convert_string(const char *text, char **out)
{
    char *copy = mem_strdup(text);
    if (copy == NULL)
        return convert_no_memory;
    *out = copy;
    return NULL;
}

static const char *convert_int32(const char *text, int32_t *out)
{
    int64_t value = 0;
    const char *problem = convert_integer(text, INT32_MIN, INT32_MAX, &value);
    if (problem == NULL)
        *out = (int32_t)value;
    return problem;
}

static const char *convert_choice(const keda_field *field, const char *text, int32_t *out)
{
    for (int32_t i = 0; field->allowed != NULL && field->allowed[i] != NULL; i++)
        if (strcmp(field->allowed[i], text) == 0) {
            *out = i;
            return NULL;
        }
    return "is not one of the values allowed";
}

static const char *convert(const keda_field *field, const char *text, void *member)
{
    const char separator = field->separator == '\0' ? ',' : field->separator;
    const char range[2] = {field->range, '\0'};
    switch ((keda_field_kind)field->kind) {
    case KEDA_KIND_STRING:
        return convert_string(text, member);
    case KEDA_KIND_BOOL:
        return convert_bool(text, member);
    case KEDA_KIND_INT32:
        return convert_int32(text, member);
    case KEDA_KIND_INT64:
        return convert_integer(text, INT64_MIN, INT64_MAX, member);
    case KEDA_KIND_DOUBLE:
        return convert_double(text, member);
    case KEDA_KIND_DURATION:
        return convert_duration(text, member);
    case KEDA_KIND_CHOICE:
        return convert_choice(field, text, member);
    case KEDA_KIND_STRING_LIST:
        return convert_string_list(text, separator, member);
    case KEDA_KIND_INT_LIST:
        return convert_int_list(text, separator, range, member);
    case KEDA_KIND_MAP:
        return convert_map(text, separator, member);
    case KEDA_KIND_URL_VALUES:
        return convert_url_values(text, member);
    case KEDA_KIND_UNSET:
    case KEDA_KIND_GROUP:
        break;
    }
    return "is of a kind this release does not know";
}

static void say_missing(parse *p, const step *s)
{
    char places[256];
    say(p, s->field, KEDA_SEVERITY_ERROR, "is required: %s",
        lookup_places(s->field, places, sizeof places));
}

/* Deprecation, default, absence; true when there is a text to convert. */
static bool settle(parse *p, step *s)
{
    const keda_field *f = s->field;
    if (s->value.text != NULL && f->deprecated != NULL)
        say(p, f, KEDA_SEVERITY_ERROR, "is no longer supported: %s", f->deprecated);
    if (f->deprecated != NULL)
        return false;
    if (s->value.text != NULL) {
        if (f->announced != NULL)
            say(p, f, KEDA_SEVERITY_WARNING, "is deprecated: %s", f->announced);
        return true;
    }
    if (f->fallback != NULL && f->fallback[0] != '\0') {
        if (!lookup_default(f, &s->value))
            p->is_out_of_memory = true;
        return s->value.text != NULL;
    }
    if (!s->is_optional)
        say_missing(p, s);
    return false;
}

static void parse_field(parse *p, step *s)
{
    char shown[LOOKUP_SHOWN];
    if (!lookup_find(s->field, p->sources, &s->value)) {
        p->is_out_of_memory = true;
        return;
    }
    if (settle(p, s) && check_parts(p, s)) {
        const char *problem = convert(s->field, s->value.text, s->member);
        if (problem == convert_no_memory)
            p->is_out_of_memory = true;
        else if (problem != NULL && s->field->kind == KEDA_KIND_CHOICE)
            say_not_allowed(p, s, false);
        else if (problem != NULL)
            say(p, s->field, KEDA_SEVERITY_ERROR, "%s %s",
                lookup_show(&s->value, s->field, shown), problem);
    }
    mem_free_secret(s->value.text);
}

static void parse_table(parse *p, const keda_field *fields, size_t nfields, bool is_optional,
                        char *meta)
{
    for (size_t i = 0; i < nfields; i++) {
        const keda_field field = field_at(fields, p->field_size, i);
        step s = {.field = &field, .member = meta + field.offset};
        s.is_optional =
            is_optional || (field.flags & KEDA_OPTIONAL) != 0 ||
            (p->sources->is_metric_source != 0 && (field.flags & KEDA_TARGET_FIELD) != 0);
        if (field.kind == KEDA_KIND_GROUP)
            parse_table(p, field.group, field.ngroup, s.is_optional, s.member);
        else
            parse_field(p, &s);
    }
}

size_t params_parse(const keda_field *fields, size_t nfields, size_t field_size,
                    const params_sources *sources, void *meta, params_report_fn report,
                    void *user)
{
    parse p = {.sources = sources, .field_size = field_size, .report = report, .user = user};
    parse_table(&p, fields, nfields, false, meta);
    return p.is_out_of_memory ? PARAMS_NO_MEMORY : p.nfailing;
}

static void clear_member(const keda_field *field, void *member)
{
    char **text = member;
    switch ((keda_field_kind)field->kind) {
    case KEDA_KIND_STRING:
        mem_free_secret(*text);
        *text = NULL;
        break;
    case KEDA_KIND_STRING_LIST:
        convert_string_list_clear(member);
        break;
    case KEDA_KIND_INT_LIST:
        convert_int_list_clear(member);
        break;
    case KEDA_KIND_MAP:
    case KEDA_KIND_URL_VALUES:
        map_clear(member);
        break;
    case KEDA_KIND_UNSET:
    case KEDA_KIND_BOOL:
    case KEDA_KIND_INT32:
    case KEDA_KIND_INT64:
    case KEDA_KIND_DOUBLE:
    case KEDA_KIND_DURATION:
    case KEDA_KIND_CHOICE:
    case KEDA_KIND_GROUP:
        break;
    }
}

void params_clear(const keda_field *fields, size_t nfields, size_t field_size, void *meta)
{
    for (size_t i = 0; i < nfields; i++) {
        const keda_field field = field_at(fields, field_size, i);
        void *member = (char *)meta + field.offset;
        if (field.kind == KEDA_KIND_GROUP)
            params_clear(field.group, field.ngroup, field_size, member);
        else
            clear_member(&field, member);
    }
}
