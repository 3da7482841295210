# SPDX-License-Identifier: Apache-2.0
"""Where nothing changes nothing is written: 200 objects, half of them active, polled each second, and
a leader's Lease is all that the audit log shows. KEDA_LIVE_STEADY_SECONDS makes it longer."""

import collections
import os

from bed import elapsed, stays
from cluster import OPERATOR, SCALED_OBJECTS
from documents import deployment, kafka, scaled_deployment

OBJECTS = 200
SECONDS = float(os.environ.get("KEDA_LIVE_STEADY_SECONDS", "20"))


def is_settled(plane, space, active):
    """Each object says what its group's lag demands, and its Deployment has the count."""
    for item in plane.api.get(f"{SCALED_OBJECTS}/namespaces/{space}/scaledobjects")["items"]:
        conditions = {c["type"]: c["status"] for c in item.get("status", {}).get("conditions", [])}
        wanted = "True" if item["metadata"]["name"] in active else "False"
        if (conditions.get("Ready"), conditions.get("Active")) != ("True", wanted):
            return False
    return replicas(plane, space) == {name: int(name in active) for name in replicas(plane, space)}


def replicas(plane, space):
    found = plane.api.get(f"/apis/apps/v1/namespaces/{space}/deployments")
    return {item["metadata"]["name"]: item["spec"]["replicas"] for item in found["items"]}


def test_nothing_is_written_at_steady_state(cluster, space, broker, operator, name):
    plane = cluster
    broker.create_topic(name)
    broker.produce(name, [100])
    names = [f"{name}-{number}" for number in range(OBJECTS)]
    active = set(names[::2])
    broker.commit_all({group: (name, {0: 0 if group in active else 100}) for group in names})
    for group in names:
        plane.api.create(f"/apis/apps/v1/namespaces/{space}/deployments", deployment(group))
        plane.api.create(f"{SCALED_OBJECTS}/namespaces/{space}/scaledobjects", scaled_deployment(
            group, [kafka(broker.address(), group, name)], maxReplicaCount=1))
    daemon = operator(plane, space, "--leader-elect", "--namespace", OPERATOR,
                      "--kube-api-qps", "500", "--kube-api-burst", "500")
    daemon.wait(lambda: is_settled(plane, space, active), "all objects to be settled", timeout=60,
                step=0.5)

    quiet = [plane.audit.mark(), elapsed(3)]

    def has_settled():
        """Three seconds without a write: Events come last."""
        if writes(plane, daemon, quiet[0]):
            quiet[:] = plane.audit.mark(), elapsed(3)
        return quiet[1]()
    daemon.wait(has_settled, "the last Event", timeout=60)

    mark = plane.audit.mark()
    polls = daemon.metrics("keda_scaler_metrics_latency_seconds")
    stays(daemon.is_alive, "kedad", until=elapsed(SECONDS), timeout=SECONDS + 10, step=0.2)
    written = writes(plane, daemon, mark)
    assert written == [], story(plane, space, daemon, written)
    assert is_settled(plane, space, active) and len(polls) >= OBJECTS
    mine = plane.audit.requests(mark, user=daemon.identity.user)
    print(f"{SECONDS:g} s, {OBJECTS} objects: 0 writes, {len(mine)} requests: "
          f"{sorted({(r.verb, r.resource) for r in mine})}")
    assert any(request.resource == "leases" for request in mine), "it was not seen to lead"


def writes(plane, daemon, since):
    return [request for request in plane.audit.writes(since, user=daemon.identity.user)
            if request.resource != "leases"]


def story(plane, space, daemon, written):
    """What was written, and why, as far as Events and the log tell."""
    kinds = collections.Counter((r.verb, r.resource, r.subresource) for r in written)
    first = next((r.name.partition(".")[0] for r in written), "")
    notes = [f"{e['reason']}: {e['note']}" for e in plane.events(space, first)][-10:]
    return "\n".join([f"{kinds}", first, *notes, *daemon.lines[-20:]])
