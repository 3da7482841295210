# SPDX-License-Identifier: Apache-2.0
"""kedactl simulate: tables, JSON lines, pictures, expectations, comparison, and what it refuses."""

import json
import os
import pty
import re
import subprocess
import xml.etree.ElementTree as tree

import pytest

from conftest import BUILD, ROOT, documents

FENCE = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.M | re.S)


@pytest.fixture
def work(tmp_path):
    """Documents with one trigger of target 10, from 0 to 20 replicas, and a place for files."""
    text = documents(tmp_path, maxReplicaCount=20).replace(
        "  annotations: {libkeda.io/polling-interval: 100ms, libkeda.io/sync-interval: 100ms}\n", "")
    (tmp_path / "work.yaml").write_text(text)
    return tmp_path


@pytest.fixture
def simulate(kedactl, work):
    def run(*arguments, **options):
        return kedactl("simulate", "-f", work / "work.yaml", *arguments, **options)
    return run


def lines_of(answer):
    assert answer.returncode == 0, answer.stderr
    return [json.loads(line) for line in answer.stdout.splitlines()]


def test_the_table_has_steps_changes_and_sums(simulate):
    answer = simulate("--trace", "step:from=0,to=35,at=1m", "--duration", "3m")
    assert (answer.returncode, answer.stderr) == (0, "")
    lines = answer.stdout.splitlines()
    assert lines[0].split() == ["TIME", "LAG", "ACTIVE", "WANTED", "REPLICAS", "WORKING", "REASON"]
    assert lines[3].split() == ["1m", "35", "yes", "4", "0", "->", "4", "4", "Activated"]
    assert any("1 changes of the count" in line for line in lines)
    assert any(re.fullmatch(r"most replicas +4", line) for line in lines)
    assert any(re.fullmatch(r"replica-seconds +480", line) for line in lines)


def test_json_lines_have_a_head_every_decision_and_the_sums(simulate, work):
    (work / "t.csv").write_text("t,s0\n2026-01-31T12:00:00Z,0\n2026-01-31T12:01:00Z,35\n2026-01-31T12:02:00Z,\n")
    head, *steps, summary = lines_of(simulate("--trace", work / "t.csv", "-o", "jsonl"))
    assert head == {"apiVersion": "libkeda.io/v1alpha1", "kind": "Simulation", "runs": 1}
    assert [s["t"] for s in steps] == [0, 30, 60, 75, 90, 105, 120]
    assert steps[2]["time"] == "2026-01-31T12:01:00.000Z"
    assert (steps[2]["from"], steps[2]["to"], steps[2]["reason"], steps[2]["active"]) == (0, 4, "Activated", True)
    assert steps[0]["due"] == ["poll"] and steps[3]["due"] == ["sync"]
    assert list(steps[2]["values"].values()) == [35] and steps[2]["lag"] == 35
    assert list(steps[6]["values"].values()) == [None] and steps[6]["to"] == 4
    assert "0 -> 4" in steps[2]["text"] and steps[3]["text"] == ""
    assert (summary["kind"], summary["decisions"], summary["unknownSteps"]) == ("Summary", 7, 1)
    assert "arrived" not in summary


def test_arrivals_are_served(simulate):
    *_, summary = lines_of(simulate("--trace", "constant:value=20", "--service-rate", "5", "--startup", "10s", "--pause",
                                    "2s", "--partitions", "8", "--backlog", "50", "-o", "jsonl"))
    assert summary["arrived"] == 72000 and 71000 < summary["served"] <= 72050
    assert summary["meanWaitingSeconds"] > 0


def test_two_runs_are_the_same_bytes(simulate, work):
    arguments = ["--trace", "poisson:mean=30,seed=3", "--trace", "sine:mean=10,amplitude=10,period=1h", "--service-rate", "4",
                 "--startup", "15s", "--duration", "1d"]
    seen = set()
    for i in range(2):
        table = simulate(*arguments, "--plot", work / f"{i}.svg", "--plot", "-")
        jsonl = simulate(*arguments, "-o", "jsonl")
        assert table.returncode == jsonl.returncode == 0
        seen.add((table.stdout, jsonl.stdout, (work / f"{i}.svg").read_bytes()))
    assert len(seen) == 1


def test_the_seed_changes_what_is_random(simulate):
    runs = {simulate("--trace", "poisson:mean=30", "--seed", seed).stdout for seed in (1, 2)}
    assert len(runs) == 2


def test_the_picture_is_sound_and_without_scripts(simulate, work):
    answer = simulate("--trace", "burst:base=5,peak=90,every=20m,for=4m", "--plot", work / "out.svg")
    assert answer.returncode == 0
    root = tree.parse(work / "out.svg").getroot()
    tags = {element.tag.split("}")[1] for element in root.iter()}
    titles = [element.text for element in root.iter("{http://www.w3.org/2000/svg}title")]
    assert tags <= {"svg", "style", "rect", "line", "path", "text", "title", "g"}
    assert any("0 -> 5" in title for title in titles), titles


@pytest.mark.parametrize("columns", [80, 120])
def test_the_terminal_picture_fits(simulate, columns):
    answer = simulate("--trace", "ramp:to=100,over=1h", "--plot", "-", env={"COLUMNS": str(columns)})
    picture = answer.stdout[answer.stdout.index("\nlag\n"):].splitlines()
    assert max(map(len, picture)) == columns and "\x1b" not in answer.stdout
    coloured = simulate("--trace", "ramp:to=100,over=1h", "--plot", "-", env={"CLICOLOR_FORCE": "1"})
    assert "\x1b[33m" in coloured.stdout
    plain = simulate("--trace", "ramp:to=100,over=1h", "--plot", "-", env={"CLICOLOR_FORCE": "1", "NO_COLOR": "1"})
    assert "\x1b" not in plain.stdout


def test_expectations_hold_or_say_what_differs(simulate, work):
    (work / "good.yaml").write_text("maxReplicas: 4\nreplicas: {0s: 0, 2m: {atLeast: 4}}\nneverUnknown: true\n")
    (work / "bad.yaml").write_text("maxReplicas: 4\nreplicas:\n  2m: 5\nscaleEvents: '<= 0'\n")
    (work / "wrong.yaml").write_text("maxReplica: 4\n")
    run = ["--trace", "step:from=0,to=35,at=1m", "--duration", "3m", "--expect"]
    assert simulate(*run, work / "good.yaml").returncode == 0
    bad = simulate(*run, work / "bad.yaml")
    assert bad.returncode == 1
    assert "bad.yaml:3:7: error: replicas.2m: expected 5, got 4" in bad.stderr
    assert "scaleEvents: expected at most 0, got 1" in bad.stderr
    wrong = simulate(*run, work / "wrong.yaml")
    assert wrong.returncode == 1 and "maxReplicas" in wrong.stderr


def test_two_configurations_are_compared(simulate, work):
    (work / "less.yaml").write_text((work / "work.yaml").read_text().replace("maxReplicaCount: 20", "maxReplicaCount: 3"))
    run = ["--trace", "constant:value=100", "--compare", work / "less.yaml"]
    table = simulate(*run, "--plot", work / "two.svg", "--plot", "-")
    assert re.search(r"^most replicas +10 +3 +-7$", table.stdout, re.M), table.stdout
    assert "replicas, compared" in table.stdout and "compared" in (work / "two.svg").read_text()
    rows = lines_of(simulate(*run, "-o", "jsonl"))
    assert [row["maxReplicas"] for row in rows if row["kind"] == "Summary"] == [10, 3]
    assert {row["run"] for row in rows if row["kind"] == "Step"} == {0, 1}


@pytest.mark.parametrize("arguments, code, words", [
    ([], 2, "--trace"),
    (["--trace", "ramp:to=5"], 1, "ramp needs over"),
    (["--trace", "missing.csv"], 1, "missing.csv"),
    (["--trace", "nope:a=1"], 1, "nor is it a generator: constant, ramp"),
    (["--trace", "negative.csv"], 1, "negative.csv:3:5: s0: a value is not below 0; write 0"),
    (["--trace", "negative.jsonl"], 1, "negative.jsonl:1:1: s0: a value is not below 0; write 0"),
    (["--trace", "constant:value=1,trigger=s9"], 1, "no trigger is called"),
    (["--trace", "bad.csv"], 1, "bad.csv:3:5: expected a number"),
    (["--trace", "bad.jsonl"], 1, "bad.jsonl:2:"),
    (["--trace", "other.csv"], 1, "no trigger is called"),
    (["--trace", "rate.csv"], 1, "service rate"),
    (["--trace", "constant(1)", "--duration", "soon"], 2, "--duration: expected seconds (90) or a duration"),
    (["--trace", "constant(1)", "--duration", "5y"], 2, "units d h m s"),
    (["--trace", "constant(1)", "--duration", "1000000d"], 2, "longer than a hundred years"),
    (["--trace", "ramp:to=1,over=40000d"], 1, "over is longer than a hundred years"),
    (["--trace", "constant(1)", "--service-rate", "0"], 2, "--service-rate"),
    (["--trace", "constant(1)", "--service-rate", "nan"], 2, "--service-rate"),
    (["--trace", "constant(1)", "--partitions", "-1"], 2, "--partitions"),
    (["--trace", "constant(1)", "--start", "noon"], 2, "--start"),
    (["--trace", "constant(1)", "--deviations", "no"], 2, "no deviation"),
    (["--trace", "constant(1)", "--plot", "-", "-o", "jsonl"], 2, "standard output"),
    (["--trace", "constant(1)", "--plot", "no/where.svg"], 1, "no/where.svg"),
    (["--trace", "constant(1)", "--compare", "missing.yaml"], 1, "missing.yaml"),
    (["--trace", "constant(1)", "--expect", "missing.yaml"], 1, "missing.yaml"),
    (["--trace", "constant(1)", "-o", "yaml"], 2, "jsonl"),
    (["other/workload", "--trace", "constant(1)"], 1, "other/workload"),
])
def test_what_is_wrong_is_said(simulate, work, arguments, code, words):
    (work / "bad.csv").write_text("t,s0\n0,1\n15, one\n")
    (work / "bad.jsonl").write_text('{"t":0,"s0":1}\n{"t":15,"s0"\n')
    (work / "other.csv").write_text("t,s7\n0,1\n")
    (work / "negative.csv").write_text("t,s0\n0,1\n15, -2\n")
    (work / "negative.jsonl").write_text('{"t":0,"s0":-1}\n')
    (work / "rate.csv").write_text("t,rate\n0,1\n60,1\n")
    here = os.getcwd()
    os.chdir(work)
    try:
        answer = simulate(*arguments)
    finally:
        os.chdir(here)
    assert (answer.returncode, words in answer.stderr) == (code, True), answer.stderr


@pytest.mark.parametrize("output", [[], ["-o", "jsonl"]])
def test_a_huge_run_is_refused_before_it_begins(simulate, output):
    answer = simulate("--trace", "constant(50)", "--duration", "36000d", *output)
    assert (answer.returncode, answer.stdout) == (1, "")
    assert "more than 10000000 decisions: 103680000 polls" in answer.stderr


@pytest.mark.parametrize("output", [[], ["-o", "jsonl"]])
def test_a_trigger_without_a_trace_is_told_before_any_output(simulate, work, output):
    """Also when only the second configuration has it."""
    text = (work / "work.yaml").read_text()
    at = text.index("  - type:")
    (work / "two.yaml").write_text(text[:at] + text[at:].split("\n---")[0].rstrip() + "\n" + text[at:])
    (work / "t.csv").write_text("t,s0\n0,1\n60,1\n")
    assert simulate("--trace", work / "t.csv", *output).returncode == 0
    answer = simulate("--trace", work / "t.csv", "--compare", work / "two.yaml", *output)
    assert (answer.returncode, answer.stdout) == (1, ""), answer.stdout
    assert "no trace is for trigger s1" in answer.stderr


def test_the_picture_marks_what_is_beyond_its_axis(simulate, work):
    for name, value, marks in (("most", 9000, 1), ("fits", 50, 0)):
        answer = simulate("--trace", f"step:from=0,to={value},at=10m,until=20m", "--plot", work / f"{name}.svg")
        assert answer.returncode == 0
        picture = (work / f"{name}.svg").read_text()
        assert picture.count("class='clip'") == marks
    assert "want up to 900<" in (work / "most.svg").read_text()


def test_jsonl_and_table_are_for_simulate_alone(kedactl):
    answer = kedactl("scalers", "-o", "jsonl")
    assert answer.returncode == 2 and "simulate" in answer.stderr


def test_deviations_change_what_is_decided(kedactl, work):
    """Upstream scales to zero what cannot be read, when its fallback is 0 and not in force yet."""
    text = (work / "work.yaml").read_text().replace(
        "cooldownPeriod: 0", "cooldownPeriod: 60\n  fallback: {failureThreshold: 1000, replicas: 0}")
    (work / "work.yaml").write_text(text)
    (work / "t.csv").write_text("t,s0\n0,50\n120,error\n1200,error\n")
    ends = {}
    for name in ("default", "none"):
        answer = kedactl("simulate", "-f", work / "work.yaml", "--trace", work / "t.csv", "-o", "jsonl", "--deviations", name)
        ends[name] = lines_of(answer)[-1]["finalReplicas"]
    assert ends == {"default": 5, "none": 0}


def test_progress_is_told_on_a_terminal_when_it_takes_long(modules, work):
    """And nowhere else: in pipes standard error stays empty but for errors."""
    leader, follower = pty.openpty()
    command = [str(BUILD / "bin/kedactl"), "simulate", "-f", str(work / "work.yaml"), "--trace", "constant(50)",
               "--duration", "3000d"]
    seen = b""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=follower,
                          env={**os.environ, "KEDA_PLUGIN_PATH": str(modules)}):
        os.close(follower)
        while True:
            try:
                piece = os.read(leader, 4096)
            except OSError:
                break
            if not piece:
                break
            seen += piece
    os.close(leader)
    assert b"simulating: " in seen and b"10000000 decisions" in seen


def test_the_page_and_its_picture_are_what_the_program_gives(kedactl, tmp_path):
    page = (ROOT / "docs/simulate.md").read_text()
    for kind, name, body in FENCE.findall(page):
        if name:
            (tmp_path / name).write_text(body)
    commands = "\n".join(body for kind, _, body in FENCE.findall(page) if kind == "sh")
    run = subprocess.run(["bash", "-euo", "pipefail", "-c", commands], cwd=tmp_path, capture_output=True, text=True,
                         env={**os.environ, "PATH": f"{BUILD}/bin:{os.environ['PATH']}"}, check=False)
    assert run.returncode == 0, run.stderr
    assert (tmp_path / "simulate.svg").read_bytes() == (ROOT / "docs/simulate.svg").read_bytes()
