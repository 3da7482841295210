# SPDX-License-Identifier: Apache-2.0
"""kedad --journal, kedactl replay and explain --journal; and the page that tells of them."""

import json
import os
import re
import subprocess
import zlib
from datetime import datetime, timezone

import pytest

from conftest import BUILD, ROOT, documents

FENCE = re.compile(r"^```(\w+)(?: recorded)?\n(.*?)^```$", re.M | re.S)
RECORDED = ROOT / "tests/record/data/v1.0-orders.jsonl"


@pytest.fixture
def journal(tmp_path):
    path = tmp_path / "orders.journal"
    path.write_bytes(RECORDED.read_bytes())
    return path


@pytest.fixture
def recorded(start, spool, tmp_path):
    """Journal of a kedad that went from 0 to 4 workers and back."""
    file, path = tmp_path / "work.yaml", tmp_path / "journal"
    file.write_text(documents(spool.path))
    kedad = start("-f", file, "--journal", path)
    for files, workers in ((35, 4), (12, 2), (0, 0)):
        spool.fill(files)
        kedad.wait(lambda n=workers: kedad.replicas() == n, f"{workers} workers")
    assert kedad.metric("keda_journal_errors_total") == 0
    assert kedad.stop() == 0
    return path


def resealed(line):
    body = line[:line.rindex(',"crc":"')]
    return f'{body},"crc":"{zlib.crc32(body.encode()):08x}"}}'


def test_what_kedad_recorded_is_decided_again(recorded, kedactl):
    run = kedactl("replay", recorded)
    assert run.returncode == 0, run.stdout + run.stderr
    found = re.fullmatch(r"replayed (\d+) decisions of 1 workload: no difference\n", run.stdout)
    assert found and int(found[1]) >= 3 and run.stderr == "", run.stdout
    assert recorded.stat().st_mode & 0o777 == 0o600
    lines = [json.loads(line) for line in recorded.read_text().splitlines()]
    assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1))
    assert [line["kind"] for line in lines[:3]] == ["file", "snapshot", "decision"]


def test_one_flipped_digit_is_found(recorded, kedactl):
    text = recorded.read_text()
    lines = text.splitlines()
    at = next(i for i, line in enumerate(lines) if '"raw":' in line and '"written"' in line)
    items = re.search(r'"items_milli":\[(\d)', lines[at])
    lines[at] = lines[at][:items.start(1)] + ("9" if items[1] != "9" else "1") + lines[at][items.end(1):]
    recorded.write_text("\n".join(lines) + "\n")
    run = kedactl("replay", recorded)
    assert run.returncode == 1 and f"{recorded}:{at + 1}: damaged: its checksum" in run.stderr, run.stderr
    lines[at] = resealed(lines[at])
    recorded.write_text("\n".join(lines) + "\n")
    run = kedactl("replay", recorded)
    assert run.returncode == 1 and run.stdout.startswith(f"{recorded}:{at + 1}: default/work at "), run.stdout
    assert "recorded " in run.stdout and "decided now: " in run.stdout, run.stdout


def test_a_torn_end_is_left_out_and_cut_off(recorded, kedactl, start, tmp_path):
    with recorded.open("a") as file:
        file.write('{"v":"1.0","seq":99')
    run = kedactl("replay", recorded)
    assert run.returncode == 0 and "a torn last line was left out" in run.stderr, run.stderr
    kedad = start("-f", tmp_path / "work.yaml", "--journal", recorded)
    assert kedad.said("a torn last line was cut off")
    assert kedad.stop() == 0
    run = kedactl("replay", recorded)
    assert run.returncode == 0 and run.stderr == "", run.stderr


def test_two_kedads_do_not_share_a_journal(start, spool, tmp_path):
    file, path = tmp_path / "work.yaml", tmp_path / "journal"
    file.write_text(documents(spool.path))
    first = start("-f", file, "--journal", path)
    second = start("-f", file, "--journal", path, "--state-file", "0", wait_ready=False)
    assert second.process.wait(timeout=30) == 1
    second.reader.join(timeout=10)
    assert "in use by another process" in "".join(second.raw)
    assert first.stop() == 0


def test_a_full_disk_stops_nothing(start, spool, tmp_path):
    file, path = tmp_path / "work.yaml", tmp_path / "journal"
    file.write_text(documents(spool.path))
    path.symlink_to("/dev/full")
    kedad = start("-f", file, "--journal", path)
    spool.fill(35)
    kedad.wait(lambda: kedad.replicas() == 4, "4 workers")
    kedad.wait(lambda: kedad.metric("keda_journal_errors_total") > 0, "an error counted")
    assert len(kedad.said("journal not written")) == 1
    assert kedad.stop() == 0


def test_explains_from_a_journal(journal, kedactl):
    run = kedactl("explain", "orders", "--journal", journal, "--at", "2026-01-31T12:01:40Z")
    assert run.returncode == 0 and "stays 4 (Metric)" in run.stdout, run.stderr
    newest = kedactl("explain", "default/orders", "--journal", journal)
    assert "ETIMEOUT" in newest.stdout, newest.stderr
    assert kedactl("explain", "default/orders", "--journal", journal, "--at", "2100-01-01T00:00:00Z").stdout == newest.stdout
    for arguments, code, word in ((["orders", "--at", "2020-01-01T00:00:00Z"], 1, "made later"),
                                  (["orders", "--at", "1960-01-01T00:00:00Z"], 1, "made later"),
                                  (["other"], 1, "no such workload"),
                                  (["orders", "--at", "noon"], 2, "--at is a time")):
        run = kedactl("explain", *arguments, "--journal", journal)
        assert run.returncode == code and word in run.stderr, run.stderr
    assert kedactl("explain", "orders", "--journal", journal.parent / "none").returncode == 1


def test_explains_what_the_live_answer_explains(start, spool, kedactl, tmp_path):
    file, path = tmp_path / "work.yaml", tmp_path / "journal"
    file.write_text(documents(spool.path).replace("sync-interval: 100ms", "sync-interval: 2s"))
    kedad = start("-f", file, "--journal", path)
    spool.fill(35)
    kedad.wait(lambda: kedad.replicas() == 4, "4 workers")
    kedad.wait(lambda: '"reason":"Metric"' in path.read_text(), "a sync")
    spool.fill(36)

    def polls():
        return [line for line in map(json.loads, path.read_text().rpartition("\n")[0].splitlines())
                if line.get("result", {}).get("reason") == "NoSync" and line["readings"][0]["items_milli"] == [36000]]
    kedad.wait(polls, "a poll behind it")
    live = kedactl("explain", "work", "--server", kedad.socket)
    assert kedad.stop() == 0
    wall = polls()[-1]["wall"]
    at = datetime.fromtimestamp(wall // 1000, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
    for run in (live, kedactl("explain", "work", "--journal", path),
                kedactl("explain", "work", "--journal", path, "--at", f"{at}.{wall % 1000:03}Z")):
        assert run.returncode == 0 and "stays 4 (Metric)" in run.stdout.splitlines()[0], run.stdout + run.stderr


def test_at_takes_fractions_and_offsets(journal, kedactl):
    def explained(at, code=0):
        run = kedactl("explain", "orders", "--journal", journal, "--at", at)
        assert run.returncode == code, run.stdout + run.stderr
        return run.stdout or run.stderr
    # The decision of 12:01:04.786 is the one that activates.
    before, made = explained("2026-01-31T12:01:04.785Z"), explained("2026-01-31T12:01:04.786Z")
    assert "Activated" in made and "Activated" not in before
    for same in ("2026-01-31T12:01:04Z", "2026-01-31T12:01:04.7869999Z", "2026-01-31T13:01:04+01:00",
                 "2026-01-31T06:31:04.786-05:30", "2026-02-01T11:01:04.786+23:00"):
        assert explained(same) == made, same
    assert explained("2026-01-31T12:01:04.0Z") == before
    for wrong in ("2026-01-31T12:01:04", "2026-01-31T12:01:04.Z", "2026-01-31T12:01:04+1:00", "2026-01-31T12:01:04+24:00",
                  "2026-01-31T12:01:04+01:00Z", "2026-01-31T12:01:04 Z"):
        assert "+01:00" in explained(wrong, 2), wrong


@pytest.mark.parametrize("at", ["12:00:00", "12:01:05", "12:01:40", "12:02:05", "12:02:20"])
def test_the_smallest_change_holds_to_a_thousandth(journal, kedactl, at):
    at = f"2026-01-31T{at}Z"
    said = kedactl("explain", "orders", "--journal", journal, "--at", at).stdout
    flip = re.search(r"smallest change: (\d+) -> (\d+) had (\S+) been (?:known, )?(above|at most|below|at least) ([\d.]+)",
                     said)
    assert flip, said
    to, metric, how, value = int(flip[2]), flip[3], flip[4], round(float(flip[5]) * 1000)
    enough = value + {"above": 1, "at most": 0, "below": -1, "at least": 0}[how]
    less = enough + (-1 if how in ("above", "at least") else 1)

    def decided(milli):
        run = kedactl("replay", journal, "--at", at, "--set", f"{metric}={milli / 1000:.3f}")
        assert run.returncode == 0, run.stderr
        return run.stdout.splitlines()[-1]
    assert re.fullmatch(rf"the outcome changes from \d+ to {to}", decided(enough)), said
    assert decided(less).startswith("the outcome stays "), said


@pytest.mark.parametrize("at", ["12:01:50", "12:02:20", "12:03:20", "12:07:05"])
def test_the_formulas_result_can_be_set(kedactl, at):
    formula, at = RECORDED.with_name("v1.0-formula.jsonl"), f"2026-01-31T{at}Z"
    said = kedactl("explain", "orders", "--journal", formula, "--at", at).stdout
    flip = re.search(r"smallest change: \d+ -> (\d+) had (.*) been (above|at least) ([\d.]+)", said)
    assert flip, said
    metric = "composite-metric" if flip[2] == "the formula's result" else flip[2]
    enough = float(flip[4]) + (0.001 if flip[3] == "above" else 0)

    def outcome(milli):
        return decided(f"{milli / 1000:.3f}", metric).splitlines()[-1]

    def decided(value, metric="composite-metric"):
        run = kedactl("replay", formula, "--at", at, "--set", f"{metric}={value}")
        assert run.returncode == 0, run.stderr
        return run.stdout
    assert outcome(enough * 1000).endswith(f" to {flip[1]}"), said
    assert outcome(enough * 1000 - 1).startswith("the outcome stays "), said
    assert "the formula's result 2.001" in decided("2.001")


def test_set_of_the_formulas_result_says_what_is_wrong(journal, kedactl):
    formula = RECORDED.with_name("v1.0-formula.jsonl")
    # Readings that are unknown keep no result from being looked at.
    run = kedactl("replay", formula, "--at", "2026-01-31T12:06:50Z", "--set", "composite-metric=200")
    assert run.returncode == 0 and "unknown" in run.stdout.splitlines()[0], run.stdout
    assert "the outcome changes from 5 to " in run.stdout, run.stdout
    for path, change, word in ((journal, "composite-metric=1", "there is no metric composite-metric; there is s0-script-orders\n"),
                               (formula, "nope=1", "s1-script-second, composite-metric\n"),
                               (formula, "composite-metric=unknown", "a number from 0 to 9000000000000, not"),
                               (formula, "composite-metric=-1", "a number from 0 to")):
        run = kedactl("replay", path, "--set", change)
        assert run.returncode == 2 and word in run.stderr, run.stderr


def test_set_says_what_is_wrong(journal, kedactl):
    for arguments, word in ((["nope=1"], "there is s0-script-orders"), (["nope"], "NAME=VALUE"),
                            (["0=-1"], "number from 0"), (["0=many"], "number from 0"),
                            (["0=1e300"], "from 0 to 9000000000000")):
        run = kedactl("replay", journal, "--set", *arguments)
        assert run.returncode == 2 and word in run.stderr, run.stderr
    run = kedactl("replay", journal, "--at", "2026-01-31T12:01:40Z", "--set", "0=unknown")
    assert run.returncode == 0 and "the outcome stays 4" in run.stdout, run.stderr


def test_replay_says_what_it_cannot_read(kedactl, tmp_path):
    assert kedactl("replay").returncode == 2
    run = kedactl("replay", tmp_path / "none")
    assert run.returncode == 1 and "none: No such file" in run.stderr
    other = tmp_path / "other"
    other.write_text("hello\n")
    run = kedactl("replay", other)
    assert run.returncode == 1 and f"{other}:1: expected a line of a journal" in run.stderr
    body = '{"v":"2.0","seq":1,"wall":1,"kind":"file"'
    other.write_text(resealed(body + ',"crc":""}') + "\n")
    run = kedactl("replay", other)
    assert run.returncode == 1 and "version 2.0 of the journal: this library reads 1.x" in run.stderr, run.stderr


def test_nothing_to_replay_is_a_negative_answer(journal, kedactl, tmp_path):
    for name in ("orders", "default/orders"):
        run = kedactl("replay", journal, "--workload", name)
        assert run.returncode == 0 and "replayed 9 decisions of 1 workload" in run.stdout, run.stderr
    run = kedactl("replay", journal, "--workload", "orders", "--set", "0=unknown")
    assert run.returncode == 0 and "the outcome " in run.stdout, run.stderr
    empty, torn = tmp_path / "empty", tmp_path / "torn"
    empty.write_text("")
    torn.write_text('{"v":"1.0","seq":1')
    for arguments, word in (([journal, "--workload", "basic"], "no such workload: default/basic"),
                            ([journal, "--workload", "other/orders"], "no such workload: other/orders"),
                            ([empty], "there is no decision"), ([torn], "there is no decision")):
        run = kedactl("replay", *arguments)
        assert run.returncode == 1 and run.stdout == "", run.stdout
        assert "nothing to replay" in run.stderr and word in run.stderr, run.stderr
    assert "there is no decision" in kedactl("replay", empty, "--set", "0=1").stderr


def test_a_time_of_replay_needs_a_change(journal, kedactl):
    run = kedactl("replay", journal, "--at", "2026-01-31T12:01:40Z")
    assert run.returncode == 2 and run.stdout == "" and "--set" in run.stderr, run.stderr


@pytest.mark.parametrize("arguments", [["replay", RECORDED], ["explain", "orders", "--journal", RECORDED], ["scalers"],
                                       ["version"], ["crd"], ["--help"]])
def test_output_that_cannot_be_written_is_an_error(arguments):
    with open("/dev/full", "w", encoding="utf-8") as full:
        run = subprocess.run([str(BUILD / "bin/kedactl"), *map(str, arguments)], stdout=full, stderr=subprocess.PIPE,
                             text=True, check=False)
    assert run.returncode == 5 and "the output could not be written" in run.stderr, run.stderr


def test_rotated_files_are_read_when_asked(journal, kedactl):
    journal.rename(journal.parent / "orders.journal.1")
    journal.write_bytes(RECORDED.read_bytes())
    assert "replayed 18 decisions" in kedactl("replay", journal, "--rotated").stdout
    assert "replayed 9 decisions" in kedactl("replay", journal).stdout
    assert "replayed 18 decisions" in kedactl("replay", journal, f"{journal}.1").stdout


@pytest.mark.parametrize("arguments", [["--journal-max-bytes", "12"], ["--journal-files", "0"], ["--journal-files", "x"]])
def test_kedad_checks_its_options(start, spool, tmp_path, arguments):
    kedad = start("-f", tmp_path, *arguments, wait_ready=False)
    assert kedad.process.wait(timeout=30) == 2


def test_the_page_says_what_the_program_gives(journal):
    fences = FENCE.findall((ROOT / "docs/journal.md").read_text())
    commands = "".join(body for kind, body in fences if kind == "sh")
    run = subprocess.run(["bash", "-euo", "pipefail", "-c", commands], cwd=journal.parent, capture_output=True, text=True,
                         env={**os.environ, "PATH": f"{BUILD}/bin:{os.environ['PATH']}"}, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout == "".join(body for kind, body in fences if kind == "text" and not body.startswith("kedad "))
