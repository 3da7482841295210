# SPDX-License-Identifier: Apache-2.0
"""The first hour: the two documents of docs/kubernetes.md on a real API server and a real broker,
0 → 1, both messages processed, back to 0, nothing left; then the page's own commands, all of them."""

import re
import shlex
import subprocess

from bed import ROOT, SLOW, need_tool, wait_for
from cluster import OPERATOR
from programs import program

PAGE = ROOT / "docs" / "kubernetes.md"
DEPLOYMENT, OBJECT = "kafka-consumer", "kafka-consumer-scaler"
GROUP, TOPIC = "my-consumer-group", "my-topic"
MESSAGES = ['{"message": "Hello, KEDA!"}', '{"message": "Scaling with events"}']
ADDRESS = "my-cluster-kafka-bootstrap.kafka:9092"


def blocks(kind):
    """Fenced blocks of the page whose opening line begins so: list of (rest of the line, text)."""
    return re.findall(rf"^```{kind} (\S+)\n(.*?)^```$", PAGE.read_text(), re.M | re.S)


def documents(folder, broker):
    """The page's files; only the broker's address is another."""
    texts = dict(blocks("yaml"))
    assert set(texts) == {"consumer-deployment.yaml", "scaledobject.yaml"}
    for name, text in texts.items():
        assert ADDRESS in text
        (folder / name).write_text(text.replace(ADDRESS, broker.address()))


def fresh_topic(broker):
    if TOPIC in broker.topics():
        broker.delete_topic(TOPIC)
    broker.create_topic(TOPIC)


def send(broker, messages):
    from confluent_kafka import Producer
    producer = Producer({"bootstrap.servers": broker.address(), "log_level": 0})
    for message in messages:
        producer.produce(TOPIC, message.encode())
    assert producer.flush(20 * SLOW) == 0


def left_behind(plane):
    """Whatever of the tutorial is still in the namespace, by name."""
    paths = [f"/apis/apps/v1/namespaces/default/{kind}" for kind in ("deployments", "replicasets")]
    paths += [f"{group}/namespaces/default/{kind}" for group, kind in (
        ("/api/v1", "pods"), ("/api/v1", "secrets"), ("/api/v1", "configmaps"),
        ("/apis/keda.sh/v1alpha1", "scaledobjects"), ("/apis/coordination.k8s.io/v1", "leases"),
        ("/apis/autoscaling/v2", "horizontalpodautoscalers"))]
    return [f"{path}/{item['metadata']['name']}" for path in paths
            for item in (plane.api.get(path) or {"items": []})["items"]
            if item["metadata"]["name"] != "kube-root-ca.crt"]


def leases(plane):
    found = plane.api.get(f"/apis/coordination.k8s.io/v1/namespaces/{OPERATOR}/leases")
    return [item["metadata"]["name"] for item in found["items"]]


def test_the_tutorial(cluster, broker, operator, consumers, tmp_path):
    plane = cluster
    documents(tmp_path, broker)
    fresh_topic(broker)
    journal = tmp_path / "decisions.jsonl"
    daemon = operator(plane, None, "--leader-elect", "--namespace", OPERATOR, "--journal", journal)
    plane.kubectl("apply", "-f", "consumer-deployment.yaml", "-f", "scaledobject.yaml", cwd=tmp_path)
    send(broker, MESSAGES)
    daemon.wait(lambda: plane.replicas("default", DEPLOYMENT) == 1, "the Deployment to rise to 1")
    assert broker.committed(GROUP, TOPIC, [0]) == {0: None}, "the group was to start without commit"
    stand_in = consumers(plane, "default", DEPLOYMENT, GROUP, TOPIC)
    daemon.wait(lambda: sorted(stand_in.done()) == sorted(MESSAGES), "both messages to be processed")
    daemon.wait(lambda: plane.is_condition("default", OBJECT, "Active", "True"), "Active True")
    plane.kubectl("patch", "scaledobject", OBJECT, "--type=merge", "-p",
                  '{"spec": {"pollingInterval": 1, "cooldownPeriod": 2}}')
    daemon.wait(lambda: plane.replicas("default", DEPLOYMENT) == 0, "the way back to 0")
    daemon.wait(lambda: {"KEDAScaleTargetActivated", "KEDAScaleTargetDeactivated"} <=
                {event["reason"] for event in plane.events("default", OBJECT)}, "both Events")

    plane.kubectl("delete", "-f", "consumer-deployment.yaml", "-f", "scaledobject.yaml", cwd=tmp_path)
    daemon.wait(lambda: left_behind(plane) == [], "nothing to be left behind")
    assert leases(plane) == ["kedad.libkeda.io"]
    assert daemon.terminate() == 0
    replays_and_explains(journal)


def kedactl(*arguments):
    return subprocess.run([program("kedactl"), *map(str, arguments)], text=True, capture_output=True,
                          timeout=60 * SLOW, check=False)


def replays_and_explains(journal):
    """What was recorded is decided again; one digit that is another is found."""
    run = kedactl("replay", journal)
    assert run.returncode == 0 and "no difference" in run.stdout, run.stdout + run.stderr
    run = kedactl("explain", f"default/{OBJECT}", "--journal", journal)
    assert run.returncode == 0 and 0 < run.stdout.count("\n") <= 12, run.stdout + run.stderr
    text = journal.read_text()
    lines = text.splitlines(keepends=True)
    digits = [i for i in re.finditer(r"\d", lines[len(lines) // 2])]
    at = sum(map(len, lines[:len(lines) // 2])) + digits[len(digits) // 2].start()
    journal.write_text(text[:at] + str((int(text[at]) + 1) % 10) + text[at + 1:])
    run = kedactl("replay", journal)
    assert run.returncode == 1 and f"{journal}:{len(lines) // 2 + 1}: " in run.stderr, run.stdout + run.stderr


def test_the_page(mortal_plane, broker, consumers, tmp_path):
    """Each `sh live` block of the page, in order, in one shell; the last ones uninstall."""
    plane = mortal_plane
    need_tool("kcat", "kcat")
    documents(tmp_path, broker)
    fresh_topic(broker)
    commands = [text for label, text in blocks("sh") if label == "live"]
    assert len(commands) >= 6
    plane.kubectl("delete", "-f", str(ROOT / "packaging" / "manifests"), "-f",
                  str(ROOT / "packaging" / "crds"))
    (tmp_path / "packaging").symlink_to(ROOT / "packaging")
    script = ("set -e\ntrap 'kill $(jobs -p) 2>/dev/null; wait' EXIT\n" +
              f"PATH={shlex.quote(str(program('kedad').parent))}:$PATH\n" +
              "\n".join(commands).replace(ADDRESS, broker.address()))
    stand_in = consumers(plane, "default", DEPLOYMENT, GROUP, TOPIC)
    run = subprocess.run(["setpriv", "--pdeathsig", "TERM", "bash", "-c", script], cwd=tmp_path,
                         env={**plane.env(), "RUNTIME_DIRECTORY": str(tmp_path)}, text=True,
                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, timeout=240 * SLOW, check=False)
    print(run.stdout)
    assert run.returncode == 0
    assert sorted(stand_in.done()) == sorted(MESSAGES)
    assert re.search(rf"^{OBJECT} .* True +True ", run.stdout, re.M), "READY True, ACTIVE True"
    wait_for(lambda: left_behind(plane) == [], "nothing to be left behind")
    wait_for(lambda: plane.api.get(f"/api/v1/namespaces/{OPERATOR}") is None, "the namespace to go")
    definitions = plane.api.get("/apis/apiextensions.k8s.io/v1/customresourcedefinitions")
    roles = plane.api.get("/apis/rbac.authorization.k8s.io/v1/clusterroles")
    named = [item["metadata"]["name"] for item in definitions["items"] + roles["items"]]
    assert [name for name in named if "keda" in name] == []
