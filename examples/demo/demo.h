/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The demo: a Kafka broker inside this process, a producer with a burst, libkeda's engine, and real
 * worker processes that consume. What the parts share; main.c puts them together.
 */
#ifndef DEMO_H
#define DEMO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define DEMO_TOPIC        "my-topic"
#define DEMO_GROUP        "my-consumer-group"
#define DEMO_PARTITIONS   10
#define DEMO_MAX_REPLICAS 10
#define DEMO_MESSAGES     420
#define DEMO_TEXT         160

/* ---- broker.c: the embedded broker and the producer */
typedef struct broker broker;
broker *broker_open(char *error, size_t size);
const char *broker_address(const broker *b);
/* Queues messages so that all of the plan up to elapsed_ms are produced; ids count from 0. */
int broker_produce(broker *b, int64_t elapsed_ms, char *error, size_t size);
int broker_produced(const broker *b);
int64_t broker_plan_ms(void); /* when the plan ends */
void broker_close(broker *b);

/* ---- worker.c: `keda-demo --worker ADDRESS REPORT`: consume, work, commit, report */
int worker_main(const char *address, const char *report_path);

/* ---- report.c: where workers tell which message they have processed */
typedef struct report {
    int fd;
    char path[108];
    uint8_t *seen; /* times each id was processed */
    int nids, distinct, duplicates;
} report;
bool report_open(report *r, const char *folder, int nids);
void report_read(report *r); /* all that has arrived */
void report_close(report *r);
int report_send(const char *path, int id); /* the worker's side; 0 when delivered */

/* ---- story.c: what happened, for the view and the picture */
typedef struct story_point {
    int64_t at_ms;
    double lag; /* negative: unknown */
    int replicas;
} story_point;
typedef struct story_mark {
    int64_t at_ms;
    int from, to;
    char why[DEMO_TEXT];
} story_mark;
typedef struct story {
    story_point *points;
    size_t npoints, points_capacity;
    story_mark *marks;
    size_t nmarks, marks_capacity;
    int peak;
    double peak_lag;
} story;
bool story_point_add(story *s, int64_t at_ms, double lag, int replicas);
bool story_mark_add(story *s, int64_t at_ms, int from, int to, const char *why);
void story_clear(story *s);

/* ---- view.c: the terminal */
typedef struct view {
    FILE *out;
    bool is_live; /* redraw in place */
    bool has_color;
    int lines; /* drawn last time */
} view;
typedef struct view_now {
    int64_t elapsed_ms;
    int produced, processed, replicas, ready;
    double lag;
} view_now;
void view_open(view *v, FILE *out);
void view_draw(view *v, const story *s, const view_now *now);
void view_line(view *v, const char *text); /* a plain line; not drawn on a live view */
void view_close(view *v);

/* ---- svg.c */
bool svg_write(const story *s, const char *path, const char *title);

#endif
