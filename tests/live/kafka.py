# SPDX-License-Identifier: Apache-2.0
"""A real Kafka broker (KRaft, one node) on loopback, as a test sees it: start, stop, pause, kill,
restart on the same data and ports; topics, messages, group offsets, and the true lag. The truth
comes from the confluent-kafka client and its own librdkafka, never from code of this tree."""

import contextlib
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from bed import SLOW, fetched, free_ports, need_tool, wait_for

USERS = {"PLAIN": ("alice", "alice-pw"), "SCRAM-SHA-256": ("bob", "bob-pw"),
         "SCRAM-SHA-512": ("carol", "carol-pw")}
CLUSTER_ID = "MkU3OEVBNTcwNTJENDM2Qk"
LISTENERS = {"PLAINTEXT": "PLAINTEXT", "SASL": "SASL_PLAINTEXT", "TLS": "SSL", "MTLS": "SSL",
             "SASLTLS": "SASL_SSL"}

SETTINGS = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{CONTROLLER}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listeners={listeners},CONTROLLER://127.0.0.1:{CONTROLLER}
advertised.listeners={listeners}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,{protocols}
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
{logins}
ssl.keystore.type=PEM
ssl.keystore.location={keystore}
ssl.truststore.type=PEM
ssl.truststore.location={truststore}
listener.name.mtls.ssl.client.auth=required
log.dirs={data}
num.partitions=3
auto.create.topics.enable=false
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
broker.heartbeat.interval.ms=200
broker.session.timeout.ms=1000
num.network.threads=1
num.io.threads=2
background.threads=1
"""

SETTINGS_4 = """\
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
"""

LOGGING = """\
rootLogger.level=warn
rootLogger.appenderRef.out.ref=out
appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d %p %c{1}: %m%n
"""

JVM = ["-Xms64m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]


def client_library():
    """The wheel's folder: `python` for imports, `librdkafka` for LD_LIBRARY_PATH."""
    folder = fetched("client")
    path = str(folder / "python")
    if path not in sys.path:
        sys.path.append(path)
    return folder


def kcat(*arguments, library=None, timeout=15, check=True):
    """Debian's kcat; `library` puts another librdkafka under it."""
    env = dict(os.environ)
    if library is not None:
        env["LD_LIBRARY_PATH"] = str(library)
    return subprocess.run([need_tool("kcat", "kcat"), *arguments], stdout=subprocess.PIPE, env=env,
                          stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                          timeout=timeout * SLOW, check=check)


class Broker:
    def __init__(self, version, folder, certificates):
        need_tool("java", "openjdk-17-jre-headless")
        need_tool("kcat", "kcat")
        client_library()
        self.version = version
        self.home = fetched(version)
        self.folder = Path(folder)
        self.certificates = certificates
        self.process = None
        self.archive = None
        self._clients = {}
        (self.folder / "log4j2.properties").write_text(LOGGING)

    # -- the process ------------------------------------------------------------------------

    def start(self):
        """A broker on fresh data; tried once more where a port went away meanwhile."""
        for attempt in (1, 2):
            self.ports = dict(zip([*LISTENERS, "CONTROLLER"], free_ports(len(LISTENERS) + 1)))
            self._write_settings()
            shutil.rmtree(self._data, ignore_errors=True)
            shutil.copytree(self._template(), self._data)
            try:
                return self.launch()
            except AssertionError:
                if attempt == 2 or "Address already in use" not in self.log():
                    raise

    def launch(self):
        """Starts on the data and the ports there are; returns when metadata is answered."""
        archive = self._archive_path()
        option = f"-XX:SharedArchiveFile={archive}"
        self.archive = None
        if not archive.exists():
            self.archive = self.folder / "new.jsa"
            option = f"-XX:ArchiveClassesAtExit={self.archive}"
        with open(self.folder / "broker.log", "ab") as log:
            self.process = subprocess.Popen(
                # The broker ends with us, however we end.
                ["setpriv", "--pdeathsig", "KILL", *self._java(option), "kafka.Kafka",
                 "server.properties"], cwd=self.folder, env=self._env(), stdout=log,
                stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT)
        wait_for(self.answers, f"Kafka {self.version} to answer", timeout=60, step=0.1)
        return self

    def answers(self):
        """One metadata request; a broker that ended fails the wait at once."""
        assert self.process.poll() is None, f"Kafka {self.version} ended:\n{self.log()[-2000:]}"
        try:
            answer = kcat("-b", self.address(), "-L", "-J", "-m", "2", timeout=5, check=False)
        except subprocess.TimeoutExpired:
            return False
        return answer.returncode == 0 and len(json.loads(answer.stdout)["brokers"]) == 1

    def stop(self):
        """The data is thrown away, so SIGKILL will do; a run that makes the class archive must
        end by SIGTERM, since the JVM writes it on the way out."""
        if self.process is None:
            return
        self._drop_clients()
        if self.archive is not None and self.is_alive():
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=30 * SLOW)
        self.process.kill()
        self.process.wait(timeout=10)
        self.process = None
        if self.archive is not None and self.archive.exists():
            with contextlib.suppress(OSError):
                os.replace(self.archive, self._archive_path())

    def is_alive(self):
        return self.process.poll() is None

    def kill(self):
        self._drop_clients()
        self.process.kill()
        self.process.wait(timeout=10)

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)
        wait_for(self.answers, "the paused broker to answer again", timeout=60, step=0.1)

    def log(self):
        return (self.folder / "broker.log").read_text(errors="replace")

    def address(self, listener="PLAINTEXT", host="127.0.0.1"):
        return f"{host}:{self.ports[listener]}"

    @property
    def _data(self):
        return self.folder / "data"

    def _write_settings(self):
        login = "org.apache.kafka.common.security"
        plain = f"{login}.plain.PlainLoginModule required user_alice=\"{USERS['PLAIN'][1]}\";"
        scram = f"{login}.scram.ScramLoginModule required;"
        logins = [f"listener.name.{name}.{mechanism}.sasl.jaas.config={module}"
                  for name in ("sasl", "sasltls")
                  for mechanism, module in (("plain", plain), ("scram-sha-256", scram),
                                            ("scram-sha-512", scram))]
        text = SETTINGS.format(
            CONTROLLER=self.ports["CONTROLLER"], logins="\n".join(logins), data=self._data,
            listeners=",".join(f"{name}://{self.address(name)}" for name in LISTENERS),
            protocols=",".join(f"{name}:{protocol}" for name, protocol in LISTENERS.items()),
            keystore=self.certificates.keystore, truststore=self.certificates.truststore)
        if self.version.startswith("4."):
            text += SETTINGS_4
        (self.folder / "server.properties").write_text(text)

    def _template(self):
        """A formatted data folder; formatting costs a second of JVM, so it is kept."""
        template = self.home / "template"
        if template.is_dir():
            return template
        fresh = self.folder / "data"
        scram = [part for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512") for part in
                 ("--add-scram", "{}=[name={},password={}]".format(mechanism, *USERS[mechanism]))]
        subprocess.run([*self._java(), "kafka.tools.StorageTool", "format", "-t", CLUSTER_ID,
                        "-c", "server.properties", *scram], cwd=self.folder, env=self._env(),
                       check=True, timeout=60 * SLOW, stdout=subprocess.DEVNULL)
        making = self.home / f"template.{os.getpid()}"
        shutil.copytree(fresh, making)
        shutil.rmtree(fresh)
        try:
            making.rename(template)
        except OSError:  # another run was quicker
            shutil.rmtree(making)
        return template

    def _archive_path(self):
        version = subprocess.run(["java", "-version"], stdout=subprocess.PIPE, check=True,
                                 stderr=subprocess.STDOUT, timeout=30).stdout
        return self.home / f"classes-{hashlib.sha256(version).hexdigest()[:12]}.jsa"

    def _env(self):
        return {**os.environ, "CLASSPATH": f"{self.home}/libs/*"}

    def _java(self, *options):
        return ["java", *JVM, *options,
                f"-Dlog4j2.configurationFile={self.folder}/log4j2.properties"]

    # -- topics, messages, offsets ------------------------------------------------------------

    def _client(self, kind):
        if kind not in self._clients:
            import confluent_kafka
            import confluent_kafka.admin
            settings = {"bootstrap.servers": self.address(), "log_level": 0,
                        "socket.timeout.ms": 10000}
            if kind == "admin":
                self._clients[kind] = confluent_kafka.admin.AdminClient(settings)
            else:
                self._clients[kind] = confluent_kafka.Producer({**settings, "linger.ms": 0})
        return self._clients[kind]

    def _drop_clients(self):
        self._clients.clear()

    def create_topic(self, name, partitions=1):
        from confluent_kafka.admin import NewTopic
        made = self._client("admin").create_topics([NewTopic(name, partitions, 1)])
        made[name].result(timeout=15 * SLOW)

        def has_leaders():
            seen = self._client("admin").list_topics(name, timeout=10).topics[name].partitions
            return len(seen) == partitions and all(p.leader == 1 for p in seen.values())
        wait_for(has_leaders, f"topic {name} to have leaders")

    def delete_topic(self, name):
        self._client("admin").delete_topics([name])[name].result(timeout=15 * SLOW)
        wait_for(lambda: name not in self.topics(), f"topic {name} to be gone")

    def topics(self):
        return set(self._client("admin").list_topics(timeout=10).topics)

    def produce(self, topic, counts, value="m"):
        """counts[p] messages to partition p; returns the ids, which are the messages' values."""
        producer, ids, failed = self._client("producer"), [], []

        def delivered(error, _message):
            if error is not None:
                failed.append(error)
        for partition, count in enumerate(counts):
            for number in range(count):
                ids.append(f"{value}-{partition}-{number}")
                producer.produce(topic, ids[-1].encode(), partition=partition, on_delivery=delivered)
        left = producer.flush(20 * SLOW)
        assert not left and not failed, f"{left} messages not sent, errors {failed}"
        return ids

    def trim(self, topic, partition, offset):
        """Moves the start of a partition's log, as retention does."""
        from confluent_kafka import TopicPartition
        place = TopicPartition(topic, partition, offset)
        for future in self._client("admin").delete_records([place]).values():
            future.result(timeout=15 * SLOW)

    def commit(self, group, topic, offsets):
        """offsets: partition → offset, of a group nobody needs to have joined."""
        self.commit_all({group: (topic, offsets)})

    def commit_all(self, groups):
        """group → (topic, {partition: offset}); in flight a hundred at a time."""
        from confluent_kafka import ConsumerGroupTopicPartitions, TopicPartition
        requests = [ConsumerGroupTopicPartitions(group, [TopicPartition(topic, p, o)
                                                         for p, o in offsets.items()])
                    for group, (topic, offsets) in groups.items()]
        for start in range(0, len(requests), 100):
            futures = [self._client("admin").alter_consumer_group_offsets([request])
                       for request in requests[start:start + 100]]
            for future in [f for answer in futures for f in answer.values()]:
                for place in future.result(timeout=30 * SLOW).topic_partitions:
                    assert place.error is None, f"commit: {place}"

    def end_offsets(self, topic):
        from confluent_kafka import TopicPartition
        from confluent_kafka.admin import OffsetSpec
        admin = self._client("admin")
        places = admin.list_topics(topic, timeout=10).topics[topic].partitions
        wanted = {TopicPartition(topic, p): OffsetSpec.latest() for p in places}
        return {place.partition: future.result(timeout=10 * SLOW).offset
                for place, future in admin.list_offsets(wanted).items()}

    def committed(self, group, topic, partitions):
        """partition → offset; None where the group has committed nothing."""
        from confluent_kafka import ConsumerGroupTopicPartitions, TopicPartition
        wanted = [TopicPartition(topic, p) for p in partitions]
        request = [ConsumerGroupTopicPartitions(group, wanted)]
        answer = self._client("admin").list_consumer_group_offsets(request)
        places = list(answer.values())[0].result(timeout=10 * SLOW).topic_partitions
        return {p.partition: p.offset if p.offset >= 0 else None for p in places}

    def lags(self, group, topic):
        """partition → end minus committed, of partitions with a commit."""
        ends = self.end_offsets(topic)
        committed = self.committed(group, topic, ends)
        return {p: ends[p] - o for p, o in committed.items() if o is not None}

    def unread(self, group, topic):
        """Messages the group has yet to do; a partition without commit counts in full."""
        ends = self.end_offsets(topic)
        committed = self.committed(group, topic, ends)
        return sum(end - (committed.get(p) or 0) for p, end in ends.items())

    def warm_up(self):
        """Makes the broker create its offsets topic, which the first commit waits for."""
        self.create_topic("warm-up")
        end = time.monotonic() + 30 * SLOW
        while True:
            try:
                return self.commit("warm-up", "warm-up", {0: 0})
            except Exception:  # the coordinator is not there yet
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)
