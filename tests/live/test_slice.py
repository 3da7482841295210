# SPDX-License-Identifier: Apache-2.0
"""The whole slice on a real broker: 200 messages on 10 partitions, consumers as worker processes,
0 → N → 0 by the HPA's default steps, and `kedactl poll` telling the true lag meanwhile."""

import sys
from pathlib import Path

from documents import SYNC_EACH_SECOND, file_of, kafka, process_pool, scaled_object
from programs import Workers, poll

PARTITIONS, THRESHOLD = 10, 5


def capped(lag):
    """KEDA's cap for a group that may not have idle consumers."""
    return PARTITIONS * THRESHOLD if lag // THRESHOLD > PARTITIONS else lag


def compare_with_truth(folder, broker, topic, text):
    """Asks kedactl between two looks at the true lag; nothing is produced meanwhile, so the answer
    lies between them. Returns False where some partition has no commit yet: that counts as one."""
    before = broker.lags(topic, topic)
    answer = poll(folder, text)
    after = broker.lags(topic, topic)
    if len(before) < PARTITIONS:
        return False
    assert answer.exit == 0, answer.output
    value = answer.triggers[0]["value"]
    high, low = capped(sum(before.values())), capped(sum(after.values()))
    assert low <= value <= high, f"kedactl says {value}, the truth was {high} and then {low}"
    return True


def test_it_scales_a_pool_of_consumers_up_and_back_to_zero(broker, wheel, kedad, name, tmp_path):
    out = tmp_path / "out"
    workers = Workers(out)
    command = [sys.executable, "-B", str(Path(__file__).with_name("worker.py")),
               "--library", str(wheel / "python"), "--bootstrap", broker.address(), "--group", name,
               "--topic", name, "--out", str(out), "--work-ms", "1250"]
    broker.create_topic(name, PARTITIONS)
    # There before kedad is: its first look sees all of them, never a part.
    produced = broker.produce(name, [20] * PARTITIONS)
    broker.commit(name, name, dict.fromkeys(range(PARTITIONS), 0))
    text = file_of(process_pool(name, command),
                   scaled_object(name, [kafka(broker.address(), name, name)],
                                 annotations=SYNC_EACH_SECOND))
    daemon = kedad(text)
    compared = 0

    def finished():
        nonlocal compared
        compared += compare_with_truth(tmp_path, broker, name, text)
        return broker.unread(name, name) == 0
    daemon.wait(finished, "all messages to be consumed", timeout=120, step=1)
    daemon.wait(lambda: daemon.changes(name) and daemon.changes(name)[-1].to == 0,
                "the decision for 0", timeout=20)
    daemon.wait(lambda: workers.count() == 0, "the workers to end", timeout=10)

    changes = daemon.changes(name)
    assert [(c.frm, c.to) for c in changes] == [(0, 4), (4, 8), (8, 10), (10, 0)]
    assert all(change.reason for change in changes), changes
    assert compared >= 5
    done = [line for file in out.glob("*.ids") for line in file.read_text().split()]
    assert set(done) == set(produced), f"{len(set(produced) - set(done))} messages lost"
    print(f"{len(done) - len(produced)} duplicates, {compared} polls compared, {changes}")
    assert len(workers.started()) == 10, "a worker was started again without need"
    answer = poll(tmp_path, text)
    assert (answer.triggers[0]["value"], answer.triggers[0]["active"]) == (0, False)
