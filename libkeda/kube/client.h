/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making a client where the test says what the environment is.
 */
#ifndef KUBE_CLIENT_H
#define KUBE_CLIENT_H

#include "kube/identity.h"

/* kube_new; places: borrowed for the call. */
keda_status kube_new_at(keda_kube **out, loop *l, const keda_kube_options *opts,
                        const kube_places *places, keda_error *err);

#endif
