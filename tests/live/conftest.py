# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the live tests: certificates, brokers that live as long as the run, and names which
no two tests share. Also prints each skipped test with its reason."""

import itertools
import sys

import pytest

sys.dont_write_bytecode = True

from certificates import Certificates  # noqa: E402
from kafka import Broker, client_library  # noqa: E402

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    return Certificates(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="session")
def wheel():
    """Folder of the confluent-kafka wheel with its drop-in librdkafka."""
    return client_library()


def _broker(version, tmp_path_factory, certificates):
    broker = Broker(version, tmp_path_factory.mktemp(f"kafka-{version}"), certificates)
    try:
        broker.start()
        broker.warm_up()
        yield broker
    finally:
        broker.stop()


@pytest.fixture(scope="session")
def broker(tmp_path_factory, certificates):
    """The broker of the run; tests leave it running and never pause it."""
    yield from _broker("4.3.1", tmp_path_factory, certificates)


@pytest.fixture(scope="session")
def broker3(tmp_path_factory, certificates):
    """The older line, to which Debian's librdkafka can log in by SCRAM."""
    yield from _broker("3.9.2", tmp_path_factory, certificates)


@pytest.fixture(scope="session")
def _mortal(tmp_path_factory, certificates):
    yield from _broker("4.3.1", tmp_path_factory, certificates)


@pytest.fixture
def mortal(_mortal):
    """A broker which a test may pause and kill; every test finds it up."""
    if not _mortal.is_alive():
        _mortal.launch()
    _mortal.resume()
    return _mortal


@pytest.fixture
def name():
    """A name for topic, group and workload of one test."""
    return f"t{next(_numbers)}"


def pytest_terminal_summary(terminalreporter):
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        reason = str(reason).removeprefix("Skipped: ")
        terminalreporter.write_line(f"skipped: {reason} ({report.nodeid})")
