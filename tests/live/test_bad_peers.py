# SPDX-License-Identifier: Apache-2.0
"""Brokers that are none, and workers that do not work: each with a clear error, a back-off, and
another workload beside it which never notices."""

import pytest

from bed import SilentServer, elapsed, free_ports, stays
from documents import (AT_ONCE, SYNC_EACH_SECOND, authentication, file_of, kafka, process_pool,
                       scaled_object)
from programs import poll

FAST = {"annotations": SYNC_EACH_SECOND, "advanced": AT_ONCE, "cooldownPeriod": 1}


@pytest.fixture
def silent():
    server = SilentServer()
    yield server.address
    server.close()


@pytest.fixture
def refused():
    return f"127.0.0.1:{free_ports(1)[0]}"


@pytest.fixture
def healthy(broker, workers, name):
    """Documents and pid folder of a workload on the real broker, which wants 3 workers."""
    good, pool = f"{name}-good", workers("good")
    broker.create_topic(good, 3)
    broker.produce(good, [5, 5, 5])
    broker.commit(good, good, dict.fromkeys(range(3), 0))
    documents = [process_pool(good, pool.sleeper()),
                 scaled_object(good, [kafka(broker.address(), good, good)], **FAST)]

    def follows(daemon):
        """It scales in its usual time, down and up."""
        broker.commit(good, good, {0: 5, 1: 5})
        daemon.wait(lambda: pool.count() == 1, "the healthy workload to fall to 1", timeout=5)
        broker.commit(good, good, {0: 0, 1: 0})
        daemon.wait(lambda: pool.count() == 3, "the healthy workload to rise to 3", timeout=5)
        assert daemon.errors(good) == 0
    return documents, pool, follows


def lagging(broker, topic, lag):
    broker.create_topic(topic, 1)
    broker.produce(topic, [lag])
    broker.commit(topic, topic, {0: 0})
    return kafka(broker.address(), topic, topic, allowIdleConsumers="true")


@pytest.mark.parametrize("peer, words", [("silent", ["timed out", "timeout", "no answer"]),
                                         ("refused", ["refused", "connect"])])
def test_poll_of_a_bad_peer(request, tmp_path, peer, words):
    address = request.getfixturevalue(peer)
    text = file_of(process_pool("p", ["/bin/true"]),
                   scaled_object("so", [kafka(address, "g", "t")], pool="p"))
    answer = poll(tmp_path, text)
    assert answer.exit == 1 and answer.seconds < 10, answer.output
    error = str(answer.triggers[0]["error"])
    assert any(word in error.lower() for word in words), error
    assert address in error, f"the error does not name the broker: {error}"


@pytest.mark.parametrize("peer", ["silent", "refused"])
def test_a_bad_peer_disturbs_nobody(request, kedad, workers, healthy, name, peer):
    documents, pool, follows = healthy
    idle = workers("idle")
    daemon = kedad(file_of(*documents, process_pool(name, idle.sleeper()),
                           scaled_object(name, [kafka(request.getfixturevalue(peer), "g", "t")], **FAST)))
    daemon.wait(lambda: pool.count() == 3, "the healthy workload to rise to 3", timeout=5)
    daemon.wait(lambda: daemon.told(name, "time|refused|connect|answer"), "a log entry", timeout=6)
    daemon.wait(lambda: daemon.errors(name) > 0, "an error in the metrics", timeout=6)
    follows(daemon)
    assert idle.started() == set() and daemon.changes(name) == []


def test_a_wrong_password_disturbs_nobody(kedad, workers, healthy, broker, name):
    documents, pool, follows = healthy
    idle, password = workers("idle"), "wrong-8832"
    login = authentication("bad", {"sasl": "plaintext", "username": "alice", "password": password})
    trigger = kafka(broker.address("SASL"), f"{name}-good", f"{name}-good", "bad")
    daemon = kedad(file_of(*documents, *login, process_pool(name, idle.sleeper()),
                           scaled_object(name, [trigger], **FAST)))
    daemon.wait(lambda: daemon.told(name, "authentication"), "a log entry", timeout=6)
    daemon.wait(lambda: pool.count() == 3, "the healthy workload to rise to 3", timeout=5)
    follows(daemon)
    assert idle.started() == set() and daemon.changes(name) == []
    assert password not in "".join(daemon.lines)


def test_one_bad_trigger_holds_but_does_not_block(kedad, workers, broker, silent, name):
    """Unknown never lowers the others' result, and never blocks their scale-up."""
    pool = workers(name)
    triggers = [lagging(broker, name, 10), kafka(silent, "g", "t")]
    daemon = kedad(file_of(process_pool(name, pool.sleeper()), scaled_object(name, triggers, **FAST)))
    daemon.wait(lambda: pool.count() == 2, "2 workers for a lag of 10", timeout=10)
    broker.produce(name, [15])
    daemon.wait(lambda: pool.count() == 5, "5 workers for a lag of 25", timeout=10)
    broker.commit(name, name, {0: 25})
    stays(lambda: pool.count() == 5, "5 workers while one trigger is unknown", until=elapsed(5))


@pytest.mark.parametrize("command, words", [
    (["/nonexistent/worker"], ["no such file", "not found"]),
    (["/etc/hostname"], ["permission denied", "exec format error"])])
def test_a_worker_that_cannot_start(kedad, healthy, broker, name, command, words):
    documents, pool, follows = healthy
    daemon = kedad(file_of(*documents, process_pool(name, command),
                           scaled_object(name, [lagging(broker, name, 10)], **FAST)))
    daemon.wait(lambda: any(word in line.lower() for line in daemon.lines for word in words),
                "a log line that says why", timeout=10)
    daemon.wait(lambda: pool.count() == 3, "the healthy workload to rise to 3", timeout=5)
    follows(daemon)
    assert ready(daemon, name) == 0


def test_a_worker_that_crashes_at_once(kedad, workers, healthy, broker, name):
    documents, pool, follows = healthy
    crashing = workers("crashing")
    daemon = kedad(file_of(*documents,
                           process_pool(name, crashing.crasher(), restart={"minSeconds": 1, "maxSeconds": 60}),
                           scaled_object(name, [lagging(broker, name, 5)], **FAST)))
    daemon.wait(lambda: crashing.started(), "a first start", timeout=10)
    daemon.wait(lambda: daemon.told(name, "exit|crash|code 3|status 3"), "a log entry", timeout=5)
    watch = elapsed(8)
    follows(daemon)
    stays(lambda: ready(daemon, name) == 0, "no worker that is ready", until=watch)
    # One replica: starts at 0, 1, 3 and 7 s, some jitter allowed; without back-off hundreds.
    assert 3 <= len(crashing.started()) <= 6, crashing.started()


def ready(daemon, workload):
    """Ready workers of a pool, from the admin socket."""
    return daemon.workload(workload)["replicas"]["ready"]
