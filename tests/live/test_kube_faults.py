# SPDX-License-Identifier: Apache-2.0
"""What goes wrong between kedad, the API server, the target and the broker, while 7 replicas run whose
policy would let them fall at once: nothing is scaled because of a fault, and work goes on by itself
after it. KEDA_LIVE_OUTAGE_SECONDS says how long the API server is gone."""

import json
import os
import re

import pytest

from bed import elapsed, stays
from cluster import (ACCOUNT, OPERATOR, SCALED_OBJECTS, ReplicaWatch, scaled_object_path,
                     workload_path)
from documents import AT_ONCE, SYNC_EACH_SECOND, deployment, file_of, kafka, scaled_deployment
from door import Answer, Close, Silence

OUTAGE = float(os.environ.get("KEDA_LIVE_OUTAGE_SECONDS", "10"))
FAR = "autoscaling.keda.sh/far"  # an annotation of nobody


class Bench:
    """A Deployment whose replicas follow a lag that the test sets, on one control plane."""

    def __init__(self, plane, broker, name, make, **spec):
        self.plane, self.broker, self.name = plane, broker, name
        self.space = plane.make_space()
        broker.create_topic(name, 10)
        broker.produce(name, [10] * 10)
        self.set_lag(35)
        self.documents = [deployment(name), scaled_deployment(
            name, [kafka(broker.address(), name, name)], cooldownPeriod=1,
            annotations=SYNC_EACH_SECOND, advanced=AT_ONCE, **spec)]
        self.apply()
        self.counts = ReplicaWatch(plane.api, self.space)
        self.daemon = make(self)
        self.expect(7)

    def apply(self):
        self.plane.apply(file_of(*self.documents), self.space)

    def set_lag(self, lag):
        done = 100 - lag
        self.broker.commit(self.name, self.name, {p: (done + p) // 10 for p in range(10)})

    def expect(self, replicas, timeout=30):
        """The lag demands so many replicas, and they come."""
        self.set_lag(5 * replicas)
        self.daemon.wait(lambda: self.replicas() == replicas, f"{replicas} replicas", timeout)

    def replicas(self):
        return self.plane.replicas(self.space, self.name)

    def moved(self, *counts):
        """The watch has seen these counts in this order and no others."""
        self.daemon.wait(lambda: self.counts.sequence(self.name)[-1] == self.replicas(),
                         "the watch to have seen the last count")
        assert self.counts.sequence(self.name) == list(counts)

    def works(self):
        """Whatever the count, it can be raised and lowered."""
        here = self.replicas()
        self.expect(here + 1 if here < 9 else here - 1)
        self.expect(7)
        self.daemon.wait(lambda: self.condition("Ready").get("status") == "True", "Ready True")

    def condition(self, kind):
        return self.plane.condition(self.space, self.name, kind)

    def touch(self, value):
        """A change of the Deployment that is none of kedad's business, in a line of 50 kB."""
        self.plane.api.patch(workload_path(self.space, self.name),
                             {"metadata": {"annotations": {FAR: value * 50000}}})

    def close(self):
        self.daemon.stop()  # before its objects are let go in its place
        self.counts.close()
        self.plane.drop_space(self.space)


@pytest.fixture
def bench(broker, operator, name):
    made = []

    def build(plane, *flags, broker=broker, identity=None, **spec):
        made.append(Bench(plane, broker, name, lambda b: operator(
            plane, b.space, *flags, identity=identity), **spec))
        return made[-1]
    yield build
    for each in made:
        each.close()


# -- through the door ----------------------------------------------------------------------------


SCALE, WATCH = "/scale$", "watch="

REFUSALS = {
    "429": Answer(429, "TooManyRequests", {"Retry-After": "1"}),
    "500": Answer(500, "InternalError"),
    "503": Answer(503, "ServiceUnavailable", {"Retry-After": "1"}),
    "a page of a proxy": Answer(502, text="<html>Bad Gateway</html>",
                                headers={"Content-Type": "text/html"}),
    "no answer": Close(),
}


def test_refused_and_broken_writes(cluster, bench, door):
    """Each kind of refusal meets two writes of replicas; the count comes all the same."""
    rig = bench(cluster, identity=door.identity())
    for at, (what, fault) in enumerate(REFUSALS.items()):
        door.on(SCALE, fault, times=2, methods="PATCH PUT")
        seen = len(door.seen)
        rig.expect(8 if at % 2 == 0 else 7)
        rig.daemon.wait(lambda n=seen: len(writes(door, n)) >= 3, f"{what}: a third write")
        door.well()
    rig.moved(0, 7, 8, 7, 8, 7, 8)
    rig.works()


def writes(door, since):
    return [s for s in door.seen[since:] if s.method != "GET" and re.search(SCALE, s.path)]


def test_a_lost_race(cluster, bench, door):
    """Somebody changes the Deployment between kedad's look and its write: a real 409, another look."""
    rig = bench(cluster, identity=door.identity())
    raced = []

    def race(method, path):
        if method in ("PATCH", "PUT") and re.search(SCALE, path) and len(raced) < 2:
            raced.append(path)
            rig.touch("r")
    door.fault = race
    rig.expect(8)
    assert len(raced) == 2 and door.count(SCALE, "PATCH", 409) >= 1
    rig.moved(0, 7, 8)
    rig.plane.kubectl("scale", "deployment", rig.name, "--replicas=3", "-n", rig.space)
    rig.daemon.wait(lambda: rig.replicas() == 8, "8 replicas again")
    assert rig.condition("Ready")["status"] == "True"


def test_watches_that_end_badly(cluster, bench, door):
    """Cut in the middle of a line, closed, too old (both ways of saying it), answered with rubbish:
    the counts are known again each time."""
    rig = bench(cluster, identity=door.identity())
    gone = json.dumps({"type": "ERROR", "object": json.loads(Answer(410, "Expired").text)}) + "\n"
    for number, fault in enumerate([None, Answer(410, "Expired"), Answer(200, text=gone), Close(),
                                    Answer(200, text="{]\n"), Answer(500, "InternalError")]):
        door.cut_watches(after=20000)
        rig.touch("abcdef"[number])  # 50 kB in one line, of which 20 pass
        if fault is not None:
            door.on(WATCH, fault, times=3)
            door.close_streams()
        # Known only by a watch: kedad reads /scale of no kind that can be watched.
        rig.plane.scale(rig.space, rig.name, 3)
        rig.daemon.wait(lambda: rig.replicas() == 7, f"7 replicas again after {fault}")
    door.well()
    rig.works()
    assert rig.counts.sequence(rig.name)[:13] == [0] + [7, 3] * 6


def test_an_api_server_that_is_silent(cluster, bench, door):
    """Connections stand and nothing comes: the triggers are asked on, and the count comes later."""
    rig = bench(cluster, identity=door.identity())
    door.fault = lambda method, path: Silence()
    door.close_streams()
    rig.set_lag(40)
    asked = len(door.seen)
    enough = elapsed(4)
    stays(lambda: rig.daemon.is_alive() and rig.replicas() == 7, "7 replicas", until=enough)
    assert len(door.seen) == asked
    door.well()
    rig.expect(8)
    rig.works()


# -- credentials and rights -------------------------------------------------------------------------


def test_a_rotated_token(cluster, bench, tmp_path):
    """The token's Secret goes, so the server says 401; the new one is in the file and is found."""
    plane = cluster
    secrets = f"/api/v1/namespaces/{OPERATOR}/secrets"
    secret = plane.api.create(secrets, {"metadata": {"generateName": "bound-"}})["metadata"]
    file = tmp_path / "token"
    identity = plane.identity(token=plane.token(secret=secret), token_file=file)
    rig = bench(plane, identity=identity)
    mark = plane.audit.mark()
    plane.api.delete(f"{secrets}/{secret['name']}")

    def refused():
        """A token is believed for 10 s after it was last looked at."""
        rig.set_lag(45 if rig.replicas() == 7 else 35)
        return plane.audit.requests(mark, code=401)
    rig.daemon.wait(refused, "a 401", timeout=30, step=1.5)
    before = rig.replicas()
    rig.set_lag(5 * before)
    stays(lambda: rig.replicas() == before, f"{before} replicas", until=elapsed(2))
    file.write_text(plane.token())
    rig.works()
    assert rig.condition("Ready")["status"] == "True"


def test_rights_taken_and_given_back(mortal_plane, bench):
    """403 for everything: no count moves, and no restart is needed when the rights are back."""
    plane = mortal_plane
    rig = bench(plane)
    binding = f"/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/{ACCOUNT}"
    mark = plane.audit.mark()
    plane.api.delete(binding)
    rig.set_lag(40)
    mine = rig.daemon.identity.user
    rig.daemon.wait(lambda: plane.audit.requests(mark, user=mine, code=403), "a 403")
    stays(lambda: rig.replicas() == 7, "7 replicas", until=elapsed(2))
    plane.apply_product()
    rig.expect(8)
    rig.works()


# -- the API server goes ---------------------------------------------------------------------------


def test_the_api_server_is_gone_for_a_while(mortal_plane, bench):
    """Killed, and back on the same port; its watch cache is new, so old watches are too old for it."""
    plane = mortal_plane
    rig = bench(plane)
    plane.kill_api()
    rig.set_lag(40)
    stays(rig.daemon.is_alive, "kedad", until=elapsed(OUTAGE), timeout=OUTAGE + 10)
    assert rig.daemon.errors(rig.name) == 0, "the trigger is not to be blamed"
    plane.start_api()
    assert rig.replicas() in (7, 8)
    rig.expect(8)
    rig.moved(0, 7, 8)
    rig.works()
    assert plane.events(rig.space, rig.name, "KEDAScalerFailed") == []


def test_a_start_without_the_api_server(mortal_plane, bench):
    """kedad comes first and waits."""
    plane = mortal_plane
    rig = bench(plane)
    assert rig.daemon.terminate() == 0
    plane.kill_api()
    rig.set_lag(40)
    rig.daemon.launch()
    stays(rig.daemon.is_alive, "kedad", until=elapsed(2))
    plane.start_api()
    rig.daemon.wait(lambda: rig.replicas() == 8, "8 replicas", timeout=60)
    rig.moved(0, 7, 8)


# -- objects that come and go --------------------------------------------------------------------------


def test_a_target_deleted_and_made_again(cluster, bench):
    rig = bench(cluster)
    rig.plane.kubectl("delete", "deployment", rig.name, "-n", rig.space)
    rig.daemon.wait(lambda: rig.condition("Ready").get("status") == "False", "Ready False")
    assert rig.name in rig.condition("Ready")["message"] or "found" in rig.condition("Ready")["message"]
    rig.apply()
    rig.daemon.wait(lambda: rig.replicas() == 7, "7 replicas of the new one")
    rig.works()


def test_the_definition_deleted_and_made_again(mortal_plane, bench):
    """The objects go with it, and their targets stay as they are."""
    plane = mortal_plane
    rig = bench(plane)
    plane.kubectl("delete", "crd", "scaledobjects.keda.sh", timeout=90)
    assert plane.api.get(f"{SCALED_OBJECTS}/namespaces/{rig.space}/scaledobjects") is None
    rig.set_lag(40)
    stays(lambda: rig.replicas() == 7 and rig.daemon.is_alive(), "7 replicas", until=elapsed(2))
    plane.apply_product()
    rig.documents = rig.documents[1:]
    rig.apply()
    rig.daemon.wait(lambda: rig.replicas() == 8, "8 replicas", timeout=60)
    rig.works()


def test_an_object_deleted_and_made_again(cluster, bench):
    """Its target keeps the count; what was known of the old object is not the new one's."""
    rig = bench(cluster)
    rig.plane.kubectl("delete", "so", rig.name, "-n", rig.space)
    assert rig.plane.scaled_object(rig.space, rig.name) is None
    rig.set_lag(40)
    stays(lambda: rig.replicas() == 7, "7 replicas", until=elapsed(2))
    rig.documents = rig.documents[1:]
    rig.apply()
    rig.daemon.wait(lambda: rig.replicas() == 8, "8 replicas")


def test_the_original_count_comes_back(cluster, bench):
    rig = bench(cluster)
    rig.plane.api.patch(scaled_object_path(rig.space, rig.name), {"spec": {"advanced": {
        "restoreToOriginalReplicaCount": True}}})
    rig.works()
    rig.plane.kubectl("delete", "so", rig.name, "-n", rig.space)
    rig.daemon.wait(lambda: rig.replicas() == 0, "the original count")


# -- the broker goes --------------------------------------------------------------------------------------


def test_a_stopped_broker_changes_nothing(cluster, bench, mortal):
    """7 stay 7, far beyond the cooldown; the condition and kubectl name the trigger and the error."""
    rig = bench(cluster, broker=mortal)
    mortal.kill()
    rig.daemon.wait(lambda: rig.condition("Ready").get("status") == "False", "Ready False", timeout=8)
    message = rig.condition("Ready")["message"]
    assert "kafka" in message and re.search("refused|connect|down|broker", message, re.I), message
    row = rig.plane.kubectl("get", "so", rig.name, "-n", rig.space).splitlines()[1]
    assert " False " in row, row
    failed = rig.plane.events(rig.space, rig.name, "KEDAScalerFailed")
    assert failed and failed[0]["type"] == "Warning" and "kafka" in failed[0]["note"]
    stays(lambda: rig.replicas() == 7, "7 replicas", until=elapsed(4))
    rig.moved(0, 7)
    assert len(rig.plane.events(rig.space, rig.name, "KEDAScalerFailed")) == len(failed), "told again"
    print(message)
    mortal.launch()
    rig.works()


# -- kedad goes --------------------------------------------------------------------------------------------


def test_a_restart_changes_no_count(cluster, bench):
    """SIGTERM, SIGKILL and a start: neither the active object nor the idle one moves, though the
    policy would allow it."""
    rig = bench(cluster)
    plane, idle = rig.plane, f"{rig.name}-idle"
    rig.broker.commit(idle, rig.name, dict.fromkeys(range(10), 10))
    plane.apply(file_of(deployment(idle, replicas=2), scaled_deployment(
        idle, [kafka(rig.broker.address(), idle, rig.name)], minReplicaCount=2)), rig.space)
    rig.daemon.wait(lambda: plane.is_condition(rig.space, idle, "Active", "False"), "the idle one")
    for how in ("SIGTERM", "SIGKILL", "SIGTERM"):
        if how == "SIGTERM":
            assert rig.daemon.terminate() == 0
        else:
            rig.daemon.kill()
        stays(lambda: rig.replicas() == 7, "7 replicas", until=elapsed(0.5))
        rig.daemon.start()
        polls = polled(rig)
        stays(lambda: rig.replicas() == 7, "7 replicas", until=lambda p=polls: polled(rig) > p)
    rig.moved(0, 7)
    assert rig.counts.sequence(idle) == [2]
    rig.works()


def polled(rig):
    """Decisions so far; each poll makes one."""
    return rig.daemon.metric("keda_scaled_object_decisions_total", rig.name) or 0
