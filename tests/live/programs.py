# SPDX-License-Identifier: Apache-2.0
"""kedad and kedactl as a user runs them: files in, exit code, JSON lines, metrics out. Also the
folder in which worker processes leave their pids. No knowledge of Kafka."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections import namedtuple
from pathlib import Path

from bed import ROOT, SLOW, free_ports, is_running, unavailable, wait_for

Poll = namedtuple("Poll", "exit triggers output seconds")
Change = namedtuple("Change", "frm to reason at")


def program(name):
    path = (ROOT / os.environ.get("KEDA_BUILD_DIR", "build") / "bin" / name).resolve()
    if not path.exists():
        unavailable(f"{name} is not built (looked for {path}; make build)")
    return path


def poll(folder, text, library=None, timeout=60):
    """`kedactl poll -f FILE -o json`; triggers in the order of the file."""
    file = Path(folder) / f"poll-{time.monotonic_ns()}.yaml"
    file.write_text(text)
    env = dict(os.environ)
    if library is not None:
        env["LD_LIBRARY_PATH"] = str(library)
    began = time.monotonic()
    run = subprocess.run([program("kedactl"), "poll", "-f", file, "-o", "json"], env=env, text=True,
                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                         timeout=timeout * SLOW, check=False)
    seconds = time.monotonic() - began
    output = run.stdout + run.stderr
    try:
        triggers = sorted(json.loads(run.stdout)["items"], key=lambda t: (t["workload"], t["trigger"]))
    except (ValueError, KeyError, TypeError):
        raise AssertionError(f"not the JSON of `kedactl poll`, exit {run.returncode}:\n{output}") from None
    return Poll(run.returncode, triggers, output, seconds)


class Kedad:
    """A kedad on one file, with its own state file, sockets and ports."""

    def __init__(self, folder, text, *flags, library=None, variables=None):
        self.folder = Path(folder)
        self.variables = variables or {}
        (self.folder / "state").mkdir(exist_ok=True)
        # A socket's path has 107 bytes at most; pytest's folders may be longer.
        self.runtime = Path(tempfile.mkdtemp(prefix="kedad-"))
        self.file = self.folder / "kedad.yaml"
        self.file.write_text(text)
        self.flags = flags
        self.library = library
        self.process = None
        self.metrics_port, self.health_port = free_ports(2)
        self.entries, self.lines = [], []

    # -- the process ------------------------------------------------------------------------

    def start(self):
        self.launch()
        self.wait(lambda: self._get(self.health_port, "/readyz") is not None, "/readyz to be 200")
        return self

    def sources(self):
        """Flags that say what it works for."""
        return ["-f", self.file, "--state-file", self.folder / "state" / "kedad.state"]

    def launch(self):
        """Without waiting for anything."""
        env = {**os.environ, "RUNTIME_DIRECTORY": str(self.runtime),
               "STATE_DIRECTORY": str(self.folder / "state"), **self.variables}
        env.pop("NOTIFY_SOCKET", None)
        if self.library is not None:
            env["LD_LIBRARY_PATH"] = str(self.library)
        self.entries, self.lines = [], []  # of this process; the log file keeps all
        command = ["setpriv", "--pdeathsig", "KILL", program("kedad"), *self.sources(),
                   "--log-format", "json",
                   "--metrics-bind-address", f"127.0.0.1:{self.metrics_port}",
                   "--health-probe-bind-address", f"127.0.0.1:{self.health_port}", *self.flags]
        self.process = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, text=True,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                        errors="replace")
        self.reader = threading.Thread(target=self._read, args=(self.process.stderr,), daemon=True)
        self.reader.start()

    def _read(self, stream):
        with open(self.folder / "kedad.log", "a", encoding="utf-8") as log:
            for line in stream:
                log.write(line)
                log.flush()
                self.lines.append(line)
                try:
                    entry = json.loads(line)
                except ValueError:
                    continue
                if isinstance(entry, dict):
                    entry["_at"] = time.monotonic()
                    self.entries.append(entry)

    @property
    def pid(self):
        return self.process.pid

    def is_alive(self):
        return self.process is not None and self.process.poll() is None

    def terminate(self, timeout=10):
        """SIGTERM; returns the exit code."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=timeout * SLOW)
        self.reader.join(timeout=5)
        return code

    def kill(self):
        if self.is_alive():
            self.process.kill()
            self.process.wait(timeout=10)
        if self.process is not None:
            self.reader.join(timeout=5)

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def stop(self):
        """For the end of a test, whatever state it left."""
        if self.is_alive():
            self.resume()
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=10 * SLOW)
            except subprocess.TimeoutExpired:
                pass
        self.kill()
        shutil.rmtree(self.runtime, ignore_errors=True)

    def wait(self, check, what, timeout=20.0, step=0.05):
        """`wait_for` that ends when kedad does, and shows the end of its log."""
        def alive():
            assert self.is_alive(), f"kedad ended ({self.process.poll()})"
            return check()
        try:
            return wait_for(alive, what, timeout, step)
        except AssertionError as problem:
            raise AssertionError(f"{problem}\nlog of kedad:\n{''.join(self.lines[-40:])}") from None

    # -- what it tells ------------------------------------------------------------------------

    @staticmethod
    def _get(port, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
                return answer.read().decode()
        except (urllib.error.URLError, OSError):
            return None

    def metrics(self, name):
        """Samples of one metric: list of (labels, value)."""
        text = self._get(self.metrics_port, "/metrics")
        assert text is not None, "/metrics does not answer"
        found = []
        for line in text.splitlines():
            match = re.match(r"([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)", line)
            if match and match.group(1) == name:
                labels = dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', match.group(2) or ""))
                found.append((labels, float(match.group(3))))
        return found

    def metric(self, name, workload):
        """The sum over one workload's samples, None without any."""
        values = [value for labels, value in self.metrics(name)
                  if labels.get("scaledObject") == workload]
        return sum(values) if values else None

    def errors(self, workload):
        return self.metric("keda_scaler_detail_errors_total", workload) or 0

    def changes(self, workload):
        """Replica changes of a workload in the log, oldest first."""
        found = []
        for entry in list(self.entries):
            if not is_about(entry, workload):
                continue
            if "from" in entry and "to" in entry:
                frm, to = int(entry["from"]), int(entry["to"])
                if frm != to:
                    found.append(Change(frm, to, entry.get("reason", ""), entry["_at"]))
        return found

    def workload(self, name):
        """A workload as `kedactl get` shows it, from the admin socket."""
        run = subprocess.run([program("kedactl"), "get", f"default/{name}", "-o", "json",
                              "--server", self.runtime / "kedad.sock"], text=True, check=False,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=20 * SLOW)
        assert run.returncode == 0, run.stdout + run.stderr
        return json.loads(run.stdout)

    def told(self, workload, pattern):
        """The first log entry of a workload which matches, None without one."""
        for entry in list(self.entries):
            if is_about(entry, workload) and re.search(pattern, json.dumps(entry), re.I):
                return entry
        return None


class ClusterKedad(Kedad):
    """A kedad without files, which works for a cluster by an identity of its own."""

    def __init__(self, folder, identity, *flags, variables=None):
        # Nothing of the shell that runs the tests may name a cluster.
        none = {"KUBECONFIG": "", "KUBERNETES_SERVICE_HOST": ""}
        super().__init__(folder, "", *flags, variables={**none, **(variables or {})})
        self.identity = identity

    def sources(self):
        return ["--kubeconfig", self.identity.kubeconfig]


def is_about(entry, workload):
    """Log entries name a workload as namespace/name, those of its pool's workers the pool, named alike here."""
    return workload in (str(entry.get("workload", "")).rpartition("/")[2], entry.get("target"))


class Workers:
    """Worker processes of one pool, which write their pids into a folder."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir(exist_ok=True)

    def sleeper(self):
        """A worker that does nothing, and does it for long."""
        return ["/bin/sh", "-c", f"echo > {self._here}/$$; exec /bin/sleep 1000"]

    def family(self):
        """A worker with a child of its own."""
        return ["/bin/sh", "-c", f"/bin/sleep 1000 & echo > {self._here}/$!; echo > {self._here}/$$; wait"]

    def deaf(self):
        """A worker which does not hear SIGTERM; the pid is written when it no longer does."""
        return ["/bin/sh", "-c",
                f"trap '' TERM; echo > {self._here}/$$; while :; do /bin/sleep 0.2; done"]

    def crasher(self):
        return ["/bin/sh", "-c", f"echo > {self._here}/$$; exit 3"]

    @property
    def _here(self):
        return shlex.quote(str(self.folder))

    def started(self):
        return {int(entry.name) for entry in self.folder.iterdir() if entry.name.isdigit()}

    def alive(self):
        return {pid for pid in self.started() if is_running(pid)}

    def count(self):
        return len(self.alive())

    def end(self):
        """Kills what is left, by pid, and only what still has our folder or a sleep in its name."""
        for pid in self.alive():
            try:
                command = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
                if str(self.folder) in command or command.startswith("/bin/sleep"):
                    os.kill(pid, signal.SIGKILL)
            except OSError:
                pass
