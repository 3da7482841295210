# SPDX-License-Identifier: Apache-2.0
"""`make demo`: its own broker, real worker processes, half a minute."""

import re
import subprocess
import xml.etree.ElementTree as tree

from programs import program


def test_the_demo_goes_up_and_back_to_zero(tmp_path):
    picture = tmp_path / "demo.svg"
    run = subprocess.run([program("keda-demo"), picture], text=True, stdin=subprocess.DEVNULL, capture_output=True,
                         timeout=120, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    last = run.stdout.splitlines()[-1]
    found = re.fullmatch(r"demo: 0 -> (\d+) -> 0 replicas, (\d+) messages consumed, 0 lost", last)
    assert found and int(found[1]) > 1 and int(found[2]) > 0, last
    assert tree.parse(picture).getroot().tag.endswith("svg")
