# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the live tests: certificates, brokers that live as long as the run, and names which
no two tests share. Also prints why tests were skipped."""

import collections
import itertools
import sys

import pytest

sys.dont_write_bytecode = True

from bed import fetch  # noqa: E402
from certificates import Certificates  # noqa: E402
from cluster import ControlPlane, ReplicaWatch  # noqa: E402
from consumer_stand_in import StandIn  # noqa: E402
from door import Door  # noqa: E402
from kafka import Broker, client_library  # noqa: E402
from programs import ClusterKedad, Kedad, Workers  # noqa: E402

_numbers = itertools.count(1)


def pytest_sessionstart(session):
    """Downloads come first, where they can be seen."""
    if not session.config.option.collectonly:
        capture = session.config.pluginmanager.getplugin("capturemanager")
        with capture.global_and_fixture_disabled():
            for what in ("client", "4.3.1", "3.9.2", "control-plane"):
                fetch(what)


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


@pytest.fixture(scope="session")
def plane(tmp_path_factory):
    """The control plane of the run; tests leave it running."""
    made = ControlPlane(tmp_path_factory.mktemp("kube"))
    try:
        yield made.start()
    finally:
        made.stop()


@pytest.fixture(scope="session")
def cluster(plane):
    """It, with the product applied."""
    return plane.apply_product()


@pytest.fixture(scope="session")
def _mortal_plane(tmp_path_factory):
    made = ControlPlane(tmp_path_factory.mktemp("kube-mortal"))
    try:
        yield made.start()
    finally:
        made.stop()


@pytest.fixture
def mortal_plane(_mortal_plane):
    """A control plane which a test may stop and change; every test finds it up, with the product."""
    if "api" not in _mortal_plane.processes:
        _mortal_plane.start_api()
    return _mortal_plane.apply_product()


@pytest.fixture
def space(plane):
    """A namespace of one test."""
    made = plane.make_space()
    yield made
    plane.drop_space(made)


@pytest.fixture
def door(plane, certificates):
    """A way to the API server on which a test may make mischief."""
    made = Door(plane, certificates)
    yield made
    made.close()


@pytest.fixture
def counts(plane, space):
    """The replicas of the Deployments in the test's namespace, as they change."""
    watch = ReplicaWatch(plane.api, space)
    yield watch
    watch.close()


@pytest.fixture
def name():
    """A name for topic, group and workload of one test."""
    return f"t{next(_numbers)}"


@pytest.fixture
def kedad(tmp_path):
    """Starts kedads; each ends with the test, and its workers with it."""
    made = []

    def start(text, *flags, **options):
        folder = tmp_path / f"kedad{len(made)}"
        folder.mkdir()
        made.append(Kedad(folder, text, *flags, **options))
        return made[-1].start()
    yield start
    for daemon in made:
        daemon.stop()


@pytest.fixture
def operator(tmp_path):
    """Starts kedads that work for a cluster: (plane, namespace or None for all, flags...). They end
    with the test."""
    made = []

    def make(plane, space, *flags, identity=None, **options):
        folder = tmp_path / f"operator{len(made)}"
        folder.mkdir()
        watched = ["--watch-namespace", space] if space else []
        made.append(ClusterKedad(folder, identity or plane.identity(), *watched, *flags, **options))
        return made[-1].start()
    yield make
    for daemon in made:
        daemon.stop()


@pytest.fixture
def consumers(broker, wheel, tmp_path):
    """Runs consumers as a Deployment wants them: (plane, namespace, Deployment, group, topic)."""
    made = []

    def start(plane, space, deployment, group, topic, **options):
        out = tmp_path / f"consumers{len(made)}"
        made.append(StandIn(plane, space, deployment, broker, wheel, group, topic, out, **options))
        return made[-1]
    yield start
    for stand_in in made:
        stand_in.close()


@pytest.fixture
def workers(tmp_path):
    """Makes folders for workers' pids; whatever outlives the test is ended, in its own name."""
    made = []

    def make(label):
        made.append(Workers(tmp_path / f"pids-{label}"))
        return made[-1]
    yield make
    for folder in made:
        folder.end()


def pytest_terminal_summary(terminalreporter):
    reasons = collections.Counter()
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        reasons[str(reason).removeprefix("Skipped: ")] += 1
    for reason, count in reasons.items():
        terminalreporter.write_line(f"skipped: {reason} ({count} tests)")
