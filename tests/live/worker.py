# SPDX-License-Identifier: Apache-2.0
"""A worker process as users write them: takes a message, works on it, writes down its id, commits.
Started by kedad's process pool; ends on SIGTERM after the message in hand."""

import argparse
import os
import signal
import sys
import time
from pathlib import Path

parser = argparse.ArgumentParser()
for option in ("--library", "--bootstrap", "--group", "--topic", "--out"):
    parser.add_argument(option, required=True)
parser.add_argument("--work-ms", type=int, required=True)
arguments = parser.parse_args()
sys.path.append(arguments.library)

from confluent_kafka import Consumer, KafkaException  # noqa: E402

running = True


def stop(_signal, _frame):
    global running
    running = False


signal.signal(signal.SIGTERM, stop)
out = Path(arguments.out)
(out / str(os.getpid())).touch()
consumer = Consumer({"bootstrap.servers": arguments.bootstrap, "group.id": arguments.group,
                     "auto.offset.reset": "earliest", "enable.auto.commit": False,
                     "session.timeout.ms": 6000, "log_level": 0,
                     # One message in hand and few behind it: partitions can change hands.
                     "queued.min.messages": 1, "fetch.wait.max.ms": 100})
consumer.subscribe([arguments.topic])
with open(out / f"{os.getpid()}.ids", "a", encoding="utf-8") as ids:
    while running:
        message = consumer.poll(0.1)
        if message is None or message.error():
            continue
        time.sleep(arguments.work_ms / 1000)
        ids.write(message.value().decode() + "\n")
        ids.flush()
        try:
            consumer.commit(message, asynchronous=False)
        except KafkaException:  # the partition went to another worker: it does the message again
            pass
consumer.close()
