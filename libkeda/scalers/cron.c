/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cron trigger: so many replicas from each start to the next end, none otherwise (spec:
 * scalers-core 8). Schedules and time zones are lang's.
 */
#include "cron.h"

#include <string.h>

#include "lang/metric_name.h"

/* An answer that stays right from `since_s` up to, not including, `until_s`. */
typedef struct cron_state {
    keda_scaler *self;
    int64_t since_s, until_s;
    bool is_active, is_warned;
} cron_state;

/* clang-format off */
static const keda_field fields[] = {
    KEDA_FIELD_STRING(struct cron_meta, timezone, .name = "timezone",
        .help = "Time zone of the schedules, such as Europe/Berlin or UTC."),
    KEDA_FIELD_STRING(struct cron_meta, start, .name = "start",
        .help = "When the replicas are needed: minute, hour, day of month, month and day of week."),
    KEDA_FIELD_STRING(struct cron_meta, end, .name = "end",
        .help = "When they no longer are, written like start and not the same text."),
    KEDA_FIELD_INT64(struct cron_meta, desired, .name = "desiredReplicas",
        .help = "Replicas from a start to the next end; not zero."),
};
/* clang-format on */

static keda_status read_schedule(cron_schedule *out, const char *name, const char *text,
                                 keda_error *err)
{
    const keda_status rc = cron_parse(out, text, err);
    return rc == KEDA_OK ? rc : keda_error_wrap(err, rc, "%s", name);
}

static keda_status check(const void *meta, keda_error *err, void *user)
{
    const cron_meta *m = meta;
    cron_schedule start = {0}, end = {0};
    keda_status rc;

    (void)user;
    if (m->desired == 0)
        return keda_error_set(err, KEDA_EINVAL, "desiredReplicas: must not be 0");
    if (strcmp(m->start, m->end) == 0)
        return keda_error_set(err, KEDA_EINVAL, "start and end must differ");
    rc = read_schedule(&start, "start", m->start, err);
    if (rc == KEDA_OK)
        rc = read_schedule(&end, "end", m->end, err);
    cron_clear(&start);
    cron_clear(&end);
    return rc;
}

static keda_status specs(const void *meta, keda_spec_list *out, keda_error *err, void *user)
{
    const cron_meta *m = meta;
    keda_buf name = {0};
    keda_status rc = metric_name_cron(&name, m->timezone, m->start, m->end);

    (void)user;
    if (rc == KEDA_OK)
        rc = keda_spec_add_integer(out, 1, 0, err, "%s", name.data);
    else
        (void)keda_error_set(err, rc, "out of memory");
    keda_buf_clear(&name);
    return rc;
}

static keda_status open_instance(void *state, const void *meta, keda_scaler *self,
                                 keda_error *err, void *user)
{
    const cron_meta *m = meta;
    cron_state *s = state;

    (void)err;
    (void)user;
    s->self = self;
    if (m->desired < 0)
        keda_scaler_log(self, KEDA_LOG_WARN, "desiredReplicas: less than 0 counts as 0");
    return KEDA_OK;
}

/* Everything is read again each time: files of time zones change while a process lives. */
keda_status cron_window_at(cron_window *out, const cron_meta *meta, int64_t now_s,
                           keda_error *err)
{
    cron_schedule start = {0}, end = {0};
    tz_zone *zone = NULL;
    keda_status rc;

    if ((rc = tz_open(&zone, meta->timezone, err)) != KEDA_OK)
        return rc;
    if ((rc = read_schedule(&start, "start", meta->start, err)) != KEDA_OK)
        goto out;
    if ((rc = read_schedule(&end, "end", meta->end, err)) != KEDA_OK)
        goto out;
    out->start = cron_next(&start, zone, now_s);
    out->end = cron_next(&end, zone, now_s);
    out->is_active = cron_is_active(now_s, out->start, out->end);
out:
    cron_clear(&end);
    cron_clear(&start);
    tz_free(zone);
    return rc;
}

/* What never fires is asked again a day later: its time may come. */
static int64_t until_of(const cron_window *window, int64_t now_s)
{
    int64_t until_s = now_s + INT64_C(86400);

    if (window->start.is_known && window->start.at_s < until_s)
        until_s = window->start.at_s;
    if (window->end.is_known && window->end.at_s < until_s)
        until_s = window->end.at_s;
    return until_s;
}

static void warn_once(cron_state *s, const cron_window *window)
{
    if (s->is_warned || (window->start.is_known && window->end.is_known))
        return;
    s->is_warned = true;
    keda_scaler_log(s->self, KEDA_LOG_WARN, "%s: does not fire within five years, so it is %s",
                    window->start.is_known ? "end" : "start",
                    window->is_active ? "always active" : "never active");
}

static keda_status refresh(cron_state *s, const cron_meta *m, int64_t now_s, keda_error *err)
{
    cron_window window = {.is_active = false};
    const keda_status rc = cron_window_at(&window, m, now_s, err);

    if (rc != KEDA_OK)
        return rc;
    s->since_s = now_s;
    s->until_s = until_of(&window, now_s);
    s->is_active = window.is_active;
    warn_once(s, &window);
    return KEDA_OK;
}

static int64_t floor_seconds(int64_t ms)
{
    return ms / 1000 - (ms % 1000 < 0 ? 1 : 0);
}

/* The engine compares nothing: whoever is active says so (KEDA: activity is the window's). */
static void ask(void *state, const void *meta, keda_poll *poll, void *user)
{
    cron_state *s = state;
    const cron_meta *m = meta;
    const int64_t now_s = floor_seconds(keda_poll_wall_ms(poll));
    keda_error err = KEDA_ERROR_INIT;

    (void)user;
    if ((now_s < s->since_s || now_s >= s->until_s) && refresh(s, m, now_s, &err) != KEDA_OK) {
        keda_poll_fail(poll, &err);
        return;
    }
    keda_poll_value(poll, 0, s->is_active ? (double)m->desired : 0.0);
    keda_poll_active(poll, s->is_active);
    keda_poll_done(poll);
}

const keda_scaler_desc keda_scaler_cron = {
    .struct_size = sizeof(keda_scaler_desc),
    .type = "cron",
    .summary =
        "A number of replicas between a start and an end, by the calendar of a time zone.",
    .metrics_name = "cronScaler",
    .fields = fields,
    .nfields = sizeof fields / sizeof fields[0],
    .field_size = sizeof(keda_field),
    .meta_size = sizeof(cron_meta),
    .state_size = sizeof(cron_state),
    .specs = specs,
    .poll = ask,
    .check = check,
    .open = open_instance,
};
