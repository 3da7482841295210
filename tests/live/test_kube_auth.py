# SPDX-License-Identifier: Apache-2.0
"""Credentials on a cluster: TriggerAuthentication and ClusterTriggerAuthentication with Secrets and a
ConfigMap, the environment of the target's container; a Secret that is wrong and then put right."""

import base64
import json

import pytest

from cluster import OPERATOR
from documents import deployment, file_of, kafka, scaled_deployment, secret, trigger_authentication
from kafka import USERS

USER, PASSWORD = USERS["PLAIN"]
LOGIN = {"sasl": "plaintext", "username": USER, "password": PASSWORD}


@pytest.fixture
def topic(broker, name):
    """10 messages of which 3 are done: a lag of 7 is 2 replicas."""
    broker.create_topic(name, 2)
    broker.produce(name, [10, 0])
    broker.commit(name, name, {0: 3, 1: 0})
    return name


def ready(plane, space, name):
    return plane.condition(space, name, "Ready")


def scales(daemon, plane, space, *names, timeout=20):
    for each in names:
        daemon.wait(lambda n=each: plane.replicas(space, n) == 2, f"2 replicas of {each}", timeout)
        daemon.wait(lambda n=each: ready(plane, space, n).get("status") == "True", f"{each} Ready")


def config_map(name, texts):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": texts}


def test_every_source_of_a_login(cluster, space, broker, operator, topic):
    plane, address = cluster, broker.address("SASL")
    env = [{"name": "USER", "value": USER}, {"name": "BROKER", "value": address},
           {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "login", "key": "password"}}},
           {"name": "TOPIC", "valueFrom": {"configMapKeyRef": {"name": "places", "key": "topic"}}}]
    by_env = {"apiVersion": "keda.sh/v1alpha1", "kind": "TriggerAuthentication",
              "metadata": {"name": "by-env"},
              "spec": {"env": [{"parameter": "username", "name": "USER"},
                               {"parameter": "password", "name": "PASSWORD"}],
                       "configMapTargetRef": [{"parameter": "sasl", "name": "places", "key": "sasl"}]}}
    for_all = trigger_authentication(f"all-{topic}", f"all-{topic}", LOGIN)
    for_all["kind"] = "ClusterTriggerAuthentication"
    by_cluster = kafka(address, topic, topic, f"all-{topic}")
    by_cluster["authenticationRef"]["kind"] = "ClusterTriggerAuthentication"
    from_env = kafka(None, topic, None, "by-env", bootstrapServersFromEnv="BROKER",
                     topicFromEnv="TOPIC")
    plane.apply(file_of(secret(f"all-{topic}", LOGIN)), OPERATOR)
    plane.apply(file_of(for_all))
    plane.apply(file_of(
        secret("login", LOGIN), config_map("places", {"topic": topic, "sasl": "plaintext"}), by_env,
        trigger_authentication("by-secret", "login", LOGIN),
        *[deployment(each, env=env) for each in ("one", "two", "three")],
        scaled_deployment("one", [kafka(address, topic, topic, "by-secret")]),
        scaled_deployment("two", [by_cluster]),
        scaled_deployment("three", [from_env])), space)
    daemon = operator(plane, space, "--namespace", OPERATOR)
    scales(daemon, plane, space, "one", "two", "three")
    shown = plane.kubectl("get", "so", "one", "-n", space)
    assert "by-secret" in shown and PASSWORD not in shown
    told = json.dumps(plane.events(space, "one")) + "".join(daemon.lines)
    assert PASSWORD not in told and base64.b64encode(PASSWORD.encode()).decode() not in told
    plane.kubectl("delete", "clustertriggerauthentication", f"all-{topic}")


def test_what_was_missing_or_wrong_is_put_right(cluster, space, broker, operator, topic):
    """A wrong password; and an authentication that comes late, its Secret later still. Each is named,
    nothing is scaled, and both work when they are right: Secrets are read again within 30 s."""
    plane, wrong, address = cluster, "not-the-pass-word-3417", broker.address("SASL")
    plane.apply(file_of(
        secret("bad-secret", {**LOGIN, "password": wrong}),
        trigger_authentication("bad", "bad-secret", LOGIN), deployment("one"), deployment("two"),
        scaled_deployment("one", [kafka(address, topic, topic, "bad")]),
        scaled_deployment("two", [kafka(address, topic, topic, "late")])), space)
    daemon = operator(plane, space)

    def says(each, word):
        state = ready(plane, space, each)
        return state.get("status") == "False" and word in state["message"]
    daemon.wait(lambda: says("two", "late"), "the missing authentication to be named")
    plane.apply(file_of(trigger_authentication("late", "late-secret", LOGIN)), space)
    daemon.wait(lambda: says("two", "late-secret"), "the missing Secret to be named")
    daemon.wait(lambda: says("one", "uthenti"), "the refused password to be told")
    assert wrong not in json.dumps(plane.scaled_object(space, "one")) + "".join(daemon.lines)
    assert (plane.replicas(space, "one"), plane.replicas(space, "two")) == (0, 0)

    plane.apply(file_of(secret("late-secret", LOGIN), secret("bad-secret", LOGIN)), space)
    scales(daemon, plane, space, "one", "two", timeout=45)
    assert plane.scaled_object(space, "two")["status"]["authenticationsTypes"] == "late"
