# SPDX-License-Identifier: Apache-2.0
"""Two kedads and one Lease: while leaders are killed, stopped and frozen in turn, the audit log shows
one writer at a time, and no count changes. KEDA_LIVE_LEADERS says how many leaders fall."""

import itertools
import os
import threading
import time

from bed import wait_for
from cluster import OPERATOR, scaled_object_path
from documents import deployment, file_of, kafka, scaled_deployment

FALLS = int(os.environ.get("KEDA_LIVE_LEADERS", "20"))
LEASE = f"/apis/coordination.k8s.io/v1/namespaces/{OPERATOR}/leases/kedad.libkeda.io"
VARIABLE = "KEDA_OPERATOR_LEADER_ELECTION_"
SHORT = {f"{VARIABLE}LEASE_DURATION": "1500ms", f"{VARIABLE}RENEW_DEADLINE": "1s",
         f"{VARIABLE}RETRY_PERIOD": "200ms"}
PAUSED = "autoscaling.keda.sh/paused"


def holder(plane):
    lease = plane.api.get(LEASE)
    return (lease or {}).get("spec", {}).get("holderIdentity") or ""


class Member:
    """A kedad of the election, known to the Lease by its name and to the audit log by its token."""

    def __init__(self, operator, plane, space, label, variables):
        self.label = label
        self.daemon = operator(plane, space, "--leader-elect", "--namespace", OPERATOR,
                               variables={"POD_NAME": label, **variables})

    @property
    def token_id(self):
        return self.daemon.identity.token_id


class Pulse:
    """Pauses and unpauses an object all the time, so that whoever leads has something to write."""

    def __init__(self, plane, space, name):
        self.plane, self.path, self._closing = plane, scaled_object_path(space, name), False
        self._thread = threading.Thread(target=self._beat, daemon=True)
        self._thread.start()

    def _beat(self):
        for value in itertools.cycle(["true", None]):
            if self._closing:
                return
            self.plane.api.patch(self.path, {"metadata": {"annotations": {PAUSED: value}}})
            time.sleep(0.05)

    def close(self):
        self._closing = True
        self._thread.join(timeout=30)


def objects(plane, space, broker, name):
    """Three active objects, three idle ones and the pulse, which is idle too."""
    broker.create_topic(name)
    broker.produce(name, [100])
    names = [f"{name}-{number}" for number in range(6)] + [f"{name}-pulse"]
    broker.commit_all({group: (name, {0: 0 if at < 3 else 100}) for at, group in enumerate(names)})
    plane.apply(file_of(*itertools.chain.from_iterable(
        (deployment(group), scaled_deployment(group, [kafka(broker.address(), group, name)],
                                              maxReplicaCount=1)) for group in names)), space)
    return {group: [0, 1] if at < 3 else [0] for at, group in enumerate(names)}


def fall(how, leader, other, plane):
    """The leader falls, the other leads, and the fallen one is there again."""
    daemon = leader.daemon
    if how == "SIGTERM":
        assert daemon.terminate() == 0
    elif how == "SIGKILL":
        daemon.kill()
    else:
        daemon.pause()
    other.daemon.wait(lambda: holder(plane) == other.label, f"{other.label} to lead after {how}")
    if how == "SIGSTOP":
        daemon.resume()
    else:
        daemon.start()


def interleaved(requests, ours):
    """Writes of a member while another one's was the last word on the Lease, in the server's order."""
    last, wrong = None, []
    for request in sorted(requests, key=lambda r: r.at):
        if request.token not in ours or request.code >= 300:
            continue
        if request.resource == "leases":
            last = request.token
        elif request.token != last:
            wrong.append(f"{request.at} {request.verb} {request.resource}/{request.subresource} "
                         f"{request.name}")
    return wrong


def test_one_writer_at_a_time(cluster, space, counts, broker, operator, name):
    plane = cluster
    expected = objects(plane, space, broker, name)
    mark = plane.audit.mark()
    members = [Member(operator, plane, space, f"{name}-{label}", SHORT) for label in "ab"]
    wait_for(lambda: {n: counts.sequence(n) for n in expected} == expected, "all counts to be right")
    pulse = Pulse(plane, space, f"{name}-pulse")
    tokens = {member.token_id for member in members}
    try:
        for how in itertools.islice(itertools.cycle(["SIGKILL", "SIGTERM", "SIGSTOP"]), FALLS):
            wait_for(lambda: holder(plane) in [m.label for m in members], "a leader")
            leader, other = sorted(members, key=lambda m: m.label != holder(plane))
            begin = plane.audit.mark()
            fall(how, leader, other, plane)
            other.daemon.wait(lambda o=other, b=begin: [
                r for r in plane.audit.writes(b, token=o.token_id) if r.resource != "leases"],
                "the new leader to work")
    finally:
        pulse.close()
    written = plane.audit.writes(mark)
    wrong = interleaved(written, tokens)
    assert wrong == [], "writes of a member that did not lead"
    each = {m.label: sum(1 for r in written if r.token == m.token_id and r.resource != "leases")
            for m in members}
    print(f"{FALLS} leaders fell; writes of the two: {each}")
    assert all(each.values())
    assert {n: counts.sequence(n) for n in expected} == expected, "a count has changed"


def test_a_leader_that_ends_gives_the_lease_back(cluster, space, broker, operator, name):
    """With the default times: the other one does not wait the 15 s after which it could take it."""
    plane = cluster
    members = [Member(operator, plane, space, f"{name}-{label}", {}) for label in "ab"]
    wait_for(lambda: holder(plane) == members[0].label, "the first to lead", timeout=30)
    assert members[0].daemon.terminate() == 0
    members[1].daemon.wait(lambda: holder(plane) == members[1].label, "the second to lead", timeout=8)
