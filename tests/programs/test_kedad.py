# SPDX-License-Identifier: Apache-2.0
"""kedad on files: scaling, reload, metrics, probes, admin socket, dry run, restart."""

import http.client
import json
import os
import signal
import socket as sockets
import stat
import subprocess

import pytest

from conftest import BUILD, documents, wait_for

SECRET = "zq7-planted-secret-zq7"


@pytest.fixture
def file(tmp_path, spool):
    path = tmp_path / "work.yaml"
    path.write_text(documents(spool.path))
    return path


def test_files_scale_workers_up_and_down(start, spool, file):
    kedad = start("-f", file)
    spool.fill(35)
    kedad.wait(lambda: kedad.replicas() == 4, "4 workers")
    spool.fill(0)
    kedad.wait(lambda: kedad.replicas() == 0, "no workers")
    def changes():
        return [(r["from"], r["to"]) for r in kedad.records if "from" in r and "to" in r]

    kedad.wait(lambda: changes()[-1:] and changes()[-1][1] == "0", "the log of the last change")
    assert changes()[0][0] == "0"
    assert all(r.get("reason") for r in kedad.records if "from" in r and "to" in r)
    assert kedad.stop() == 0


def test_metrics_have_kedas_names(start, spool, file):
    spool.fill(12)
    kedad = start("-f", file)
    kedad.wait(lambda: kedad.replicas() == 2, "2 workers")
    text = kedad.get("/metrics")[1]
    labels = ('{namespace="default",metric="s0-spool-' + str(spool.path).replace("/", "-").replace(".", "-")
              + '",scaledObject="work",scaler="spool",triggerIndex="0",type="scaledobject"}')
    for line in [f"keda_scaler_metrics_value{labels} 12", f"keda_scaler_active{labels} 1",
                 f"keda_scaler_detail_errors_total{labels} 0",
                 'keda_scaled_object_paused{namespace="default",scaledObject="work"} 0',
                 'keda_trigger_registered_total{type="spool"} 1',
                 'keda_resource_registered_total{type="scaled_object",namespace="default"} 1']:
        assert line in text.splitlines(), text
    for name in ["keda_build_info", "keda_scaler_metrics_latency_seconds", "keda_scaled_object_errors_total",
                 "keda_internal_scale_loop_latency_seconds", "keda_scaled_object_desired_replicas",
                 "keda_scaled_object_min_replicas", "keda_scaled_object_max_replicas"]:
        assert f"\n# TYPE {name} " in "\n" + text, name
    assert kedad.stop() == 0


def test_probes(start, file):
    kedad = start("-f", file)
    assert kedad.get("/healthz", probe=True) == (200, "ok")
    assert kedad.get("/readyz", probe=True) == (200, "ok")
    assert "documents applied" in kedad.get("/readyz?verbose", probe=True)[1]
    assert kedad.get("/nothing", probe=True)[0] == 404


def test_the_admin_socket_is_private_and_answers_kedactl(start, spool, file, kedactl):
    spool.fill(3)
    kedad = start("-f", file)
    kedad.wait(lambda: kedad.replicas() == 1, "a worker")
    assert stat.S_IMODE(os.stat(kedad.socket).st_mode) == 0o600
    answer = kedactl("get", "--server", kedad.socket)
    assert answer.returncode == 0 and "default/work" in answer.stdout
    one = json.loads(kedactl("get", "default/work", "--server", kedad.socket, "-o", "json").stdout)
    assert one["replicas"]["spec"] == 1 and one["triggers"][0]["value"] == 3
    missing = kedactl("get", "default/none", "--server", kedad.socket)
    assert missing.returncode == 1 and "default/none" in missing.stderr


def test_a_changed_file_is_read_again(start, spool, file):
    spool.fill(100)
    file.write_text(documents(spool.path, maxReplicaCount=2))
    kedad = start("-f", file)
    kedad.wait(lambda: kedad.replicas() == 2, "2 workers")
    replacement = file.with_suffix(".new")
    replacement.write_text(documents(spool.path, maxReplicaCount=3))
    replacement.rename(file)
    kedad.wait(lambda: kedad.replicas() == 3, "3 workers")
    assert kedad.stop() == 0


def test_a_bad_file_keeps_what_runs(start, spool, file):
    spool.fill(15)
    kedad = start("-f", file)
    kedad.wait(lambda: kedad.replicas() == 2, "2 workers")
    good = file.read_text()
    file.write_text(good.replace("cooldownPeriod: 0", "cooldownPeriod: zero"))
    kedad.process.send_signal(signal.SIGHUP)
    kedad.wait(lambda: kedad.metric("kedad_config_last_reload_successful") == 0, "the reload to fail")
    assert kedad.replicas() == 2 and kedad.get("/readyz", probe=True)[0] == 200
    kedad.wait(lambda: any("cooldownPeriod" in r.get("path", "") for r in kedad.records), "the finding to be told")
    file.write_text(good)
    kedad.wait(lambda: kedad.metric("kedad_config_last_reload_successful") == 1, "the reload to succeed")
    assert kedad.stop() == 0


def test_reload_keeps_the_processes_of_unchanged_documents(start, spool, file, tmp_path):
    pids = tmp_path / "pids"
    pids.mkdir()
    command = json.dumps(["/bin/sh", "-c", f'touch {pids}/$$; exec sleep 1000'])
    file.write_text(documents(spool.path, command))
    spool.fill(15)
    kedad = start("-f", file)
    kedad.wait(lambda: len(os.listdir(pids)) == 2, "2 workers")
    before = kedad.metric("kedad_config_reloads_total")
    kedad.process.send_signal(signal.SIGHUP)
    kedad.wait(lambda: kedad.metric("kedad_config_reloads_total") > before, "the reload")
    spool.fill(25)
    kedad.wait(lambda: len(os.listdir(pids)) >= 3, "the third worker")
    assert len(os.listdir(pids)) == 3
    assert kedad.stop() == 0


def test_dry_run_decides_and_starts_nothing(start, spool, file):
    spool.fill(50)
    kedad = start("-f", file, "--dry-run")
    kedad.wait(lambda: (kedad.metric("keda_scaled_object_desired_replicas") or 0) > 0, "a decision")
    assert kedad.replicas() == 0
    assert kedad.stop() == 0


def test_an_unknown_reading_scales_nothing(start, spool, file):
    spool.fill(25)
    kedad = start("-f", file)
    kedad.wait(lambda: kedad.replicas() == 3, "3 workers")
    hidden = spool.path.with_name("hidden")
    spool.path.rename(hidden)
    errors = "keda_scaler_detail_errors_total"
    kedad.wait(lambda: kedad.metric(errors) >= 2, "failing polls")
    assert kedad.replicas() == 3
    kedad.wait(lambda: kedad.said("failing"), "the log of the failure")
    hidden.rename(spool.path)
    spool.fill(35)
    kedad.wait(lambda: kedad.replicas() == 4, "recovery")
    assert kedad.stop() == 0


def worker_pids(folder):
    return [int(name) for name in os.listdir(folder)]


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as text:
            return text.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_workers_end_with_kedad_and_come_back_without_a_decision(start, spool, file, tmp_path, how):
    pids = tmp_path / "pids"
    pids.mkdir()
    file.write_text(documents(spool.path, json.dumps(
        ["/bin/sh", "-c", f'touch {pids}/$$; sleep 1000 & touch {pids}/$!; wait'])))
    spool.fill(25)
    kedad = start("-f", file)
    kedad.wait(lambda: len(worker_pids(pids)) == 6, "3 workers with a child each")
    kedad.stop(how)
    wait_for(lambda: not any(is_alive(pid) for pid in worker_pids(pids)), "every worker to end")
    spool.path.rename(spool.path.with_name("hidden"))  # nothing can be decided
    again = start("-f", file)
    again.wait(lambda: again.replicas() == 3, "the same count")
    assert not [r for r in again.records if "from" in r and "to" in r]
    assert again.stop() == 0


def test_a_worker_that_cannot_start_disturbs_nobody(start, spool, file):
    spool.fill(5)
    other = documents(spool.path).replace("name: work\n", "name: other\n").replace("name: workers", "name: others")
    file.write_text(documents(spool.path, '["/nonexistent/worker"]') + "---\n" + other)
    kedad = start("-f", file)
    ready = 'keda_scaled_object_ready_replicas{namespace="default",scaledObject="other"} 1'
    kedad.wait(lambda: ready in kedad.get("/metrics")[1], "the other pool's worker")
    kedad.wait(lambda: any("/nonexistent/worker" in line for line in kedad.raw), "the reason")
    assert 'keda_scaled_object_ready_replicas{namespace="default",scaledObject="work"} 0' in kedad.get("/metrics")[1]
    assert kedad.stop() == 0


def test_secrets_appear_nowhere(start, spool, file, kedactl):
    spool.fill(5)
    file.write_text(documents(spool.path) + f"""---
apiVersion: v1
kind: Secret
metadata: {{name: kafka}}
stringData: {{user: {SECRET}, password: {SECRET}}}
---
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata: {{name: kafka}}
spec:
  secretTargetRef:
  - {{parameter: username, name: kafka, key: user}}
  - {{parameter: password, name: kafka, key: password}}
---
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {{name: lag}}
spec:
  scaleTargetRef: {{apiVersion: libkeda.io/v1alpha1, kind: ProcessPool, name: lag}}
  pollingInterval: 1
  triggers:
  - type: kafka
    metadata: {{bootstrapServers: "127.0.0.1:1", consumerGroup: g, topic: t, sasl: plaintext}}
    authenticationRef: {{name: kafka}}
---
apiVersion: libkeda.io/v1alpha1
kind: ProcessPool
metadata: {{name: lag}}
spec: {{command: [/bin/sleep, "1000"]}}
""")
    kedad = start("-f", file, "--log-level", "debug")
    kedad.wait(lambda: any("127.0.0.1:1" in line for line in kedad.raw), "the failing trigger")
    written = "".join(kedad.raw) + kedad.get("/metrics")[1]
    written += kedactl("get", "--server", kedad.socket, "-o", "json").stdout
    poll = kedactl("poll", "-f", file)
    written += poll.stdout + poll.stderr + kedactl("validate", file).stdout
    written += (file.parent / "state").read_text(errors="replace")
    assert poll.returncode == 1 and "127.0.0.1:1" in written
    assert SECRET not in written
    assert kedad.stop() == 0


@pytest.mark.parametrize("arguments, code, word", [
    (["-f", "none.yaml"], 1, "none.yaml"), ([], 1, "-f"), (["--filnam", "x"], 2, "--filename"),
    (["--kubeconfig", "none.conf"], 1, "none.conf"), (["--kube-api-qps", "many"], 2, "--kube-api-qps"),
    (["-f", "x", "--log-level", "loud"], 2, "loud"), (["-f", "x", "--log-format", "xml"], 2, "xml")])
def test_what_cannot_start_says_why(start, arguments, code, word):
    kedad = start(*arguments, wait_ready=False)
    assert kedad.process.wait(timeout=60) == code
    kedad.reader.join()
    assert word in "".join(kedad.raw)


def test_two_kedads_do_not_share_a_state_file(start, file):
    first = start("-f", file)
    second = start("-f", file, wait_ready=False)
    assert second.process.wait(timeout=60) == 1
    second.reader.join()
    assert "state" in "".join(second.raw)
    assert first.stop() == 0


@pytest.mark.parametrize("command", [["/usr/bin/yes"], ["/bin/sh", "-c", "while :; do echo line; done"]])
def test_a_talkative_worker_holds_up_nobody(start, spool, file, command):
    spool.fill(5)
    file.write_text(documents(spool.path, json.dumps(command)))
    kedad = start("-f", file)
    kedad.wait(lambda: kedad.replicas() == 1, "the worker")
    for _ in range(5):
        assert kedad.get("/healthz", probe=True) == (200, "ok")
    spool.fill(15)
    kedad.wait(lambda: kedad.replicas() == 2, "another worker")
    assert kedad.stop() == 0


def test_a_log_that_nobody_reads_holds_up_nobody(modules, spool, file, tmp_path):
    spool.fill(5)
    file.write_text(documents(spool.path, '["/usr/bin/yes"]'))
    socket = tmp_path / "s"
    unread, end = os.pipe()
    env = {**os.environ, "KEDA_PLUGIN_PATH": str(modules)}
    kedad = subprocess.Popen([str(BUILD / "bin/kedad"), "-f", str(file), "--metrics-bind-address", "0",
                              "--health-probe-bind-address", "0", "--state-file", "0", "--admin-socket", str(socket)],
                             stderr=end, stdin=subprocess.DEVNULL, env=env)
    os.close(end)

    def exist():
        answer = subprocess.run([str(BUILD / "bin/kedactl"), "get", "work", "-o", "json", "--server", str(socket)],
                                capture_output=True, text=True, timeout=30, check=False)
        return answer.returncode == 0 and json.loads(answer.stdout)["replicas"]["status"] == 1
    try:
        wait_for(exist, "the worker, as kedactl sees it")
        for _ in range(5):
            assert exist()
        kedad.terminate()
        assert kedad.wait(timeout=30) == 0
    finally:
        kedad.kill()
        kedad.wait()
        os.close(unread)


def test_worker_output_is_always_valid_json(start, spool, file):
    spool.fill(5)
    script = r"printf '\377\376 \033[31mred\n'; printf '%3000s\n' x; exec sleep 1000"
    file.write_text(documents(spool.path, json.dumps(["/bin/sh", "-c", script])))
    kedad = start("-f", file)
    kedad.wait(lambda: any("red" in r["msg"] for r in kedad.records), "the worker's line")
    kedad.wait(lambda: any(len(r["msg"]) > 2900 for r in kedad.records), "the long line")
    assert not any("\x1b" in line for line in kedad.raw)
    assert kedad.stop() == 0
    assert len(kedad.records) == len(kedad.raw)


def test_a_folder_that_comes_back_is_seen(start, spool, tmp_path):
    spool.fill(100)
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "a.yaml").write_text(documents(spool.path, maxReplicaCount=1))
    kedad = start("-f", folder)
    kedad.wait(lambda: kedad.replicas() == 1, "a worker")
    folder.rename(tmp_path / "away")
    folder.mkdir()
    (folder / "b.yaml").write_text(documents(spool.path, maxReplicaCount=2))
    kedad.wait(lambda: kedad.replicas() == 2, "the new folder's document")
    (folder / "b.yaml").write_text(documents(spool.path, maxReplicaCount=3))
    kedad.wait(lambda: kedad.replicas() == 3, "a change in the new folder")
    assert kedad.stop() == 0


def test_a_link_to_a_file_elsewhere_is_followed(start, spool, tmp_path):
    spool.fill(100)
    (tmp_path / "real").mkdir()
    real, link = tmp_path / "real" / "r.conf", tmp_path / "link.yaml"
    real.write_text(documents(spool.path, maxReplicaCount=1))
    link.symlink_to(real)
    kedad = start("-f", link)
    kedad.wait(lambda: kedad.replicas() == 1, "a worker")
    real.write_text(documents(spool.path, maxReplicaCount=2))
    kedad.wait(lambda: kedad.replicas() == 2, "the changed file")
    assert kedad.stop() == 0


def admin_post(kedad, page):
    connection = http.client.HTTPConnection("kedad")
    connection.sock = sockets.socket(sockets.AF_UNIX)
    connection.sock.connect(str(kedad.socket))
    connection.request("POST", page)
    return connection.getresponse().status


def test_reload_by_the_admin_socket_says_what_came_of_it(start, spool, file):
    kedad = start("-f", file)
    assert admin_post(kedad, "/v1/reload") == 200
    file.write_text("kind: [")
    assert admin_post(kedad, "/v1/reload") == 422
    assert kedad.stop() == 0


def test_standard_input_is_not_read_again(start, spool):
    spool.fill(15)
    kedad = start("-f", "-", text=documents(spool.path))
    kedad.wait(lambda: kedad.replicas() == 2, "2 workers")
    assert admin_post(kedad, "/v1/reload") == 422
    kedad.process.send_signal(signal.SIGHUP)
    kedad.wait(lambda: len(kedad.said("standard input cannot be read again")) == 2, "both refusals")
    assert kedad.replicas() == 2
    assert kedad.stop() == 0


def test_without_a_place_for_state_it_says_so(modules, file):
    env = {"PATH": os.environ["PATH"], "KEDA_PLUGIN_PATH": str(modules), "HOME": "/proc"}
    run = subprocess.Popen([str(BUILD / "bin/kedad"), "-f", str(file), "--metrics-bind-address", "0",
                            "--health-probe-bind-address", "0"], stderr=subprocess.PIPE, text=True, env=env)
    try:
        lines = [run.stderr.readline(), run.stderr.readline()]
        assert "kedad starts" in lines[0] and "no state file" in lines[1], lines
    finally:
        run.terminate()
        run.communicate()
