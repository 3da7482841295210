# SPDX-License-Identifier: Apache-2.0
"""kedactl's commands, exit codes and output."""

import json

import pytest

from conftest import ROOT, documents

TUTORIAL = """apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: kafka-consumer-scaler
  namespace: default
spec:
  scaleTargetRef: {apiVersion: libkeda.io/v1alpha1, kind: ProcessPool, name: kafka-consumer}
  minReplicaCount: 0
  maxReplicaCount: 10
  triggers:
  - type: kafka
    metadata:
      bootstrapServers: my-cluster-kafka-bootstrap.kafka:9092
      topic: my-topic
      consumerGroup: my-consumer-group
      lagThreshold: "5"
---
apiVersion: libkeda.io/v1alpha1
kind: ProcessPool
metadata: {name: kafka-consumer}
spec: {command: [my-kafka-consumer]}
"""


def test_validate_accepts_the_tutorial(kedactl):
    answer = kedactl("validate", "-", text=TUTORIAL)
    assert (answer.returncode, answer.stderr) == (0, "")


@pytest.mark.parametrize("old, new, place, words", [
    ('lagThreshold: "5"', 'lagThreshold: "ten"', "stdin:16:", ["lagThreshold", "ten"]),
    ('lagThreshold: "5"', 'lagTreshold: "5"', "stdin:16:", ["lagTreshold", "lagThreshold"]),
    ('lagThreshold: "5"', "lagThreshold: 5", "stdin:16:", ["lagThreshold", "string"]),
    ("maxReplicaCount: 10", "maxReplicaCont: 10", "stdin:9:", ["maxReplicaCont", "maxReplicaCount"]),
    ("maxReplicaCount: 10", "maxReplicaCount: -1", "stdin:9:", ["maxReplicaCount"]),
    ("minReplicaCount: 0", "minReplicaCount: 11", "stdin:", ["11", "10"]),
    ("type: kafka", "type: kafak", "stdin:11:", ["kafak", "kafka"]),
    ("consumerGroup: my-consumer-group", "x: z", "stdin:", ["consumerGroup"]),
    ("kind: ScaledObject", "kind: ScaledObjekt", "stdin:", ["ScaledObjekt", "ScaledObject"]),
    ("  namespace: default", "  namespace: [", "stdin:", []),
    ("spec: {command: [my-kafka-consumer]}", "spec: {}", "stdin:", ["command"]),
    ("spec: {command: [my-kafka-consumer]}", "spec: {command: []}", "stdin:", ["command"]),
    ("metadata: {name: kafka-consumer}", "metadata: {name: another}", "stdin:", ["kafka-consumer"]),
])
def test_validate_says_where_and_what(kedactl, old, new, place, words):
    text = TUTORIAL.replace(old, new)
    assert text != TUTORIAL
    answer = kedactl("validate", "-", text=text)
    assert answer.returncode == 1, answer.stdout + answer.stderr
    errors = [line for line in answer.stdout.splitlines() if ": error: " in line]
    assert errors and all(line.startswith("stdin:") for line in errors), answer.stdout
    assert any(line.startswith(place) and all(word in line for word in words) for line in errors), answer.stdout


def test_validate_in_json(kedactl):
    answer = kedactl("validate", "-", "-o", "json", text=TUTORIAL.replace('"5"', '"ten"'))
    items = json.loads(answer.stdout)["items"]
    assert answer.returncode == 1
    assert [i for i in items if i["severity"] == "error" and i["path"] == "spec.triggers[0].metadata.lagThreshold"
            and i["line"] == 16]


def test_validate_warns_of_what_is_not_honoured(kedactl):
    text = TUTORIAL.replace("  triggers:", "  advanced: {horizontalPodAutoscalerConfig: {name: mine}}\n  triggers:")
    answer = kedactl("validate", "--lenient", "-", text=text)
    assert answer.returncode == 0, answer.stdout
    assert "warning: spec.advanced.horizontalPodAutoscalerConfig.name" in answer.stdout


def test_validate_reads_folders_and_reports_files_that_are_not_there(kedactl, tmp_path):
    (tmp_path / "one.yaml").write_text(TUTORIAL)
    assert kedactl("validate", tmp_path).returncode == 0
    answer = kedactl("validate", tmp_path / "none.yaml")
    assert answer.returncode == 1 and "none.yaml" in answer.stderr


def test_a_yaml_bomb_is_refused(kedactl):
    bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
    for i in range(1, 10):
        bomb += f"a{i}: &a{i} [" + ",".join([f"*a{i - 1}"] * 10) + "]\n"
    answer = kedactl("validate", "-", text=bomb)
    assert answer.returncode == 1 and "error" in answer.stdout


def test_poll_prints_the_value(kedactl, spool, tmp_path):
    spool.fill(25)
    (tmp_path / "work.yaml").write_text(documents(spool.path))
    answer = kedactl("poll", "-f", tmp_path / "work.yaml", "-o", "json")
    [item] = json.loads(answer.stdout)["items"]
    assert answer.returncode == 0
    assert (item["value"], item["target"], item["active"], item["error"]) == (25, 10, True, None)
    text = kedactl("poll", "-f", tmp_path / "work.yaml")
    assert text.returncode == 0 and "25" in text.stdout.splitlines()[1]


def test_poll_says_why_it_failed(kedactl, tmp_path):
    (tmp_path / "work.yaml").write_text(documents(tmp_path / "missing"))
    answer = kedactl("poll", "-f", tmp_path / "work.yaml", "-o", "json")
    [item] = json.loads(answer.stdout)["items"]
    assert answer.returncode == 1
    assert item["value"] is None and "No such file" in item["error"]


DEPLOYMENT = """apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: work}
spec:
  scaleTargetRef: {name: consumer}
  triggers:
  - type: kafka
    metadata: {bootstrapServersFromEnv: BROKERS, consumerGroup: mine, topicFromEnv: TOPIC}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: consumer}
spec:
  selector: {matchLabels: {app: consumer}}
  template:
    metadata: {labels: {app: consumer}}
    spec:
      containers:
      - name: main
        image: consumer
        env:
        - {name: PORT, value: "1"}
        - {name: BROKERS, value: 127.0.0.1:$(PORT)}
        - {name: TOPIC, valueFrom: {secretKeyRef: {name: topics, key: orders}}}
"""
SECRET = """---
apiVersion: v1
kind: Secret
metadata: {name: topics}
stringData: {orders: orders-of-today}
"""


def test_poll_reads_the_environment_of_a_deployment(kedactl, tmp_path):
    (tmp_path / "work.yaml").write_text(DEPLOYMENT + SECRET)
    answer = kedactl("poll", "-f", tmp_path / "work.yaml", "-o", "json")
    [item] = json.loads(answer.stdout)["items"]
    assert item["metric"] == "s0-kafka-orders-of-today"
    assert answer.returncode == 1 and "127.0.0.1:1" in item["error"]  # nobody listens there


@pytest.mark.parametrize("old, new, words", [
    (SECRET, "", "metadata.topicFromEnv: the container's environment needs Secret topics, which does not exist"),
    ("{name: consumer}\n  triggers", "{name: consumer, envSourceContainerName: side}\n  triggers",
     "the target's pod template has no container side"),
])
def test_validate_says_what_an_environment_lacks(kedactl, old, new, words):
    assert kedactl("validate", "-", text=DEPLOYMENT + SECRET).returncode == 0
    answer = kedactl("validate", "-", text=(DEPLOYMENT + SECRET).replace(old, new))
    errors = [line for line in answer.stdout.splitlines() if ": error: " in line]
    assert answer.returncode == 1 and errors and all("FromEnv" in line for line in errors), answer.stdout
    assert words in errors[0] and "orders-of-today" not in answer.stdout


def test_scalers_lists_types_and_parameters(kedactl):
    answer = kedactl("scalers")
    assert answer.returncode == 0
    assert {"kafka", "spool"} <= {line.split()[0] for line in answer.stdout.splitlines()}
    kafka = json.loads(kedactl("scalers", "kafka", "-o", "json").stdout)
    parameters = {p["name"]: p for p in kafka["parameters"]}
    assert parameters["lagThreshold"]["default"] == "10"
    assert parameters["bootstrapServers"]["required"] and parameters["password"]["secret"]
    assert all(p["help"] for p in kafka["parameters"])
    assert "lagThreshold" in kedactl("scalers", "kafka").stdout


def test_scalers_of_an_unknown_type(kedactl):
    answer = kedactl("scalers", "kafak")
    assert answer.returncode == 1 and "kafka" in answer.stderr


def test_a_missing_module_is_named(kedactl, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    answer = kedactl("validate", "-", text=TUTORIAL, env={"KEDA_PLUGIN_PATH": str(empty)})
    assert answer.returncode == 0  # the default folder still has it


def test_crd_prints_what_is_packaged(kedactl):
    files = [ROOT / "packaging" / "crds" / f"keda.sh_{name}s.yaml"
             for name in ("scaledobject", "triggerauthentication", "clustertriggerauthentication")]
    assert kedactl("crd").stdout == "".join(file.read_text() for file in files)
    assert kedactl("crd", "TriggerAuthentication").stdout == files[1].read_text()


def test_crd_of_an_unknown_kind(kedactl):
    answer = kedactl("crd", "ScaledJob")
    assert answer.returncode == 1 and "ScaledJob" in answer.stderr and answer.stdout == ""


def test_version(kedactl):
    assert kedactl("version").stdout.startswith("libkeda 0.1.0, ABI 1")
    assert "features: kafka" in kedactl("version", "--features").stdout
    assert json.loads(kedactl("version", "-o", "json").stdout)["abi"] == 1


@pytest.mark.parametrize("arguments, word", [
    ([], "Usage"), (["valdate"], "validate"), (["validate"], "FILE"), (["poll"], "-f"),
    (["poll", "--filname", "x"], "--filename"), (["validate", "-o", "xml", "x"], "json")])
def test_usage_errors_exit_2(kedactl, arguments, word):
    answer = kedactl(*arguments)
    assert answer.returncode == 2 and word in answer.stderr


def test_help_exits_0(kedactl):
    answer = kedactl("--help")
    assert answer.returncode == 0 and "validate FILE" in answer.stdout


def test_the_examples_validate(kedactl):
    for file in sorted(ROOT.glob("examples/**/*.yaml")):
        answer = kedactl("validate", file)
        assert answer.returncode == 0, answer.stdout + answer.stderr
