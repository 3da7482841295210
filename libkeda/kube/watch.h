/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A followed collection as its three files share it: watch.c, which opens, closes and goes on after
 * failures; watch_list.c, the pages; watch_stream.c, the events. At any time a watch has one request under
 * way or its timer set.
 */
#ifndef KUBE_WATCH_H
#define KUBE_WATCH_H

#include "kube/kube.h"
#include "kube/watch_event.h"
#include "kube/watch_path.h"

#include "base/clock.h"

enum { WATCH_MIN_LASTING_MS = 1000 };

struct keda_kube_watch {
    keda_kube *kube;
    keda_kube_watch_options opts; /* texts are ours */
    keda_kube_call *call;         /* NULL: waits for the timer */
    loop_timer again;
    loop_after soon; /* lines wait to be read */
    clock_random random;
    /* the list */
    bool is_listing;
    char *token;   /* of the next page; NULL: the first */
    int32_t limit; /* of a page; less after one that was too long */
    char *version; /* where the watch goes on; NULL before the first list */
    /* the stream */
    watch_lines lines;
    bool is_open, has_spoken; /* its head came; an event came */
    int64_t asked_ms, heard_ms;
    /* how it goes */
    int32_t failures;             /* in a row */
    int32_t told_code, told_http; /* the trouble the caller knows; 0: none */
    int32_t busy;                 /* callbacks further up; it is freed by the last */
    bool is_closed;
};

/* ---- watch.c */

int64_t watch_now_ms(const keda_kube_watch *w);
watch_scope watch_scope_of(const keda_kube_watch *w);

/* Around whatever may call back: a watch that is closed meanwhile is freed by the last to leave. */
void watch_enter(keda_kube_watch *w);
void watch_leave(keda_kube_watch *w);

/* Replaces a text of the watch; NULL: none. Errors: KEDA_ENOMEM. */
keda_status watch_set_text(char **out, const char *text, keda_error *err);
void watch_list_anew(keda_kube_watch *w); /* the next question is for a first page */
void watch_tell_well(keda_kube_watch *w);

/* Lists or watches, as is due: now for a delay of 0 or less. A closed watch does nothing. */
void watch_proceed_after(keda_kube_watch *w, int64_t delay_ms);
/* Counts a failure; the delay after it. */
int64_t watch_back_off_ms(keda_kube_watch *w, const keda_error *err);
/* Until a second since the last question has passed: never two within it, however well they end. */
int64_t watch_breath_ms(const keda_kube_watch *w);
/* The server does not know that version or token any more. */
bool watch_is_gone(const keda_error *err);
/* Tells the trouble and goes on after a while. */
void watch_fail(keda_kube_watch *w, const keda_error *err);

/* ---- watch_list.c, watch_stream.c: send what is asked next */
keda_status watch_ask_page(keda_kube_watch *w, keda_error *err);
keda_status watch_ask_stream(keda_kube_watch *w, keda_error *err);

#endif
