/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client's side of events that wait. For client.c.
 */
#ifndef KUBE_EVENT_H
#define KUBE_EVENT_H

#include "kube/kube.h"

/* Drops what waits; before the queue goes. NULL is fine. */
void kube_events_free(kube_events *events);

/* Gives up all that wait or are on their way, for one who may not write any more; they count as dropped. */
void kube_drop_events(keda_kube *kube);

#endif
