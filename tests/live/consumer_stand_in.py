# SPDX-License-Identifier: Apache-2.0
"""Stands in for the kubelet: follows a Deployment's replicas and runs as many real consumers
(worker.py) of a topic. Started by tests whose messages are to be processed."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from cluster import ReplicaWatch


class StandIn:
    def __init__(self, plane, space, deployment, broker, wheel, group, topic, out, work_ms=10):
        self.deployment, self.out = deployment, Path(out)
        self.out.mkdir(exist_ok=True)
        self.command = [
            sys.executable, "-B", str(Path(__file__).with_name("worker.py")),
            "--library", str(wheel / "python"), "--bootstrap", broker.address(), "--group", group,
            "--topic", topic, "--out", str(self.out), "--work-ms", str(work_ms)]
        self.running, self._closing = [], False
        self._watch = ReplicaWatch(plane.api, space)
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def _follow(self):
        while not self._closing:
            wanted = (self._watch.sequence(self.deployment) or [0])[-1]
            while len(self.running) < wanted:
                self.running.append(subprocess.Popen(
                    ["setpriv", "--pdeathsig", "KILL", *self.command], env=os.environ,
                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
            while len(self.running) > wanted:  # the newest first
                self._end(self.running.pop())
            time.sleep(0.02)

    @staticmethod
    def _end(consumer):
        consumer.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            consumer.wait(timeout=20)
        consumer.kill()
        consumer.wait(timeout=10)

    def done(self):
        """The messages that were processed, as texts; some perhaps twice."""
        return [line for file in self.out.glob("*.ids") for line in file.read_text().splitlines()]

    def close(self):
        self._closing = True
        self._thread.join(timeout=60)
        for consumer in self.running:
            self._end(consumer)
        self._watch.close()
