# SPDX-License-Identifier: Apache-2.0
"""`kedactl poll` against every way to log in to a broker: right, wrong and missing credentials.
Each parameter comes from a TriggerAuthentication and a Secret of the same file."""

import ctypes

import pytest

from certificates import KEY_PASSWORD
from documents import authentication, file_of, kafka, process_pool, scaled_object
from kafka import USERS
from programs import poll

MECHANISMS = {"PLAIN": "plaintext", "SCRAM-SHA-256": "scram_sha256", "SCRAM-SHA-512": "scram_sha512"}
WRONG = "not-the-pass-word-3417"


@pytest.fixture
def asked(tmp_path, name):
    """Polls topic `name`, where 3 of 10 messages are done, and returns the answer."""
    def ask(broker, listener, texts, host="127.0.0.1", library=None, readable=False, **metadata):
        broker.create_topic(name, 2)
        broker.produce(name, [10, 0])
        broker.commit(name, name, {0: 3, 1: 0})
        auth, documents = None, []
        if texts:
            auth, documents = "login", authentication("login", texts, readable)
        trigger = kafka(broker.address(listener, host), name, name, auth, **metadata)
        text = file_of(*documents, process_pool("pool", ["/bin/sleep", "1000"]),
                       scaled_object("orders", [trigger], pool="pool"))
        return poll(tmp_path, text, library=library)
    return ask


def sasl(mechanism, password=None):
    user, right = USERS[mechanism]
    return {"sasl": MECHANISMS[mechanism], "username": user, "password": password or right}


def system_librdkafka():
    library = ctypes.CDLL("librdkafka.so.1")
    library.rd_kafka_version.restype = ctypes.c_int
    version = library.rd_kafka_version()
    return version >> 24, version >> 16 & 0xFF, version >> 8 & 0xFF


def has_lag_7(answer):
    assert answer.exit == 0, answer.output
    [trigger] = answer.triggers
    assert trigger.get("error") is None, answer.output
    assert (trigger["value"], trigger["target"], trigger["active"]) == (7, 5, True), answer.output


def fails_with(answer, *words):
    """Exit 1, one error that holds one of the words, and no secret anywhere."""
    assert answer.exit == 1, answer.output
    [trigger] = answer.triggers
    error = trigger["error"]
    assert trigger.get("value") is None, answer.output
    assert any(word.lower() in str(error).lower() for word in words), f"{error!r} names none of {words}"
    assert WRONG not in answer.output
    for _user, password in USERS.values():
        assert password not in answer.output


def test_without_authentication(asked, broker):
    has_lag_7(asked(broker, "PLAINTEXT", {}))


def test_by_host_name(asked, broker, certificates):
    has_lag_7(asked(broker, "TLS", {"tls": "enable", "ca": certificates.text("ca.pem")},
                    host="localhost"))


def test_plain(asked, broker):
    has_lag_7(asked(broker, "SASL", sasl("PLAIN")))


def test_plain_from_string_data(asked, broker):
    has_lag_7(asked(broker, "SASL", sasl("PLAIN"), readable=True))


def test_plain_named_in_the_trigger(asked, broker):
    texts = sasl("PLAIN")
    has_lag_7(asked(broker, "SASL", {**texts, "sasl": "none"}, sasl=texts["sasl"]))


def test_plain_with_a_wrong_password(asked, broker):
    fails_with(asked(broker, "SASL", sasl("PLAIN", WRONG)), "authentication")


def test_tls(asked, broker, certificates):
    has_lag_7(asked(broker, "TLS", {"tls": "enable", "ca": certificates.text("ca.pem")}))


def test_tls_from_string_data(asked, broker, certificates):
    has_lag_7(asked(broker, "TLS", {"tls": "enable", "ca": certificates.text("ca.pem")}, readable=True))


def test_tls_with_another_authority(asked, broker, certificates):
    answer = asked(broker, "TLS", {"tls": "enable", "ca": certificates.text("other-ca.pem")})
    fails_with(answer, "certificate", "TLS", "SSL")


def test_tls_without_an_authority(asked, broker):
    fails_with(asked(broker, "TLS", {"tls": "enable"}), "certificate", "TLS", "SSL")


def test_tls_unsafe(asked, broker):
    has_lag_7(asked(broker, "TLS", {"tls": "enable"}, unsafeSsl="true"))


def test_tls_not_asked_for(asked, broker):
    """A plain client on a TLS port: an error, in time, not a hang."""
    answer = asked(broker, "TLS", {})
    fails_with(answer, "TLS", "SSL", "disconnected", "timed out")


def test_mtls(asked, broker, certificates):
    has_lag_7(asked(broker, "MTLS", {"tls": "enable", "ca": certificates.text("ca.pem"),
                                     "cert": certificates.text("client.pem"),
                                     "key": certificates.text("client.key")}))


def test_mtls_with_an_encrypted_key(asked, broker, certificates):
    texts = {"tls": "enable", "ca": certificates.text("ca.pem"),
             "cert": certificates.text("client.pem"), "key": certificates.text("client.enc.key")}
    has_lag_7(asked(broker, "MTLS", {**texts, "keyPassword": KEY_PASSWORD}))


def test_mtls_with_a_wrong_key_password(asked, broker, certificates):
    answer = asked(broker, "MTLS", {"tls": "enable", "ca": certificates.text("ca.pem"),
                                    "cert": certificates.text("client.pem"),
                                    "key": certificates.text("client.enc.key"), "keyPassword": WRONG})
    fails_with(answer, "key")


def test_mtls_without_a_certificate(asked, broker, certificates):
    answer = asked(broker, "MTLS", {"tls": "enable", "ca": certificates.text("ca.pem")})
    fails_with(answer, "certificate", "TLS", "SSL")


def test_sasl_over_tls(asked, broker, certificates):
    has_lag_7(asked(broker, "SASLTLS", {**sasl("PLAIN"), "tls": "enable",
                                        "ca": certificates.text("ca.pem")}))


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-256", "SCRAM-SHA-512"])
def test_scram_with_kafka_3(asked, broker3, mechanism):
    has_lag_7(asked(broker3, "SASL", sasl(mechanism)))


def test_scram_over_tls_with_kafka_3(asked, broker3, certificates):
    has_lag_7(asked(broker3, "SASLTLS", {**sasl("SCRAM-SHA-512"), "tls": "enable",
                                         "ca": certificates.text("ca.pem")}))


def test_scram_with_a_wrong_password(asked, broker3):
    fails_with(asked(broker3, "SASL", sasl("SCRAM-SHA-256", WRONG)), "authentication")


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-256", "SCRAM-SHA-512"])
def test_scram_with_kafka_4_and_a_new_library(asked, broker, wheel, mechanism):
    has_lag_7(asked(broker, "SASL", sasl(mechanism), library=wheel / "librdkafka"))


def test_scram_with_a_wrong_password_and_a_new_library(asked, broker, wheel):
    answer = asked(broker, "SASL", sasl("SCRAM-SHA-256", WRONG), library=wheel / "librdkafka")
    fails_with(answer, "authentication")
    assert "2.6.1" not in answer.output, "a new library needs no advice to upgrade"


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-256", "SCRAM-SHA-512"])
def test_scram_with_kafka_4_and_an_old_library(asked, broker, mechanism):
    """Before 2.6.1 the client repeats its nonce; the user must be told, not left to guess."""
    answer = asked(broker, "SASL", sasl(mechanism))
    if system_librdkafka() >= (2, 6, 1):
        has_lag_7(answer)
        return
    fails_with(answer, "authentication")
    assert "2.6.1" in answer.output and "Kafka 4" in answer.output, answer.output
