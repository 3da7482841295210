# SPDX-License-Identifier: Apache-2.0
"""The bed itself, without any program of this tree: where one of these fails, no other live test
means anything. The clients are kcat and confluent-kafka."""

import json
import os

import pytest

from bed import SilentServer, free_ports, sockets_to
from kafka import USERS, kcat


def login(broker, mechanism, password=None, listener="SASL", library=None, *more):
    user, right = USERS[mechanism]
    protocol = "sasl_ssl" if listener == "SASLTLS" else "sasl_plaintext"
    return kcat("-b", broker.address(listener), "-L", "-m", "2", "-X", f"security.protocol={protocol}",
                "-X", f"sasl.mechanisms={mechanism}", "-X", f"sasl.username={user}",
                "-X", f"sasl.password={password or right}", *more, library=library, check=False)


def tls(broker, listener, *settings):
    pairs = [part for setting in settings for part in ("-X", setting)]
    return kcat("-b", broker.address(listener), "-L", "-m", "2", "-X", "security.protocol=ssl",
                *pairs, check=False)


def test_it_produces_and_counts(broker, name):
    broker.create_topic(name, 3)
    broker.produce(name, [5, 0, 7])
    assert broker.end_offsets(name) == {0: 5, 1: 0, 2: 7}
    broker.commit(name, name, {0: 3, 1: 0})
    assert broker.committed(name, name, [0, 1, 2]) == {0: 3, 1: 0, 2: None}
    assert broker.lags(name, name) == {0: 2, 1: 0}
    assert broker.unread(name, name) == 2 + 0 + 7
    seen = kcat("-b", broker.address(), "-Q", "-t", f"{name}:0:-1", "-t", f"{name}:2:-1").stdout
    assert "offset 5" in seen and "offset 7" in seen


def test_it_tells_passwords_apart(broker):
    assert login(broker, "PLAIN").returncode == 0
    refused = login(broker, "PLAIN", password="wrong")
    assert refused.returncode != 0 and "Authentication failed" in refused.stderr


def test_it_tells_authorities_apart(broker, certificates):
    assert tls(broker, "TLS", f"ssl.ca.location={certificates.path('ca.pem')}").returncode == 0
    assert tls(broker, "TLS", f"ssl.ca.location={certificates.path('other-ca.pem')}").returncode != 0
    both = login(broker, "PLAIN", None, "SASLTLS", None,
                 "-X", f"ssl.ca.location={certificates.path('ca.pem')}")
    assert both.returncode == 0, both.stderr


def test_it_asks_for_a_client_certificate(broker, certificates):
    authority = f"ssl.ca.location={certificates.path('ca.pem')}"
    client = f"ssl.certificate.location={certificates.path('client.pem')}"
    assert tls(broker, "MTLS", authority).returncode != 0
    plain = tls(broker, "MTLS", authority, client, f"ssl.key.location={certificates.path('client.key')}")
    assert plain.returncode == 0, plain.stderr


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-256", "SCRAM-SHA-512"])
def test_scram_works_with_3_9(broker3, mechanism):
    assert login(broker3, mechanism).returncode == 0
    assert login(broker3, mechanism, password="wrong").returncode != 0


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-256", "SCRAM-SHA-512"])
def test_scram_works_with_4_and_the_wheels_library(broker, wheel, mechanism):
    library = wheel / "librdkafka"
    assert "librdkafka 2.16" in kcat("-V", library=library).stdout
    assert login(broker, mechanism, library=library).returncode == 0
    assert login(broker, mechanism, password="wrong", library=library).returncode != 0


def test_it_comes_back_with_its_data(mortal, name):
    mortal.create_topic(name, 2)
    mortal.produce(name, [3, 4])
    mortal.commit(name, name, {0: 1})
    mortal.pause()
    assert kcat("-b", mortal.address(), "-L", "-m", "1", check=False).returncode != 0
    mortal.resume()
    assert mortal.end_offsets(name) == {0: 3, 1: 4}
    mortal.kill()
    assert kcat("-b", mortal.address(), "-L", "-m", "1", check=False).returncode != 0
    mortal.launch()
    assert mortal.end_offsets(name) == {0: 3, 1: 4}
    assert mortal.committed(name, name, [0, 1]) == {0: 1, 1: None}


def test_a_silent_server_is_silent(broker):
    server = SilentServer()
    try:
        assert kcat("-b", server.address, "-L", "-m", "1", check=False).returncode != 0
    finally:
        server.close()
    assert kcat("-b", f"127.0.0.1:{free_ports(1)[0]}", "-L", "-m", "1", check=False).returncode != 0


def test_it_counts_sockets(broker):
    from confluent_kafka import Producer
    before = sockets_to(os.getpid(), set(broker.ports.values()))
    producer = Producer({"bootstrap.servers": broker.address("SASL"), "security.protocol": "sasl_plaintext",
                         "sasl.mechanisms": "PLAIN", "sasl.username": "alice", "sasl.password": "alice-pw"})
    assert producer.list_topics(timeout=10).brokers
    assert sockets_to(os.getpid(), {broker.ports["SASL"]}) >= 1
    assert sockets_to(os.getpid(), set(broker.ports.values())) > before
    assert json.loads(kcat("-b", broker.address(), "-L", "-J").stdout)["brokers"]
