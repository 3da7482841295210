# SPDX-License-Identifier: Apache-2.0
"""A thousand triggers of a thousand groups on one cluster: one shared client, all numbers right."""

from bed import sockets_to
from documents import file_of, kafka, process_pool, scaled_object

GROUPS, BROKERS = 1000, 1


def test_sockets_grow_with_brokers_not_with_triggers(broker, kedad, name):
    broker.create_topic(name, 10)
    broker.produce(name, [3] * 10)
    lag = {f"{name}-{i}": i % 31 for i in range(GROUPS)}
    broker.commit_all({group: (name, {p: 3 - min(3, max(0, missing - 3 * p)) for p in range(10)})
                       for group, missing in lag.items()})
    documents = [process_pool("idle", ["/bin/false"])]
    for index, group in enumerate(lag):
        if index % 10 == 0:  # a hundred workloads with ten triggers each
            documents.append(process_pool(f"w{index}", ["/bin/false"]))
            documents.append(scaled_object(f"w{index}", [], pollingInterval=2))
        documents[-1]["spec"]["triggers"].append(
            kafka(broker.address(), group, name, activationLagThreshold="1000",
                  allowIdleConsumers="true"))
    daemon = kedad(file_of(*documents))
    ports = {port for listener, port in broker.ports.items() if listener != "CONTROLLER"}
    most = 0

    def all_measured():
        nonlocal most
        most = max(most, sockets_to(daemon.pid, ports))
        return len(daemon.metrics("keda_scaler_metrics_value")) == GROUPS
    daemon.wait(all_measured, f"{GROUPS} values", timeout=30)
    rounds = len(daemon.metrics("keda_scaler_metrics_value"))
    daemon.wait(lambda: all_measured() and broker_has_been_asked_again(daemon), "a second round",
                timeout=30)
    assert 1 <= most <= BROKERS + 2, f"{most} sockets"
    seen = {(labels["scaledObject"], int(labels["triggerIndex"])): value
            for labels, value in daemon.metrics("keda_scaler_metrics_value")}
    expected = {(f"w{i - i % 10}", i % 10): lag[group] for i, group in enumerate(lag)}
    assert seen == expected and rounds == GROUPS
    daemon.wait(whole_round_without_errors(daemon), "a round in which every group is answered", timeout=60)
    assert all(daemon.changes(f"w{index}") == [] for index in range(0, GROUPS, 10))


def latencies(daemon):
    return sorted(value for _, value in daemon.metrics("keda_scaler_metrics_latency_seconds"))


def broker_has_been_asked_again(daemon, _state={}):
    """True once the latencies of the last round are others than those first seen."""
    now = latencies(daemon)
    first = _state.setdefault(daemon.pid, now)
    return now != first


def whole_round_without_errors(daemon):
    """A machine that is busy with something else may miss deadlines; then the next round counts."""
    def errors():
        return sum(value for _, value in daemon.metrics("keda_scaler_detail_errors_total"))

    begin = [errors(), latencies(daemon)]

    def is_over():
        if errors() != begin[0]:
            begin[:] = errors(), latencies(daemon)
        return latencies(daemon) != begin[1] and errors() == begin[0]
    return is_over
