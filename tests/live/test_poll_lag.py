# SPDX-License-Identifier: Apache-2.0
"""The truth of the numbers: `kedactl poll` against offsets which other clients set and read. The
expected values are computed here from those offsets by KEDA's rules (spec: scalers-core 3.3)."""

import pytest

from documents import file_of, kafka, process_pool, scaled_object
from programs import poll


@pytest.fixture
def lag(tmp_path, name):
    """Polls one trigger of group `name`; returns its line, or the whole answer where it failed."""
    def ask(broker, topic=None, group=None, may_fail=False, **metadata):
        trigger = kafka(broker.address(), group or name, topic or None, **metadata)
        text = file_of(process_pool("pool", ["/bin/true"]),
                       scaled_object("orders", [trigger], pool="pool"))
        answer = poll(tmp_path, text)
        if may_fail:
            return answer
        assert answer.exit == 0, answer.output
        return answer.triggers[0]
    return ask


def topic_of(broker, name, counts, committed=None):
    broker.create_topic(name, len(counts))
    broker.produce(name, counts)
    if committed:
        broker.commit(name, name, committed)
    return name


def seen(trigger):
    return trigger["value"], trigger["active"]


def test_sum_over_partitions(lag, broker, name):
    topic_of(broker, name, [15, 10, 4], {0: 5, 1: 10, 2: 3})
    truth = sum(broker.lags(name, name).values())
    assert truth == 10 + 0 + 1
    assert seen(lag(broker, name)) == (truth, True)


def test_nothing_to_do(lag, broker, name):
    topic_of(broker, name, [4, 4], {0: 4, 1: 4})
    assert seen(lag(broker, name)) == (0, False)


def test_it_follows_new_commits_and_messages(lag, broker, name):
    topic_of(broker, name, [8, 2], {0: 0, 1: 0})
    assert seen(lag(broker, name)) == (10, True)
    broker.commit(name, name, {0: 6, 1: 2})
    assert seen(lag(broker, name)) == (2, True)
    broker.produce(name, [0, 5])
    assert seen(lag(broker, name)) == (7, True)


def test_unknown_group_counts_one_per_partition(lag, broker, name):
    topic_of(broker, name, [100, 0, 7])
    assert broker.committed(name, name, [0, 1, 2]) == {0: None, 1: None, 2: None}
    assert seen(lag(broker, name)) == (3, True)


def test_no_commit_and_zero_on_invalid_offset(lag, broker, name):
    topic_of(broker, name, [100, 0])
    assert seen(lag(broker, name, scaleToZeroOnInvalidOffset="true")) == (0, False)


def test_no_commit_and_earliest_is_the_end_offset(lag, broker, name):
    topic_of(broker, name, [100, 6])
    broker.trim(name, 0, 90)
    ask = {"offsetResetPolicy": "earliest", "allowIdleConsumers": "true"}
    assert seen(lag(broker, name, **ask)) == (106, True)


def test_some_partitions_without_commit(lag, broker, name):
    topic_of(broker, name, [9, 50, 20], {0: 5})
    assert broker.committed(name, name, [0, 1, 2]) == {0: 5, 1: None, 2: None}
    assert seen(lag(broker, name)) == (4 + 1 + 1, True)
    ask = {"offsetResetPolicy": "earliest", "allowIdleConsumers": "true"}
    assert seen(lag(broker, name, **ask)) == (4 + 50 + 20, True)


def test_cap_by_partitions(lag, broker, name):
    """Whole multiples of the threshold beyond one per partition are cut; less than one is not."""
    topic_of(broker, name, [19, 0], {0: 0, 1: 0})
    assert seen(lag(broker, name)) == (10, True)
    assert seen(lag(broker, name, allowIdleConsumers="true")) == (19, True)
    broker.commit(name, name, {0: 5})
    assert seen(lag(broker, name)) == (14, True)


def test_limit_to_partitions_with_lag(lag, broker, name):
    topic_of(broker, name, [100, 3, 3, 3, 3], {0: 0, 1: 3, 2: 3, 3: 3, 4: 3})
    assert seen(lag(broker, name, limitToPartitionsWithLag="true")) == (5, True)


def test_even_distribution(lag, broker, name):
    """25 with a threshold of 10 on 10 partitions: the next divisor is 5."""
    topic_of(broker, name, [25] + [0] * 9, dict.fromkeys(range(10), 0))
    ask = {"ensureEvenDistributionOfPartitions": "true", "lagThreshold": "10"}
    assert seen(lag(broker, name, **ask)) == (50, True)


def test_partition_limitation(lag, broker, name):
    topic_of(broker, name, [1, 2, 4, 8, 16, 32], dict.fromkeys(range(6), 0))
    ask = {"partitionLimitation": "0, 2-3 ,5", "allowIdleConsumers": "true"}
    assert seen(lag(broker, name, **ask)) == (1 + 4 + 8 + 32, True)


def test_partition_limitation_that_leaves_none(lag, broker, name):
    topic_of(broker, name, [1, 2], {0: 0, 1: 0})
    answer = lag(broker, name, may_fail=True, partitionLimitation="7")
    assert answer.exit == 1 and name in str(answer.triggers[0]["error"]), answer.output


def test_activation_is_strictly_above(lag, broker, name):
    topic_of(broker, name, [10], {0: 0})
    ask = {"allowIdleConsumers": "true"}
    assert seen(lag(broker, name, activationLagThreshold="10", **ask)) == (10, False)
    assert seen(lag(broker, name, activationLagThreshold="9", **ask)) == (10, True)


def test_all_topics_of_the_group(lag, broker, name):
    for topic, counts, committed in ((f"{name}-a", [5, 6], {0: 1, 1: 2}), (f"{name}-b", [7], {0: 7}),
                                     (f"{name}-c", [3, 9], {1: 8}), (f"{name}-d", [99], None)):
        broker.create_topic(topic, len(counts))
        broker.produce(topic, counts)
        if committed:
            broker.commit(name, topic, committed)
    # Topic d is not the group's; partition 0 of c has no commit and counts one.
    truth = (4 + 4) + 0 + (1 + 1)
    assert seen(lag(broker, allowIdleConsumers="true")) == (truth, True)


def test_all_topics_of_a_group_without_any(lag, broker):
    assert seen(lag(broker, group="nobody-knows-me")) == (0, False)


def test_unknown_topic(lag, broker, name):
    answer = lag(broker, name, may_fail=True)
    assert answer.exit == 1 and answer.seconds < 10, answer.output
    error = str(answer.triggers[0]["error"])
    assert name in error and "unknown" in error.lower(), error
    assert name not in broker.topics(), "the question made the topic"


def test_deleted_and_made_again(lag, broker, name):
    """A committed offset beyond the end is negative lag: shown as 0, and nothing to do."""
    topic_of(broker, name, [10], {0: 10})
    broker.delete_topic(name)
    topic_of(broker, name, [4])
    committed = broker.committed(name, name, [0])[0]
    expected = (1, True) if committed is None else (0, False)
    assert seen(lag(broker, name)) == expected


def test_uncommitted_transactions_count(lag, broker, name):
    """Lag is up to the high watermark, open transactions included."""
    from confluent_kafka import Producer
    topic_of(broker, name, [2], {0: 2})
    producer = Producer({"bootstrap.servers": broker.address(), "transactional.id": name})
    producer.init_transactions(20)
    producer.begin_transaction()
    producer.produce(name, b"open", partition=0)
    producer.flush(20)
    try:
        assert seen(lag(broker, name)) == (1, True)
    finally:
        producer.abort_transaction(20)


def test_one_broken_trigger_among_good_ones(broker, name, tmp_path):
    topic_of(broker, name, [3], {0: 0})
    triggers = [kafka(broker.address(), name, name), kafka(broker.address(), name, f"no-{name}"),
                kafka(broker.address(), name, name, lagThreshold="2")]
    text = file_of(process_pool("pool", ["/bin/true"]), scaled_object("orders", triggers, pool="pool"))
    answer = poll(tmp_path, text)
    assert answer.exit == 1, answer.output
    assert [t.get("value") for t in answer.triggers] == [3, None, 3], answer.output
    assert [bool(t.get("error")) for t in answer.triggers] == [False, True, False], answer.output
