# SPDX-License-Identifier: Apache-2.0
"""50 messages of lag on 10 partitions, by the HPA's default rules and at its own pace: 0 → 10 in its
steps, consumed, back to 0; an Event for each change, and the columns of `kubectl get so`."""

import time

from documents import deployment, file_of, kafka, scaled_deployment
from programs import Workers

PARTITIONS = 10
CHANGES = {"KEDAScaleTargetActivated", "KEDAScaleTargetDeactivated", "SuccessfulRescale"}


def columns(plane, space, name):
    """The row of `kubectl get so`: a column has its heading's place."""
    head, row = plane.kubectl("get", "so", name, "-n", space).splitlines()
    starts = [at for at, letter in enumerate(head) if letter != " " and (at == 0 or head[at - 1] == " ")]
    ends = [*starts[1:], max(len(head), len(row))]
    return {head[a:b].strip(): row[a:b].strip() for a, b in zip(starts, ends)}


def test_it_steps_up_and_falls_to_zero(cluster, space, counts, broker, operator, consumers, name):
    plane = cluster
    broker.create_topic(name, PARTITIONS)
    broker.commit(name, name, dict.fromkeys(range(PARTITIONS), 0))
    daemon = operator(plane, space)
    plane.apply(file_of(deployment(name), scaled_deployment(
        name, [kafka(broker.address(), name, name)], pollingInterval=1, cooldownPeriod=10,
        maxReplicaCount=10)), space)
    daemon.wait(lambda: plane.is_condition(space, name, "Active", "False"), "Active False")
    shown = columns(plane, space, name)
    assert (shown["READY"], shown["ACTIVE"], shown["MIN"], shown["MAX"]) == ("True", "False", "0", "10")

    began = time.monotonic()
    produced = broker.produce(name, [5] * PARTITIONS)
    # Many times the bar of 1.5 s, which is printed; two polls, and what a busy machine needs.
    daemon.wait(lambda: counts.sequence(name)[-1] > 0, "the first replica", timeout=5, step=0.01)
    first = next(at for count, at in counts.seen[name] if count > 0)
    daemon.wait(lambda: counts.sequence(name)[-1] == 10, "10 replicas", timeout=90)
    daemon.wait(lambda: columns(plane, space, name)["ACTIVE"] == "True", "ACTIVE True")
    shown = columns(plane, space, name)
    assert (shown["READY"], shown["FALLBACK"], shown["PAUSED"]) == ("True", "False", "False")
    assert shown["TRIGGERS"] == "kafka" and shown["SCALETARGETKIND"] == "apps/v1.Deployment"

    stand_in = consumers(plane, space, name, name, name)
    daemon.wait(lambda: broker.unread(name, name) == 0, "all messages to be consumed", timeout=60)
    daemon.wait(lambda: counts.sequence(name)[-1] == 0, "the way back to 0", timeout=60)
    daemon.wait(lambda: columns(plane, space, name)["ACTIVE"] == "False", "ACTIVE False")
    assert columns(plane, space, name)["READY"] == "True"
    assert set(stand_in.done()) == set(produced)
    assert len(Workers(stand_in.out).started()) == 10, "a consumer was stopped and started again"

    steps = counts.sequence(name)
    times = [at for _, at in counts.seen[name]]
    print(f"first replica {first - began:.2f} s after the first message; {steps}, "
          f"{[round(b - a, 1) for a, b in zip(times, times[1:])]} s apart")
    up = steps[:steps.index(10) + 1]
    assert steps == [*up, 0] and up == sorted(up)
    # HPA: without `behavior` at most double, or 4.
    assert all(b <= max(2 * a, 4) for a, b in zip(up, up[1:])), up
    told_in_full(daemon, plane, space, name, steps)


def told_in_full(daemon, plane, space, name, steps):
    """One Event for each change, with both counts or at least the new one."""
    def told():
        return [e for e in plane.events(space, name) if e["reason"] in CHANGES]
    changes = list(zip(steps, steps[1:]))
    daemon.wait(lambda: len(told()) >= len(changes), "an Event for each change")
    events = told()
    assert len(events) == len(changes), [e["note"] for e in events]
    for event, (frm, to) in zip(events, changes):
        reason = ("KEDAScaleTargetActivated" if frm == 0 else
                  "KEDAScaleTargetDeactivated" if to == 0 else "SuccessfulRescale")
        assert (event["reason"], event["type"]) == (reason, "Normal")
        assert str(to) in event["note"], event["note"]
        assert event["regarding"]["kind"] == "ScaledObject"
        print(f"{event['reason']}: {event['note']}")
