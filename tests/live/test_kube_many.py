# SPDX-License-Identifier: Apache-2.0
"""Many objects at once: each becomes Ready, each active one's target rises, none is lost, though a
page of the list has expired; deleted at once, each is let go. KEDA_LIVE_MANY says how many."""

import os
import time

from cluster import SCALED_OBJECTS
from door import Answer
from documents import deployment, kafka, scaled_deployment

OBJECTS = int(os.environ.get("KEDA_LIVE_MANY", "600"))  # more than one page of 500
FAST = ["--kube-api-qps", "1000", "--kube-api-burst", "1000"]


def items(plane, path):
    """The list in pages, as it would else be one of megabytes."""
    found, token = [], ""
    while True:
        page = plane.api.request("GET", f"{path}?limit=500&continue={token}")
        found += page["items"]
        token = page["metadata"].get("continue", "")
        if not token:
            return found


def ready(plane, path):
    return {item["metadata"]["name"] for item in items(plane, path)
            if any((c["type"], c["status"]) == ("Ready", "True")
                   for c in item.get("status", {}).get("conditions", []))}


def test_none_of_many_is_lost(cluster, space, broker, operator, door, name):
    plane = cluster
    broker.create_topic(name)
    broker.produce(name, [100])
    busy, idle = f"{name}-busy", f"{name}-idle"
    broker.commit_all({busy: (name, {0: 0}), idle: (name, {0: 100})})
    objects = f"{SCALED_OBJECTS}/namespaces/{space}/scaledobjects"
    targets = f"/apis/apps/v1/namespaces/{space}/statefulsets"
    names = [f"n{number}" for number in range(OBJECTS)]
    for at, each in enumerate(names):
        plane.api.create(targets, deployment(each, kind="StatefulSet"))
        plane.api.create(objects, scaled_deployment(
            each, [kafka(broker.address(), idle if at % 2 else busy, name)], kind="StatefulSet",
            pollingInterval=5, maxReplicaCount=1))
    door.on("scaledobjects.*continue=", Answer(410, "Expired"), times=1)
    began = time.monotonic()
    daemon = operator(plane, space, *FAST, identity=door.identity())
    daemon.wait(lambda: ready(plane, objects) == set(names), "all objects to be Ready", step=1,
                timeout=60 + OBJECTS / 10)
    wanted = {each: (at + 1) % 2 for at, each in enumerate(names)}
    daemon.wait(lambda: {t["metadata"]["name"]: t["spec"]["replicas"] for t in items(plane, targets)}
                == wanted, "each target to have its count", step=1, timeout=60)
    print(f"{OBJECTS} objects in {time.monotonic() - began:.1f} s")
    if OBJECTS > 500:
        assert door.count("scaledobjects.*continue=", status=410) == 1, "no page has expired"

    plane.api.request("DELETE", objects)
    daemon.wait(lambda: items(plane, objects) == [], "all objects to be let go", step=0.5,
                timeout=60 + OBJECTS / 10)
    assert {t["metadata"]["name"]: t["spec"]["replicas"] for t in items(plane, targets)} == wanted
