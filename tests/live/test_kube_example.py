# SPDX-License-Identifier: Apache-2.0
"""examples/custom-controller, built as a stranger would build it, under the ServiceAccount and the
rights of its own manifest: a number in a file becomes a count of replicas."""

import os
import shutil
import subprocess

import pytest

from bed import ROOT, SLOW, need_tool, wait_for
from programs import program

EXAMPLE = ROOT / "examples" / "custom-controller"
PC = """\
Name: libkeda
Description: the build tree
Version: 0
Cflags: -I{include}
Libs: -L{lib} -Wl,-rpath,{lib} -lkeda
"""


@pytest.fixture
def controller(tmp_path):
    """Its program, made by its own Makefile against the build tree."""
    lib = program("kedad").parent.parent / "lib"
    (tmp_path / "libkeda.pc").write_text(PC.format(include=ROOT / "include", lib=lib))
    shutil.copytree(EXAMPLE, tmp_path / "example")
    subprocess.run([need_tool("make", "make"), "controller"], cwd=tmp_path / "example", check=True,
                   env={**os.environ, "PKG_CONFIG_PATH": str(tmp_path)}, timeout=120 * SLOW)
    return tmp_path / "example" / "controller"


def test_a_controller_of_ones_own(plane, space, counts, controller, tmp_path):
    plane.kubectl("apply", "-n", space, "-f", str(EXAMPLE / "deployment.yaml"))
    identity = plane.identity(space, "custom-controller")
    number = tmp_path / "number"
    number.write_text("0\n")
    with open(tmp_path / "out", "wb") as out:
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", controller, "--kubeconfig", identity.kubeconfig,
             "--namespace", space, "--deployment", "workers", "--signal", number],
            stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
    try:
        for signal, replicas in (("25", 3), ("40", 4), ("0", 0)):
            fresh = tmp_path / "fresh"
            fresh.write_text(signal + "\n")
            fresh.rename(number)
            wait_for(lambda r=replicas: plane.replicas(space, "workers") == r,
                     f"{replicas} replicas for {signal}", timeout=30)
        number.unlink()  # unknown is not zero, and not a reason to end
        process.terminate()
        assert process.wait(timeout=10 * SLOW) == 0
    finally:
        process.kill()
        process.wait(timeout=10)
    sequence = counts.sequence("workers")
    assert sequence == [0, 3, 4, 0], (tmp_path / "out").read_text()
    lines = (tmp_path / "out").read_text().splitlines()
    assert [line.partition(":")[0] for line in lines if "->" in line] == ["0 -> 3", "3 -> 4", "4 -> 0"]
    refused = plane.audit.requests(user=identity.user, code=403)
    assert refused == [], "its manifest gives too few rights"
