/* SPDX-License-Identifier: Apache-2.0 */
/* Pictures (libkeda/simulate/plot*.c). */
#include <criterion/criterion.h>

#include <math.h>
#include <stdio.h>

#include <keda/simulate.h>

#include "base/buf.h"
#include "config/document.h"
#include "simulate/plot.h"
#include "support/rig.h"

static rig r;
static keda_simulation_options options = KEDA_SIMULATION_OPTIONS_INIT;
static keda_error err;

static keda_simulation *ran(const char *triggers, const char *course)
{
    keda_simulation *sim = NULL;

    if (r.engine == NULL) {
        rig_open(&r);
        cr_assert_eq(rig_put(&r, "a", rig_object("a", NULL, triggers)), KEDA_OK, "%s",
                     r.err.text);
    }
    cr_assert_eq(keda_simulation_new(&sim, r.engine, NULL, &options, &err), KEDA_OK);
    cr_assert_eq(keda_simulation_add_generator(sim, course, &err), KEDA_OK, "%s", err.text);
    cr_assert_eq(keda_simulation_run(sim, NULL, NULL, &err), KEDA_OK, "%s", err.text);
    return sim;
}

static keda_buf svg(const keda_simulation *sim, const keda_simulation *other, const char *title)
{
    keda_buf out = {0};
    cr_assert_eq(keda_simulation_plot_svg(sim, other, title, buf_write, &out, &err), KEDA_OK,
                 "%s", err.text);
    return out;
}

/* Elements are closed in the order of their opening; there are no scripts and no references. */
static void expect_sound(const char *text)
{
    size_t depth = 0;

    cr_expect_eq(strncmp(text, "<svg xmlns=", 11), 0);
    for (const char *p = strchr(text, '<'); p != NULL; p = strchr(p + 1, '<')) {
        const char *close = strchr(p, '>');
        cr_assert_neq(close, NULL);
        cr_assert(depth > 0 || p == text, "nothing beside the svg");
        if (p[1] == '/')
            depth--;
        else if (close[-1] != '/')
            depth++;
    }
    cr_expect_eq(depth, 0);
    cr_expect_eq(strstr(text, "<script"), NULL);
    cr_expect_eq(strstr(text, "href"), NULL);
    cr_expect_eq(strstr(text, "nan"), NULL);
    cr_expect_eq(strstr(text, "inf"), NULL);
}

Test(plot, has_the_reasons_of_changes_as_tooltips)
{
    keda_simulation *sim = ran(NULL, "step:from=0,to=50,at=10m");
    keda_buf text = svg(sim, NULL, NULL);

    expect_sound(text.data);
    cr_expect_neq(strstr(text.data, "<title>10m: "), NULL);
    cr_expect_neq(strstr(text.data, "0 -&gt; 4"), NULL);
    cr_expect_neq(strstr(text.data, "prefers-color-scheme:dark"), NULL);
    cr_expect_neq(strstr(text.data, "default/a"), NULL);
    keda_buf_clear(&text);
    keda_simulation_free(sim);
    rig_close(&r);
}

Test(plot, escapes_what_it_is_given)
{
    keda_simulation *sim =
        ran("  - {type: script, name: \"<b>&\", metadata: {source: a}}\n", "constant(5)");
    keda_buf text = svg(sim, NULL, "</svg><script>\"'&\x01\xFF\xC3\xA9");

    expect_sound(text.data);
    cr_expect_neq(strstr(text.data, "&lt;/svg&gt;&lt;script&gt;&quot;'&amp;\xEF\xBF\xBD"
                                    "\xEF\xBF\xBD\xC3\xA9"),
                  NULL);
    cr_expect_neq(strstr(text.data, "&lt;b&gt;&amp;"), NULL);
    keda_buf_clear(&text);
    keda_simulation_free(sim);
    rig_close(&r);
}

Test(plot, is_bounded_and_keeps_the_extremes_of_a_long_run)
{
    options.duration_ms = INT64_C(60) * 86400000;
    keda_simulation *sim = ran(NULL, "burst:base=1,peak=90,every=50m,for=45s");
    keda_buf text = svg(sim, NULL, NULL);

    expect_sound(text.data);
    cr_expect_lt(text.size, 600000, "%zu bytes", text.size);
    for (size_t i = 0; i < TALLY_PARTS; i++) {
        const tally_part *part = &sim->tally.parts[i];
        cr_assert(part->is_used);
        cr_expect_float_eq(part->lag.high, 90, 0, "part %zu", i);
        cr_expect_float_eq(part->lag.low, 1, 0, "part %zu", i);
    }
    keda_buf_clear(&text);
    keda_simulation_free(sim);
    rig_close(&r);
}

Test(plot, draws_two_runs_together)
{
    keda_simulation *sim = ran(NULL, "constant(50)"), *other = ran(NULL, "constant(90)");
    keda_buf text = svg(sim, other, NULL), terminal = {0};

    expect_sound(text.data);
    cr_expect_neq(strstr(text.data, "compared"), NULL);
    cr_assert_eq(keda_simulation_plot_text(sim, other, 80, 0, buf_write, &terminal, &err),
                 KEDA_OK);
    cr_expect_neq(strstr(terminal.data, "replicas, compared"), NULL);
    keda_buf_clear(&text);
    keda_buf_clear(&terminal);
    keda_simulation_free(sim);
    keda_simulation_free(other);
    rig_close(&r);
}

Test(plot, draws_what_was_never_known)
{
    static const char rows[] = "t,s0\n0,\n600,error\n";
    keda_simulation *sim = NULL;
    keda_buf terminal = {0};

    rig_open(&r);
    cr_assert_eq(rig_put(&r, "a", rig_object("a", NULL, NULL)), KEDA_OK);
    cr_assert_eq(keda_simulation_new(&sim, r.engine, NULL, NULL, &err), KEDA_OK);
    cr_assert_eq(keda_simulation_add_trace(sim, "t", rows, sizeof rows - 1, &err), KEDA_OK);
    cr_assert_eq(keda_simulation_run(sim, NULL, NULL, &err), KEDA_OK);
    keda_buf text = svg(sim, NULL, NULL);
    expect_sound(text.data);
    cr_assert_eq(keda_simulation_plot_text(sim, NULL, 80, 0, buf_write, &terminal, &err),
                 KEDA_OK);
    cr_expect_neq(strstr(terminal.data, "????"), NULL);
    keda_buf_clear(&text);
    keda_buf_clear(&terminal);
    keda_simulation_free(sim);
    rig_close(&r);
}

/* ---- the terminal */

static size_t columns_of(const char *line, size_t size)
{
    size_t n = 0;
    for (size_t i = 0; i < size; i++)
        n += ((unsigned char)line[i] & 0xC0u) != 0x80u;
    return n;
}

Test(plot, fits_the_terminal)
{
    static const int32_t widths[] = {40, 80, 120, 400, 1, 100000};
    static const size_t most[] = {40, 80, 120, 400, 40, 400};
    keda_simulation *sim = ran(NULL, "sine:mean=50,amplitude=50,period=20m");

    for (size_t i = 0; i < 6; i++) {
        keda_buf text = {0};
        cr_assert_eq(keda_simulation_plot_text(sim, NULL, widths[i], 0, buf_write, &text, &err),
                     KEDA_OK);
        for (const char *line = text.data; *line != '\0';) {
            const size_t size = strcspn(line, "\n");
            cr_expect_leq(columns_of(line, size), most[i], "%.*s", (int)size, line);
            line += size + 1;
        }
        cr_expect_eq(strchr(text.data, '\x1b'), NULL, "no colour was asked for");
        keda_buf_clear(&text);
    }
    keda_simulation_free(sim);
    rig_close(&r);
}

Test(plot, has_colour_when_asked_for)
{
    keda_simulation *sim = ran(NULL, "constant(50)");
    keda_buf text = {0};

    cr_assert_eq(keda_simulation_plot_text(sim, NULL, 80, 1, buf_write, &text, &err), KEDA_OK);
    cr_expect_neq(strstr(text.data, "\x1b[33m"), NULL);
    keda_buf_clear(&text);
    keda_simulation_free(sim);
    rig_close(&r);
}

static keda_status refuse(const char *bytes, size_t size, void *user)
{
    (void)bytes;
    (void)size;
    (void)user;
    return KEDA_EUNAVAILABLE;
}

Test(plot, returns_what_its_writer_says)
{
    keda_simulation *sim = ran(NULL, "constant(50)");

    cr_expect_eq(keda_simulation_plot_svg(sim, NULL, NULL, refuse, NULL, &err),
                 KEDA_EUNAVAILABLE);
    cr_expect_eq(keda_simulation_plot_text(sim, NULL, 80, 0, refuse, NULL, &err),
                 KEDA_EUNAVAILABLE);
    keda_simulation_free(sim);
    rig_close(&r);
}

/* ---- axes */

Test(plot, has_round_steps_and_short_labels)
{
    static const struct {
        double value;
        const char *text;
    } rows[] = {{0, "0"},       {0.5, "0.5"}, {250, "250"},    {1000, "1k"},
                {1500, "1.5k"}, {2e6, "2M"},  {3.2e9, "3.2G"}, {1e15, "1000T"}};
    char text[32];

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        plot_label(rows[i].value, text, sizeof text);
        cr_expect_str_eq(text, rows[i].text);
    }
    cr_expect_float_eq(plot_step(20, 4, 0), 5, 1e-12);
    cr_expect_float_eq(plot_step(21, 4, 0), 10, 1e-12);
    cr_expect_float_eq(plot_step(0.9, 4, 1), 1, 1e-12);
    cr_expect_eq(plot_time_step(3600000, 10), 600000);
    cr_expect_eq(plot_time_step(604800000, 10), 86400000);
    cr_expect_eq(plot_time_step(INT64_C(3155760000000), 10) % 86400000, 0);
}
