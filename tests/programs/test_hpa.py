# SPDX-License-Identifier: Apache-2.0
"""kedactl hpa: what KEDA would have given to the HPA."""

import json

OBJECT = """apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: web, namespace: shop, annotations: {note: "1"}}
spec:
  minReplicaCount: 2
  scaleTargetRef: {name: web}
  triggers:
  - {type: cpu, metricType: Utilization, metadata: {value: "60"}}
  - type: prometheus
    metadata: {serverAddress: http://p, query: q, threshold: "2.5"}
"""


def test_prints_json(kedactl):
    answer = kedactl("hpa", "-f", "-", "-o", "json", text=OBJECT)
    assert (answer.returncode, answer.stderr) == (0, "")
    hpa = json.loads(answer.stdout)
    assert (hpa["apiVersion"], hpa["kind"]) == ("autoscaling/v2", "HorizontalPodAutoscaler")
    assert hpa["metadata"]["name"] == "keda-hpa-web"
    assert hpa["metadata"]["annotations"] == {"note": "1"}
    assert hpa["spec"]["minReplicas"] == 2
    assert [m["type"] for m in hpa["spec"]["metrics"]] == ["External", "Resource"]
    assert hpa["spec"]["metrics"][0]["external"]["target"] == {
        "type": "AverageValue", "averageValue": "2.500"}


def test_prints_yaml_with_texts_in_quotes(kedactl):
    answer = kedactl("hpa", "-f", "-", text=OBJECT)
    assert (answer.returncode, answer.stderr) == (0, "")
    lines = answer.stdout.splitlines()
    assert lines[:2] == ["apiVersion: autoscaling/v2", "kind: HorizontalPodAutoscaler"]
    assert '    note: "1"' in lines
    assert '        averageValue: "2.500"' in lines
    assert "        averageUtilization: 60" in lines


def test_says_what_is_wrong_and_prints_nothing(kedactl):
    answer = kedactl("hpa", "-f", "-", text=OBJECT.replace("metricType: Utilization, ", ""))
    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr.startswith("stdin:8:5: error: spec.triggers[0]: metricType: is required")


def test_needs_a_file_and_stands_in_the_help(kedactl):
    assert kedactl("hpa").returncode == 2
    assert "hpa -f FILE" in kedactl("--help").stdout
