# SPDX-License-Identifier: Apache-2.0
"""What every live test stands on: waiting with a deadline, free ports, the cache, and the one
rule for things that cannot be had (skip with a reason, fail where CI=true). Knows no Kafka and
no program of this tree; used by all other modules here."""

import os
import random
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SLOW = float(os.environ.get("KEDA_LIVE_SLOW", "1"))  # stretches every deadline on a slow machine


def unavailable(reason):
    """Ends the test: skipped on a developer's machine, failed where everything must run."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def need_tool(name, package):
    path = shutil.which(name)
    if path is None:
        unavailable(f"{name} is missing (Debian package: {package})")
    return path


_fetched = {}


def fetch(what):
    """`scripts/kafka-fetch WHAT`, or `scripts/kube-fetch` for "control-plane", once a run; what it
    says goes to our stderr."""
    if what not in _fetched:
        command = ["kube-fetch"] if what == "control-plane" else ["kafka-fetch", what]
        run = subprocess.run([ROOT / "scripts" / command[0], *command[1:]], stdout=subprocess.PIPE,
                             text=True, timeout=3600, check=False,
                             env={**os.environ, "PYTHON": sys.executable})
        _fetched[what] = Path(run.stdout.strip()) if run.returncode == 0 else None
    return _fetched[what]


def fetched(what):
    """The folder in the cache."""
    folder = fetch(what)
    if folder is None:
        unavailable(f"{what} could not be fetched, see above")
    return folder


def wait_for(check, what, timeout=20.0, step=0.05):
    """Asks `check` until it answers something true, and returns that; an exception of its own
    ends the wait at once, the deadline fails the test with the last answer."""
    end = time.monotonic() + timeout * SLOW
    while True:
        answer = check()
        if answer:
            return answer
        if time.monotonic() >= end:
            raise AssertionError(f"{what}: not within {timeout * SLOW:g} s, last answer {answer!r}")
        time.sleep(step)


def stays(check, what, until, timeout=30.0, step=0.05):
    """Demands that `check` holds all the time until `until` answers something true."""
    end = time.monotonic() + timeout * SLOW
    while not until():
        assert check(), f"{what}: does not hold any longer"
        assert time.monotonic() < end, f"{what}: the end of the watch not within {timeout * SLOW:g} s"
        time.sleep(step)
    assert check(), f"{what}: does not hold any longer"


def elapsed(seconds):
    """An `until` for `stays`: true once so much time has gone by."""
    end = time.monotonic() + seconds
    return lambda: time.monotonic() >= end


def _ephemeral_low():
    try:
        return int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    except OSError:
        return 32768


def free_ports(count):
    """Ports which the kernel lets us bind now. They lie below the range from which the kernel
    picks client ports: a client that keeps on asking for a stopped server's port could else be
    given that very port, and be connected to itself."""
    low, found = max(_ephemeral_low(), 11000), []
    for _ in range(1000):
        port = random.randrange(10000, low)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in found:
            found.append(port)
        if len(found) == count:
            return found
    raise AssertionError("no free ports on 127.0.0.1")


def process_state(pid):
    """Letter of /proc/PID/stat, or None where there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return None


def is_running(pid):
    return process_state(pid) not in (None, "Z", "X")


def sockets_to(pid, ports):
    """Established TCP connections of a process to any of these ports."""
    inodes = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = os.readlink(entry)
        except OSError:
            continue
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    found = 0
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            field = line.split()
            peer_port, state, inode = int(field[2].rpartition(":")[2], 16), field[3], field[9]
            if state == "01" and inode in inodes and peer_port in ports:
                found += 1
    return found


class SilentServer:
    """Accepts connections (the kernel does) and never says a word."""

    def __init__(self):
        self.port = free_ports(1)[0]
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", self.port))
        self.listener.listen(128)

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def close(self):
        self.listener.close()
