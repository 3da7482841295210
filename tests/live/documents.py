# SPDX-License-Identifier: Apache-2.0
"""The YAML a user would write, from Python values: ScaledObject, ProcessPool, Secret,
TriggerAuthentication. Only writes texts; `programs.py` gives them to kedad and kedactl."""

import base64
import json


def yaml(value, indent=0):
    """Block YAML; scalars as JSON writes them, texts of several lines as literal blocks."""
    pad = "  " * indent
    if isinstance(value, dict) and value:
        return "".join(f"{pad}{key}:{_entry(item, indent)}" for key, item in value.items())
    if isinstance(value, list) and value:
        return "".join(f"{pad}-{_entry(item, indent)}" for item in value)
    return f"{pad}{json.dumps(value)}\n"


def _entry(item, indent):
    if isinstance(item, (dict, list)) and item:
        return "\n" + yaml(item, indent + 1)
    if isinstance(item, str) and item.endswith("\n") and "\n" in item[:-1]:
        pad = "  " * (indent + 1)
        return " |\n" + "".join(f"{pad}{line}\n" for line in item[:-1].split("\n"))
    return f" {json.dumps(item)}\n"


def file_of(*documents):
    return "---\n".join(yaml(document) for document in documents)


def kafka(address, group, topic, auth=None, **metadata):
    """A kafka trigger; metadata values are texts, as KEDA wants them."""
    fields = {"bootstrapServers": address, "consumerGroup": group, "topic": topic,
              "lagThreshold": "5", **metadata}
    trigger = {"type": "kafka",
               "metadata": {key: text for key, text in fields.items() if text is not None}}
    if auth is not None:
        trigger["authenticationRef"] = {"name": auth}
    return trigger


def scaled_object(name, triggers, pool=None, annotations=None, advanced=None, **spec):
    metadata = {"name": name}
    if annotations:
        metadata["annotations"] = annotations
    body = {"scaleTargetRef": {"apiVersion": "libkeda.io/v1alpha1", "kind": "ProcessPool",
                               "name": pool or name},
            "pollingInterval": 1, "cooldownPeriod": 5, "minReplicaCount": 0, "maxReplicaCount": 10,
            **spec, "triggers": triggers}
    if advanced:
        body["advanced"] = advanced
    return {"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "metadata": metadata,
            "spec": body}


def process_pool(name, command, **spec):
    return {"apiVersion": "libkeda.io/v1alpha1", "kind": "ProcessPool", "metadata": {"name": name},
            "spec": {"command": command, **spec}}


def deployment(name, replicas=0, env=None, kind="Deployment"):
    """Also a StatefulSet, whose controller the control plane does not run: nothing but a count."""
    labels = {"app": name}
    container = {"name": "consumer", "image": "none:1"}
    if env:
        container["env"] = env
    spec = {"replicas": replicas, "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}}}
    if kind == "StatefulSet":
        spec["serviceName"] = name
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}


def scaled_deployment(name, triggers, kind="Deployment", **rest):
    """A ScaledObject for the Deployment of the same name."""
    target = {"name": name} if kind == "Deployment" else {"kind": kind, "name": name}
    return scaled_object(name, triggers, scaleTargetRef=target, **rest)


def secret(name, texts, readable=False):
    """`readable` writes stringData; else the base64 of `data`, as kubectl prints it."""
    body = texts if readable else {key: base64.b64encode(text.encode()).decode()
                                   for key, text in texts.items()}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "type": "Opaque",
            "stringData" if readable else "data": body}


def trigger_authentication(name, secret_name, keys):
    """Each parameter from the key of the same name of one Secret."""
    return {"apiVersion": "keda.sh/v1alpha1", "kind": "TriggerAuthentication",
            "metadata": {"name": name},
            "spec": {"secretTargetRef": [{"parameter": key, "name": secret_name, "key": key}
                                         for key in keys]}}


def authentication(name, texts, readable=False):
    """TriggerAuthentication and Secret which give these parameters."""
    return [secret(f"{name}-secret", texts, readable),
            trigger_authentication(name, f"{name}-secret", texts)]


SYNC_EACH_SECOND = {"libkeda.io/sync-interval": "1s"}


def behavior(up=None, down=None):
    """`advanced` with the HPA's behavior; up and down are rules as in the HPA's own documents."""
    rules = {key: value for key, value in (("scaleUp", up), ("scaleDown", down)) if value}
    return {"horizontalPodAutoscalerConfig": {"behavior": rules}}


AT_ONCE = behavior(up={"stabilizationWindowSeconds": 0,
                       "policies": [{"type": "Pods", "value": 100, "periodSeconds": 1}]},
                   down={"stabilizationWindowSeconds": 0,
                         "policies": [{"type": "Pods", "value": 100, "periodSeconds": 1}]})
