# SPDX-License-Identifier: Apache-2.0
"""kedad and kedactl as programs, with no server: what is measured is a folder of files, counted by the module of
examples/plugin-template, which is built here."""

import json
import os
import re
import signal
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("KEDA_BUILD_DIR", ROOT / "build")).resolve()
PATIENCE = 30  # seconds a condition may take; only reached when it never comes true


def wait_for(condition, what):
    end = time.monotonic() + PATIENCE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {PATIENCE} s for {what}")
        time.sleep(0.01)


def documents(spool, pool_command='["/bin/sleep", "1000"]', **spec):
    """A ScaledObject on a folder of files and its ProcessPool."""
    extra = "".join(f"  {key}: {value}\n" for key, value in spec.items())
    return f"""apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: work
  annotations: {{libkeda.io/polling-interval: 100ms, libkeda.io/sync-interval: 100ms}}
spec:
  scaleTargetRef: {{apiVersion: libkeda.io/v1alpha1, kind: ProcessPool, name: workers}}
  cooldownPeriod: 0
  advanced: {{horizontalPodAutoscalerConfig: {{behavior: {{scaleDown: {{stabilizationWindowSeconds: 0}}}}}}}}
{extra}  triggers:
  - type: spool
    metadata: {{path: {spool}, targetFiles: "10"}}
---
apiVersion: libkeda.io/v1alpha1
kind: ProcessPool
metadata: {{name: workers}}
spec:
  command: {pool_command}
  gracePeriodSeconds: 2
"""


@pytest.fixture(scope="session")
def modules(tmp_path_factory):
    """Folder with libkeda-spool.so."""
    folder = tmp_path_factory.mktemp("modules")
    subprocess.run([os.environ.get("CC", "cc"), "-std=c11", "-D_POSIX_C_SOURCE=200809L", "-fPIC", "-shared",
                    f"-I{ROOT}/include", str(ROOT / "examples/plugin-template/spool.c"), "-o",
                    str(folder / "libkeda-spool.so"), f"-L{BUILD}/lib", "-lkeda"], check=True)
    return folder


@pytest.fixture
def spool(tmp_path):
    folder = tmp_path / "spool"
    folder.mkdir()

    def fill(count):
        for name in os.listdir(folder):
            (folder / name).unlink()
        for i in range(count):
            (folder / str(i)).touch()

    folder_fill = type("Spool", (), {"path": folder, "fill": staticmethod(fill)})
    return folder_fill


@pytest.fixture
def kedactl(modules):
    def run(*arguments, text=None, env=None):
        return subprocess.run([str(BUILD / "bin/kedactl"), *map(str, arguments)], input=text, text=True,
                              capture_output=True, timeout=120, check=False,
                              env={**os.environ, "KEDA_PLUGIN_PATH": str(modules), **(env or {})})
    return run


class Kedad:
    def __init__(self, modules, folder, *arguments, wait_ready=True, text=None):
        self.runtime = tempfile.TemporaryDirectory(prefix="kedad-")
        self.socket = Path(self.runtime.name) / "kedad.sock"
        self.records, self.raw = [], []
        env = {**os.environ, "KEDA_PLUGIN_PATH": str(modules), "RUNTIME_DIRECTORY": self.runtime.name,
               "HOME": self.runtime.name}
        for name in ("KUBECONFIG", "KUBERNETES_SERVICE_HOST"):  # no cluster of the machine's
            env.pop(name, None)
        self.process = subprocess.Popen(
            [str(BUILD / "bin/kedad"), "--log-format", "json", "--metrics-bind-address", "127.0.0.1:0",
             "--health-probe-bind-address", "127.0.0.1:0", "--state-file", str(folder / "state"),
             *map(str, arguments)], stderr=subprocess.PIPE, text=True, env=env,
            stdin=subprocess.DEVNULL if text is None else subprocess.PIPE)
        if text is not None:
            self.process.stdin.write(text)
            self.process.stdin.close()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        if wait_ready:
            self.wait(lambda: self.address("serving kedactl"), "kedad to serve")

    def _read(self):
        for line in self.process.stderr:
            self.raw.append(line)
            try:
                self.records.append(json.loads(line))
            except ValueError:
                pass

    def wait(self, condition, what):
        def checked():
            value = condition()
            assert value or self.process.poll() is None, f"kedad ended ({self.process.returncode}):\n" + "".join(self.raw)
            return value
        try:
            return wait_for(checked, what)
        except AssertionError as failure:
            raise AssertionError(f"{failure}\n" + "".join(self.raw)) from None

    def address(self, message):
        return next((r["address"] for r in self.records if r["msg"] == message), None)

    def get(self, page, probe=False):
        address = self.address("serving probes" if probe else "serving metrics")
        try:
            with urllib.request.urlopen(f"http://{address}{page}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.read().decode()

    def metric(self, name):
        text = self.get("/metrics")[1]
        found = re.search(rf"^{re.escape(name)}(?:\{{[^}}]*\}})? (\S+)$", text, re.M)
        return float(found[1]) if found else None

    def replicas(self):
        return self.metric("keda_scaled_object_current_replicas")

    def said(self, message):
        return [r for r in self.records if message in r["msg"]]

    def stop(self, how=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(how)
        code = self.process.wait(timeout=60)
        self.reader.join(timeout=10)
        self.runtime.cleanup()
        return code


@pytest.fixture
def start(modules, tmp_path):
    started = []

    def run(*arguments, **options):
        daemon = Kedad(modules, tmp_path, *arguments, **options)
        started.append(daemon)
        return daemon
    yield run
    for daemon in started:
        if daemon.process.poll() is None:
            daemon.process.kill()
        daemon.process.wait()
