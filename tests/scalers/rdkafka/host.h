/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host of a module, played by the test: the functions of keda/scaler.h that the kafka module calls,
 * and polls whose end a test can look at. Time is real, since the client's is.
 */
#ifndef TESTS_RDKAFKA_HOST_H
#define TESTS_RDKAFKA_HOST_H

#include <keda/scaler.h>

struct keda_scaler {
    keda_endpoint *endpoint; /* what the next acquire gives */
    char params[4096];       /* "name=value\n" of the last acquire */
    char log[256];           /* last record */
};

struct keda_endpoint {
    char name[16];
};

struct keda_poll {
    const void *meta;
    void *state;
    keda_scaler *scaler;
    int64_t deadline_ms; /* absolute, of the system clock */
    uint32_t due;
    /* how it ended */
    int ended; /* times */
    bool has_value, has_active, active;
    double value;
    keda_error err;
    keda_endpoint *via;
};

struct keda_spec_list {
    char name[256];
    int64_t target;
    double activation;
    size_t count;
};

/* A poll which has this long. */
keda_poll host_poll(const void *meta, void *state, keda_scaler *scaler, int64_t timeout_ms);

#endif
