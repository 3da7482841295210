# SPDX-License-Identifier: Apache-2.0
"""kedactl explain on a running kedad, and deviations by name."""

import re

import pytest

from conftest import ROOT, documents


@pytest.fixture
def file(tmp_path, spool):
    path = tmp_path / "work.yaml"
    path.write_text(documents(spool.path, maxReplicaCount=6))
    return path


def explain(kedactl, kedad, *arguments):
    run = kedactl("explain", *arguments, "--server", kedad.socket)
    assert run.returncode == 0, run.stderr
    assert 0 < run.stdout.count("\n") <= 12, run.stdout
    return run.stdout


def test_explains_what_bound_and_what_would_have_changed_it(start, spool, file, kedactl):
    spool.fill(35)
    kedad = start("-f", file)
    kedad.wait(lambda: kedad.replicas() == 4, "4 workers")
    text = kedad.wait(lambda: (lambda said: "stays 4" in said and said)(explain(kedactl, kedad, "work")),
                      "the count to stay")
    assert "35" in text and "target 10 per replica" in text and "wants 4" in text, text
    flip = re.search(r"smallest change: 4 -> (\d+) had \S+ been (above|at most|below) (\d+)", text)
    assert flip, text
    spool.fill(300)
    kedad.wait(lambda: kedad.replicas() == 6, "6 workers")
    text = kedad.wait(lambda: (lambda said: "stays 6" in said and said)(explain(kedactl, kedad, "default/work")),
                      "the count to stay at the maximum")
    assert "(TooManyReplicas)" in text and "wants 30" in text, text
    assert kedad.stop() == 0


def test_explains_the_past(start, spool, file, kedactl):
    kedad = start("-f", file)
    kedad.wait(lambda: kedactl("explain", "work", "--server", kedad.socket).returncode == 0, "a decision")
    run = kedactl("explain", "work", "--at", "2020-01-01T00:00:00Z", "--server", kedad.socket)
    assert run.returncode == 1 and "made later" in run.stderr, run.stderr
    explain(kedactl, kedad, "work", "--at", "2100-01-01T00:00:00Z")
    for arguments in (["work", "--at", "yesterday"], []):
        assert kedactl("explain", *arguments, "--server", kedad.socket).returncode == 2
    run = kedactl("explain", "nobody", "--server", kedad.socket)
    assert run.returncode == 1 and "there is no workload default/nobody" in run.stderr, run.stderr
    assert kedad.stop() == 0


def test_deviations_are_named(start, file, kedactl):
    kedad = start("-f", file, "--deviations", "all,none,default,PausedInactive")
    assert kedad.stop() == 0
    kedad = start("-f", file, "--deviations", "default,Nonsense", wait_ready=False)
    assert kedad.process.wait(timeout=30) == 2
    kedad.reader.join(timeout=10)
    said = "".join(kedad.raw)
    page = (ROOT / "docs/deviations.md").read_text()
    names = re.findall(r"^\| `(\w+)` \|", page, re.M)
    assert '"Nonsense"' in said and len(names) == 18
    assert all(name in said for name in names), said
