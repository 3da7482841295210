/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts of conditions: kept short and in UTF-8, and compared without what moves from poll to poll, so that
 * an outage is written once and not with every attempt.
 */
#ifndef OPERATOR_MESSAGE_H
#define OPERATOR_MESSAGE_H

#include <stdbool.h>

#include <keda/json.h>

enum { MESSAGE_SIZE = 1024 };

/* Appends a text; what is no UTF-8 becomes '?'. Errors: KEDA_ENOMEM. */
keda_status message_append(keda_buf *out, const char *text);
/* Cuts at MESSAGE_SIZE, at the end of a character. */
void message_cut(keda_buf *out);
/* Equal apart from durations, byte counts, and a client's "(after 3ms in state CONNECT, ...)" and
 * addresses it tries in turn. NULL is "". */
bool message_is_same(const char *a, const char *b);

/* Annotations that pause, as KEDA reads them. */
bool message_is_flag_set(const keda_json *object, const char *annotation);
bool message_is_fully_paused(const keda_json *object);
/* Count of paused-replicas; -1: not set, or no count. */
int32_t message_paused_replicas(const keda_json *object);
/* What is paused, in words; those of a pause of one direction begin with MESSAGE_ONE_WAY. */
#define MESSAGE_ONE_WAY "scale-"
keda_status message_of_pause(keda_buf *out, const keda_json *object);

/* A condition of a status by its type; NULL when there is none. */
const keda_json *message_condition(const keda_json *status, const char *type);

#endif
