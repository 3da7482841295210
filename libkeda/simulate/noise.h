/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Randomness by place: the same seed and number give the same value, whoever asks first. Simulation
 * alone uses it; jitter comes from base/clock.h.
 */
#ifndef SIMULATE_NOISE_H
#define SIMULATE_NOISE_H

#include <stdint.h>

/* Events in an interval in which `mean` are expected; mean >= 0. */
double noise_poisson(uint64_t seed, uint64_t number, double mean);

#endif
