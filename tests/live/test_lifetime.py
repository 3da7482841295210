# SPDX-License-Identifier: Apache-2.0
"""kedad ends in good and bad ways, with workers of every temper: none outlives it, and the next
kedad brings the same count back from its state file without having asked anybody."""

import os
import signal

import pytest

from bed import elapsed, stays, wait_for
from documents import AT_ONCE, SYNC_EACH_SECOND, file_of, kafka, process_pool, scaled_object


@pytest.fixture
def running(mortal, kedad, workers, name):
    """kedad with a pool of 5 workers made by `kind`."""
    def start(kind, per_worker=1, **pool_fields):
        pool = workers(name)
        mortal.create_topic(name, 5)
        mortal.produce(name, [5] * 5)
        mortal.commit(name, name, dict.fromkeys(range(5), 0))
        daemon = kedad(file_of(
            process_pool(name, getattr(pool, kind)(), **pool_fields),
            scaled_object(name, [kafka(mortal.address(), name, name)], cooldownPeriod=1,
                          annotations=SYNC_EACH_SECOND, advanced=AT_ONCE)))
        daemon.wait(lambda: pool.count() == 5 * per_worker, f"{5 * per_worker} processes")
        return daemon, pool
    return start


def none_is_left(pool, timeout=5):
    wait_for(lambda: pool.count() == 0, "workers to be gone", timeout=timeout)


def test_sigterm_ends_the_workers(running):
    daemon, pool = running("sleeper")
    assert daemon.terminate() == 0
    assert pool.count() == 0, "kedad was gone before its workers"


def test_sigterm_ends_the_workers_children(running):
    daemon, pool = running("family", per_worker=2)
    assert daemon.terminate() == 0
    none_is_left(pool)


def test_sigterm_ends_deaf_workers_after_the_grace_period(running):
    daemon, pool = running("deaf", gracePeriodSeconds=1)
    assert daemon.terminate() == 0
    none_is_left(pool)


def test_sigkill_ends_the_workers(running):
    daemon, pool = running("sleeper")
    daemon.kill()
    none_is_left(pool)


def test_sigkill_ends_deaf_workers(running):
    daemon, pool = running("deaf", gracePeriodSeconds=1)
    daemon.kill()
    none_is_left(pool)


def test_sigkill_ends_the_workers_children(running):
    daemon, pool = running("family", per_worker=2)
    daemon.kill()
    none_is_left(pool)


@pytest.mark.parametrize("end", ["terminate", "kill"])
def test_a_restart_brings_the_count_back_without_a_decision(running, mortal, name, end):
    """The broker hangs meanwhile, so there is nothing from which to decide anything."""
    daemon, pool = running("sleeper")
    mortal.pause()
    try:
        getattr(daemon, end)()
        none_is_left(pool)
        daemon.start()
        daemon.wait(lambda: pool.count() == 5, "5 workers again")
        stays(lambda: pool.count() == 5, "5 workers", until=elapsed(3))
        assert daemon.changes(name) == []
    finally:
        mortal.resume()
    # With the broker back the count is what the lag asks for: still no change.
    daemon.wait(lambda: daemon.metric("keda_scaler_metrics_value", name) == 25, "a value again")
    stays(lambda: pool.count() == 5, "5 workers", until=elapsed(2))
    assert daemon.changes(name) == []
    mortal.commit(name, name, dict.fromkeys(range(5), 5))
    daemon.wait(lambda: pool.count() == 0, "no workers for a lag of 0")


def test_a_worker_that_is_killed_is_replaced(running):
    daemon, pool = running("sleeper")
    victim = min(pool.alive())
    os.kill(victim, signal.SIGKILL)
    daemon.wait(lambda: pool.count() == 5 and victim not in pool.alive(), "a new worker")
