/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists of findings: filling them (the library's side) and reading them (the public side). Each
 * finding is one block of memory with its texts behind it, so that what is borrowed never moves.
 */
#include "findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "mem.h"
#include "text.h"

struct keda_findings {
    keda_finding **items;
    size_t n, capacity;
    size_t nerrors;
    bool is_out_of_memory; /* something is missing: one more error stands behind the others */
};

static const keda_finding out_of_memory = {
    .struct_size = sizeof(keda_finding),
    .severity = KEDA_SEVERITY_ERROR,
    .file = "",
    .path = "",
    .message = "out of memory",
    .object = "",
};

keda_status keda_findings_new(keda_findings **out, keda_error *err)
{
    keda_findings *findings = mem_zalloc(1, sizeof *findings);
    if (findings == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    *out = findings;
    return KEDA_OK;
}

void keda_findings_free(keda_findings *findings)
{
    if (findings == NULL)
        return;
    for (size_t i = 0; i < findings->n; i++)
        mem_free(findings->items[i]);
    mem_free(findings->items);
    mem_free(findings);
}

size_t keda_findings_count(const keda_findings *findings)
{
    return findings == NULL ? 0 : findings->n + (findings->is_out_of_memory ? 1 : 0);
}

size_t keda_findings_errors(const keda_findings *findings)
{
    return findings == NULL ? 0 : findings->nerrors + (findings->is_out_of_memory ? 1 : 0);
}

const keda_finding *keda_findings_at(const keda_findings *findings, size_t i)
{
    if (i >= keda_findings_count(findings))
        return NULL;
    return i < findings->n ? findings->items[i] : &out_of_memory;
}

static const char *or_empty(const char *text)
{
    return text == NULL ? "" : text;
}

static const char *put_text(char **at, const char *text)
{
    const char *start = *at;
    size_t size = strlen(text) + 1;
    memcpy(*at, text, size);
    *at += size;
    return start;
}

static keda_finding *make_finding(keda_severity severity, const findings_place *place,
                                  const char *message)
{
    const char *file = or_empty(place->file);
    const char *path = or_empty(place->path);
    const char *object = or_empty(place->object);
    size_t texts = strlen(file) + strlen(path) + strlen(object) + strlen(message) + 4;
    keda_finding *finding = mem_zalloc(1, sizeof *finding + texts);
    if (finding == NULL)
        return NULL;
    char *at = (char *)(finding + 1);
    finding->struct_size = sizeof *finding;
    finding->severity = (int32_t)severity;
    finding->line = place->line;
    finding->column = place->column;
    finding->file = put_text(&at, file);
    finding->path = put_text(&at, path);
    finding->object = put_text(&at, object);
    finding->message = put_text(&at, message);
    return finding;
}

static keda_status append(keda_findings *findings, keda_finding *take_finding)
{
    void *items = findings->items;
    if (take_finding == NULL || mem_grow(&items, &findings->capacity, findings->n,
                                         sizeof *findings->items, NULL) != KEDA_OK)
        return KEDA_ENOMEM;
    findings->items = items;
    findings->items[findings->n++] = take_finding;
    if (take_finding->severity == KEDA_SEVERITY_ERROR)
        findings->nerrors++;
    return KEDA_OK;
}

void findings_add(keda_findings *findings, keda_severity severity, const findings_place *place,
                  const char *format, ...)
{
    if (findings == NULL)
        return;
    const findings_place nowhere = {0};
    keda_buf message = {0};
    keda_finding *finding = NULL;
    va_list args;
    va_start(args, format);
    if (buf_vprintf(&message, format, args) == KEDA_OK)
        finding = make_finding(severity, place == NULL ? &nowhere : place, message.data);
    va_end(args);
    if (append(findings, finding) != KEDA_OK) {
        mem_free(finding);
        findings->is_out_of_memory = true;
    }
    keda_buf_clear(&message);
}

keda_status findings_first_error(const keda_findings *findings, keda_error *err)
{
    if (keda_findings_errors(findings) == 0)
        return KEDA_OK;
    if (findings->is_out_of_memory)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    size_t i = 0;
    while (findings->items[i]->severity != KEDA_SEVERITY_ERROR)
        i++;
    const keda_finding *f = findings->items[i];
    char place[16] = "";
    if (f->line > 0)
        (void)snprintf(place, sizeof place, ":%d", (int)f->line);
    keda_error_set(err, KEDA_EINVAL, "%s%s%s%s%s%s", f->file, place,
                   f->file[0] != '\0' || f->line > 0 ? ": " : "", f->path,
                   f->path[0] != '\0' ? ": " : "", f->message);
    if (err != NULL) {
        err->line = f->line;
        err->column = f->column;
    }
    return KEDA_EINVAL;
}

static keda_status print_line(keda_buf *line, const keda_finding *f)
{
    keda_status rc = buf_puts(line, f->file);
    if (rc == KEDA_OK && f->line > 0)
        rc = buf_printf(line, ":%d", (int)f->line);
    if (rc == KEDA_OK && f->line > 0 && f->column > 0)
        rc = buf_printf(line, ":%d", (int)f->column);
    if (rc == KEDA_OK)
        rc = buf_printf(line, "%s%s: ", line->size > 0 ? ": " : "",
                        f->severity == KEDA_SEVERITY_WARNING ? "warning" : "error");
    if (rc == KEDA_OK && f->path[0] != '\0')
        rc = buf_printf(line, "%s: ", f->path);
    return rc == KEDA_OK ? buf_puts(line, f->message) : rc;
}

keda_status keda_findings_print(const keda_findings *findings, size_t i, keda_write_fn write,
                                void *user, keda_error *err)
{
    const keda_finding *finding = keda_findings_at(findings, i);
    if (finding == NULL)
        return keda_error_set(err, KEDA_EINVAL, "there is no finding %zu", i);
    keda_buf line = {0};
    keda_status rc = print_line(&line, finding);
    if (rc != KEDA_OK)
        keda_error_set(err, rc, "out of memory");
    else if ((rc = write(line.data, line.size, user)) != KEDA_OK)
        keda_error_set(err, rc, "the findings could not be written");
    keda_buf_clear(&line);
    return rc;
}
