/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which Jobs of a ScaledJob are pending, and which finished ones are beyond its history limits (KEDA:
 * counting Jobs, history clean-up).
 */
#include <keda/job.h>

#include <stdbool.h>
#include <string.h>

static bool has_condition(const keda_job_pod *pod, const char *type)
{
    for (size_t i = 0; i < pod->nconditions; i++)
        if (strcmp(pod->conditions[i], type) == 0)
            return true;
    return false;
}

static bool is_listed_before(const char *const *wanted, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (strcmp(wanted[j], wanted[i]) == 0)
            return true;
    return false;
}

/* KEDA compares the number of different types with the length of the list, so that one which is listed
 * twice is never fulfilled. */
static bool fulfils(const keda_job_pod *pod, const char *const *wanted, size_t nwanted)
{
    for (size_t i = 0; i < nwanted; i++)
        if (is_listed_before(wanted, i) || !has_condition(pod, wanted[i]))
            return false;
    return true;
}

int32_t keda_job_is_pending(const char *const *wanted, size_t nwanted, const keda_job_pod *pods,
                            size_t npods, size_t pod_size)
{
    for (size_t i = 0; i < npods; i++) {
        const keda_job_pod *pod = (const void *)((const char *)pods + i * pod_size);
        if (nwanted == 0 ? pod->is_at_work != 0 : fulfils(pod, wanted, nwanted))
            return 0;
    }
    return 1;
}

/* Of two that were finished at the same time, the first of the list is the older one. */
static bool is_older(const int64_t *finished_ms, size_t a, size_t b)
{
    const int64_t at = finished_ms[a], other_at = finished_ms[b];

    return at < other_at || (at == other_at && a < b);
}

void keda_job_history(const int64_t *finished_ms, size_t njobs, int32_t limit, uint8_t *out)
{
    const size_t kept = limit > 0 ? (size_t)limit : 0;

    for (size_t i = 0; i < njobs; i++) {
        size_t newer = 0;
        for (size_t j = 0; j < njobs; j++)
            newer += is_older(finished_ms, i, j) ? 1 : 0;
        out[i] = newer >= kept ? 1 : 0;
    }
}
