/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text format's own rules: escapes, number forms, line ends.
 */
#include "observe/prometheus.h"

#include "base/num.h"

#include <math.h>
#include <string.h>

void prom_init(prom_writer *w, keda_write_fn write, void *user)
{
    *w = (prom_writer){.write = write, .user = user};
}

static void put(prom_writer *w, const char *bytes, size_t size)
{
    if (w->status == KEDA_OK && size > 0)
        w->status = w->write(bytes, size, w->user);
}

static void put_text(prom_writer *w, const char *text)
{
    put(w, text, strlen(text));
}

/* Backslash and line end everywhere, the quote in label values only. */
static void put_escaped(prom_writer *w, const char *text, const char *special)
{
    while (*text != '\0') {
        const size_t plain = strcspn(text, special);
        put(w, text, plain);
        text += plain;
        if (*text == '\0')
            return;
        put_text(w, *text == '\n' ? "\\n" : *text == '"' ? "\\\"" : "\\\\");
        text++;
    }
}

void prom_family(prom_writer *w, const char *name, const char *type, const char *help)
{
    w->family = name;
    put_text(w, "# HELP ");
    put_text(w, name);
    put_text(w, " ");
    put_escaped(w, help, "\\\n");
    put_text(w, "\n# TYPE ");
    put_text(w, name);
    put_text(w, " ");
    put_text(w, type);
    put_text(w, "\n");
}

static void put_number(prom_writer *w, double value)
{
    char text[40];

    if (isnan(value))
        put_text(w, "NaN");
    else if (isinf(value))
        put_text(w, value > 0 ? "+Inf" : "-Inf");
    else
        put(w, text, num_format_double(value, text, sizeof text));
}

void prom_sample(prom_writer *w, const prom_label *labels, size_t nlabels, double value)
{
    put_text(w, w->family);
    for (size_t i = 0; i < nlabels; i++) {
        put_text(w, i == 0 ? "{" : ",");
        put_text(w, labels[i].name);
        put_text(w, "=\"");
        put_escaped(w, labels[i].value == NULL ? "" : labels[i].value, "\\\n\"");
        put_text(w, "\"");
    }
    put_text(w, nlabels > 0 ? "} " : " ");
    put_number(w, value);
    put_text(w, "\n");
}

keda_status prom_end(const prom_writer *w, keda_error *err)
{
    if (w->status != KEDA_OK)
        return keda_error_set(err, w->status, "the metrics could not be written");
    return KEDA_OK;
}
