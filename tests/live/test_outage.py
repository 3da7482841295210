# SPDX-License-Identifier: Apache-2.0
"""A broker that hangs, dies and comes back while a pool of 7 is running. The pool's policy would
let it fall to zero at once, so a lag that is taken for 0 or a trigger that is taken for inactive
would show."""

import pytest

from bed import elapsed, stays
from documents import AT_ONCE, SYNC_EACH_SECOND, file_of, kafka, process_pool, scaled_object


@pytest.fixture
def seven(mortal, kedad, workers, name):
    """kedad with 7 sleeping workers, by a lag of 35 which nobody works off."""
    pool = workers(name)
    mortal.create_topic(name, 10)
    mortal.produce(name, [10] * 10)
    mortal.commit(name, name, {p: 6 if p < 5 else 7 for p in range(10)})
    assert sum(mortal.lags(name, name).values()) == 35
    daemon = kedad(file_of(
        process_pool(name, pool.sleeper(), gracePeriodSeconds=2),
        scaled_object(name, [kafka(mortal.address(), name, name)], cooldownPeriod=1,
                      annotations=SYNC_EACH_SECOND, advanced=AT_ONCE)))
    daemon.wait(lambda: pool.count() == 7, "7 workers")
    return daemon, pool


def wait_for_bad_news(daemon, name, *words):
    """Health says why: in the log by name, and in the metrics by count."""
    pattern = "|".join(words)
    daemon.wait(lambda: daemon.told(name, pattern), f"a log entry of {name} about {pattern}", timeout=6)
    daemon.wait(lambda: daemon.errors(name) > 0, "an error in the metrics", timeout=6)


def hold(daemon, pool, name):
    """Through several failed polls, and far beyond the cooldown, nothing is scaled."""
    pids, changes, errors = pool.alive(), daemon.changes(name), daemon.errors(name)
    assert len(pids) == 7
    enough = elapsed(5)
    stays(lambda: pool.alive() == pids and daemon.changes(name) == changes, "7 workers",
          until=lambda: enough() and daemon.errors(name) > errors)


def scaling_goes_on(daemon, pool, broker, name):
    pids = pool.alive()
    broker.produce(name, [1, 1, 1, 1, 1] + [0] * 5)
    daemon.wait(lambda: pool.count() == 8, "8 workers for a lag of 40", timeout=40)
    assert pids < pool.alive(), "a worker that was needed was replaced"
    broker.commit(name, name, {p: 11 if p < 5 else 10 for p in range(10)})
    daemon.wait(lambda: pool.count() == 0, "no workers for a lag of 0", timeout=30)
    assert all(change.reason for change in daemon.changes(name))


def test_a_hung_broker_changes_nothing(seven, mortal, name):
    daemon, pool = seven
    mortal.pause()
    try:
        wait_for_bad_news(daemon, name, "time", "deadline", "no answer")
        hold(daemon, pool, name)
    finally:
        mortal.resume()
    scaling_goes_on(daemon, pool, mortal, name)


def test_a_killed_broker_changes_nothing(seven, mortal, name):
    daemon, pool = seven
    mortal.kill()
    wait_for_bad_news(daemon, name, "refused", "connect", "down", "time")
    hold(daemon, pool, name)
    mortal.launch()
    scaling_goes_on(daemon, pool, mortal, name)


def test_a_broker_that_comes_late(mortal, kedad, workers, name):
    """kedad starts before the broker: unknown is not zero, and no restart is needed."""
    pool = workers(name)
    mortal.create_topic(name, 1)
    mortal.produce(name, [10])
    mortal.commit(name, name, {0: 0})
    mortal.kill()
    daemon = kedad(file_of(process_pool(name, pool.sleeper()),
                           scaled_object(name, [kafka(mortal.address(), name, name,
                                                      allowIdleConsumers="true")],
                                         annotations=SYNC_EACH_SECOND, advanced=AT_ONCE)))
    wait_for_bad_news(daemon, name, "refused", "connect", "down", "time")
    assert daemon.changes(name) == [] and pool.count() == 0
    mortal.launch()
    daemon.wait(lambda: pool.count() == 2, "2 workers", timeout=30)
