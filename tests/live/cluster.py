# SPDX-License-Identifier: Apache-2.0
"""A real Kubernetes control plane on loopback (etcd, kube-apiserver, kube-controller-manager), as a
test sees it: start, stop, kill and restart of the API server, kubectl, a small HTTP client, identities
of ServiceAccounts, the audit log. There is no kubelet: Pods stay Pending, counts follow."""

import base64
import contextlib
import http.client
import itertools
import json
import os
import signal
import socket
import ssl
import subprocess
import threading
import time
from collections import namedtuple
from pathlib import Path

from audit import POLICY, Audit
from bed import ROOT, SLOW, fetched, free_ports, need_tool, wait_for

ADMIN = "live-tests-admin"
CONTROLLERS = ["deployment-controller", "replicaset-controller", "job-controller",
               "garbage-collector-controller", "namespace-controller", "serviceaccount-controller",
               "horizontal-pod-autoscaler-controller"]
MERGE = "application/merge-patch+json"
SCALED_OBJECTS = "/apis/keda.sh/v1alpha1"
KINDS = ["scaledobjects", "triggerauthentications", "clustertriggerauthentications"]
OPERATOR, ACCOUNT = "keda", "kedad"  # where packaging/manifests puts kedad

Identity = namedtuple("Identity", "kubeconfig token token_id user")


class Refused(Exception):
    """An answer that is not 2xx."""

    def __init__(self, status, body):
        super().__init__(f"{status}: {body.get('message', body) if isinstance(body, dict) else body}")
        self.status, self.body = status, body


class Api:
    """HTTP to the API server with one token; a connection a thread."""

    def __init__(self, port, authority, token):
        self.port, self.token = port, token
        self.tls = ssl.create_default_context(cafile=str(authority))
        self._local = threading.local()

    def connect(self, timeout):
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=timeout, context=self.tls)

    def headers(self, content_type="application/json"):
        return {"Authorization": f"Bearer {self.token}", "Content-Type": content_type}

    def request(self, method, path, body=None, content_type="application/json"):
        """The parsed answer; an idle connection that has gone meanwhile is opened again."""
        text = json.dumps(body) if isinstance(body, (dict, list)) else body
        for attempt in (1, 2):
            is_new = getattr(self._local, "connection", None) is None
            if is_new:
                self._local.connection = self.connect(30 * SLOW)
            try:
                self._local.connection.request(method, path, text, self.headers(content_type))
                answer = self._local.connection.getresponse()
                data = answer.read()
                break
            except (OSError, http.client.HTTPException):
                self.forget()
                if is_new or attempt == 2:
                    raise
        if "json" in answer.headers.get("Content-Type", ""):
            data = json.loads(data)
        if not 200 <= answer.status < 300:
            raise Refused(answer.status, data)
        return data

    def forget(self):
        if getattr(self._local, "connection", None) is not None:
            self._local.connection.close()
            self._local.connection = None

    def get(self, path):
        """None where there is nothing."""
        try:
            return self.request("GET", path)
        except Refused as refusal:
            if refusal.status == 404:
                return None
            raise

    def patch(self, path, body):
        return self.request("PATCH", path, body, MERGE)

    def create(self, path, body):
        return self.request("POST", path, body)

    def delete(self, path):
        with contextlib.suppress(Refused):
            return self.request("DELETE", path)

    def watch(self, path, version):
        """Events of a watch, from a connection of its own, until it ends."""
        connection = self.connect(3600)
        try:
            mark = "&" if "?" in path else "?"
            connection.request("GET", f"{path}{mark}watch=1&resourceVersion={version}", None,
                               self.headers())
            answer = connection.getresponse()
            if answer.status != 200:
                raise Refused(answer.status, answer.read().decode(errors="replace"))
            yield connection
            for line in answer:
                yield json.loads(line)
        finally:
            connection.close()


class ControlPlane:
    def __init__(self, folder):
        need_tool("openssl", "openssl")
        self.home = fetched("control-plane")
        self.folder = Path(folder)
        self.processes = {}
        self.audit = Audit(self.folder / "audit.log")
        self._numbers = itertools.count(1)

    # -- the processes ----------------------------------------------------------------------

    def start(self):
        """On fresh data; tried once more where a port went away meanwhile."""
        self._write_keys()
        for attempt in (1, 2):
            self.etcd_port, self.peer_port, self.port = free_ports(3)
            try:
                self._start_etcd()
                self.start_api()
                break
            except AssertionError:
                self.stop()
                if attempt == 2 or "address already in use" not in self.log("etcd") + self.log("api"):
                    raise
        self._spawn("controllers", [
            "kube-controller-manager", f"--kubeconfig={self.kubeconfig}", "--leader-elect=false",
            "--secure-port=0", f"--service-account-private-key-file={self.folder}/sa.key",
            "--kube-api-qps=500", "--kube-api-burst=1000", f"--controllers={','.join(CONTROLLERS)}"])
        wait_for(lambda: self.api.get("/api/v1/namespaces/default/serviceaccounts/default"),
                 "the controllers to work", timeout=60)
        return self

    def start_api(self):
        """Also again, on the same port, data and certificate."""
        self._spawn("api", [
            "kube-apiserver", f"--etcd-servers=http://127.0.0.1:{self.etcd_port}",
            f"--secure-port={self.port}", "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1", f"--cert-dir={self.folder}/api",
            f"--service-account-key-file={self.folder}/sa.pub",
            f"--service-account-signing-key-file={self.folder}/sa.key",
            "--service-account-issuer=https://kubernetes.default.svc",
            "--service-cluster-ip-range=10.0.0.0/24", f"--token-auth-file={self.folder}/tokens.csv",
            "--authorization-mode=RBAC", "--endpoint-reconciler-type=none",
            f"--audit-policy-file={self.folder}/audit.yaml",
            f"--audit-log-path={self.audit.path}", "--audit-log-maxsize=0"])
        wait_for(lambda: self._is_up("api") and self._authority().exists(), "the API server's certificate",
                 timeout=60)
        self.api = Api(self.port, self._authority(), ADMIN)
        self.kubeconfig = self._write_kubeconfig("admin", ADMIN)
        wait_for(self.is_ready, "the API server to be ready", timeout=60, step=0.1)

    def is_ready(self):
        self._is_up("api")
        try:
            return self.api.request("GET", "/readyz") == b"ok"
        except (OSError, Refused, http.client.HTTPException):
            return False

    def kill_api(self, how=signal.SIGKILL):
        process = self.processes.pop("api")
        process.send_signal(how)
        process.wait(timeout=90)
        self.api.forget()

    def pause_api(self):
        self.processes["api"].send_signal(signal.SIGSTOP)

    def resume_api(self):
        self.processes["api"].send_signal(signal.SIGCONT)

    def stop(self):
        """The data is thrown away, so SIGKILL will do."""
        for name in ("controllers", "api", "etcd"):
            process = self.processes.pop(name, None)
            if process is not None:
                process.kill()
                process.wait(timeout=10)

    def log(self, name):
        path = self.folder / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def _start_etcd(self):
        client, peer = f"http://127.0.0.1:{self.etcd_port}", f"http://127.0.0.1:{self.peer_port}"
        self._spawn("etcd", [
            "etcd", "--data-dir", str(self.folder / f"etcd-{self.etcd_port}"), "--unsafe-no-fsync",
            "--listen-client-urls", client, "--advertise-client-urls", client,
            "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
            "--initial-cluster", f"default={peer}"])
        wait_for(lambda: self._is_up("etcd") and _listens(self.etcd_port), "etcd to listen", timeout=30)

    def _spawn(self, name, command):
        with open(self.folder / f"{name}.log", "ab") as log:
            self.processes[name] = subprocess.Popen(
                # It ends with us, however we end.
                ["setpriv", "--pdeathsig", "KILL", self.home / command[0], *command[1:]],
                cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)

    def _is_up(self, name):
        ended = self.processes[name].poll()
        assert ended is None, f"{name} ended ({ended}):\n{self.log(name)[-2000:]}"
        return True

    def _write_keys(self):
        for arguments in (["genrsa", "-out", "sa.key", "2048"],
                          ["rsa", "-in", "sa.key", "-pubout", "-out", "sa.pub"]):
            subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, timeout=60,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        (self.folder / "tokens.csv").write_text(f'{ADMIN},admin,admin,"system:masters"\n')
        (self.folder / "audit.yaml").write_text(POLICY)

    def _authority(self):
        """Its certificate is its own authority."""
        return self.folder / "api" / "apiserver.crt"

    # -- identities -------------------------------------------------------------------------

    def _write_kubeconfig(self, label, token, space="default", server=None, authority=None,
                          token_file=None):
        path = self.folder / f"{label}.kubeconfig"
        user = {"tokenFile": str(token_file)} if token_file else {"token": token}
        cluster = {"server": server or f"https://127.0.0.1:{self.port}",
                   "certificate-authority": str(authority or self._authority())}
        path.write_text(json.dumps({  # YAML that Python writes by itself
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": [{"name": "test", "cluster": cluster}],
            "users": [{"name": "test", "user": user}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test",
                                                      "namespace": space}}]}))
        return path

    def token(self, space=OPERATOR, account=ACCOUNT, secret=None):
        """A token of a ServiceAccount; good as long as `secret`, an object's metadata, is there."""
        spec = {"expirationSeconds": 7200}
        if secret is not None:
            spec["boundObjectRef"] = {"apiVersion": "v1", "kind": "Secret", "name": secret["name"],
                                      "uid": secret["uid"]}
        made = self.api.create(f"/api/v1/namespaces/{space}/serviceaccounts/{account}/token",
                               {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
                                "spec": spec})
        return made["status"]["token"]

    def identity(self, space=OPERATOR, account=ACCOUNT, server=None, authority=None, token_file=None,
                 token=None):
        """A kubeconfig with a token of its own, which the audit log knows by its id."""
        token = token or self.token(space, account)
        if token_file is not None:
            Path(token_file).write_text(token)
        path = self._write_kubeconfig(f"{account}-{next(self._numbers)}", token, space, server,
                                      authority, token_file)
        return Identity(path, token, token_id(token), f"system:serviceaccount:{space}:{account}")

    # -- kubectl and the product ------------------------------------------------------------

    def kubectl(self, *arguments, text=None, check=True, timeout=60, cwd=None):
        """Its standard output; what fails is shown whole."""
        run = subprocess.run([self.home / "kubectl", f"--kubeconfig={self.kubeconfig}", *arguments],
                             input=text, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             timeout=timeout * SLOW, check=False, cwd=cwd, env=self.env())
        assert run.returncode == 0 or not check, f"kubectl {arguments}:\n{run.stdout}{run.stderr}"
        return run.stdout if check else run

    def env(self):
        """For programs that look for kubectl and for a cluster as a user's shell would have them."""
        return {**os.environ, "KUBECONFIG": str(self.kubeconfig),
                "PATH": f"{self.home}:{os.environ.get('PATH', '')}", "HOME": str(self.folder)}

    def apply(self, text, space=None):
        """kubectl apply of documents."""
        where = ["-n", space] if space else []
        return self.kubectl("apply", *where, "-f", "-", text=text)

    def apply_product(self):
        """What a user installs; the Pods of its Deployment stay Pending, tests start their own kedad."""
        self.kubectl("apply", "--server-side", "-f", str(ROOT / "packaging" / "crds"))
        self.kubectl("apply", "-f", str(ROOT / "packaging" / "manifests"))
        self.kubectl("wait", "--for=condition=Established", "-f", str(ROOT / "packaging" / "crds"))
        wait_for(lambda: all(map(self._is_served, KINDS)), "the kinds to be served")
        return self

    def _is_served(self, kind):
        """An established definition may still be making its storage."""
        try:
            return self.api.get(f"{SCALED_OBJECTS}/{kind}") is not None
        except Refused as refusal:
            if refusal.status != 429:
                raise
            return False

    # -- objects ----------------------------------------------------------------------------

    def make_space(self):
        name = f"space-{next(self._numbers)}"
        self.api.create("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace",
                                               "metadata": {"name": name}})
        return name

    def drop_space(self, space):
        """Without waiting; an object whose kedad has gone is let go."""
        found = self.api.get(f"{SCALED_OBJECTS}/namespaces/{space}/scaledobjects") or {"items": []}
        for item in found["items"]:
            with contextlib.suppress(Refused):
                self.api.patch(scaled_object_path(space, item["metadata"]["name"]),
                               {"metadata": {"finalizers": None}})
        self.api.delete(f"/api/v1/namespaces/{space}")

    def scaled_object(self, space, name):
        return self.api.get(scaled_object_path(space, name))

    def condition(self, space, name, kind):
        """One condition of a ScaledObject, {} where there is none."""
        found = self.scaled_object(space, name) or {}
        return next((c for c in found.get("status", {}).get("conditions", []) if c["type"] == kind), {})

    def is_condition(self, space, name, kind, status):
        return self.condition(space, name, kind).get("status") == status

    def replicas(self, space, name, plural="deployments"):
        return self.api.get(workload_path(space, name, plural))["spec"]["replicas"]

    def scale(self, space, name, to, plural="deployments"):
        self.api.patch(workload_path(space, name, plural) + "/scale", {"spec": {"replicas": to}})

    def events(self, space, name, reason=None):
        """Notes of the Events of an object, in the order they were made."""
        items = self.api.get(f"/apis/events.k8s.io/v1/namespaces/{space}/events")["items"]
        items = [e for e in items if e["regarding"]["name"] == name and reason in (None, e["reason"])]
        items.sort(key=lambda e: (e.get("eventTime") or "", int(e["metadata"]["resourceVersion"])))
        return items


def token_id(token):
    """The id which the audit log has of a token."""
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))["jti"]


def scaled_object_path(space, name):
    return f"{SCALED_OBJECTS}/namespaces/{space}/scaledobjects/{name}"


def workload_path(space, name, plural="deployments"):
    return f"/apis/apps/v1/namespaces/{space}/{plural}/{name}"


def _listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class ReplicaWatch:
    """Records each change of spec.replicas in a namespace, from a watch which is taken up again
    when it ends."""

    def __init__(self, api, space, plural="deployments"):
        self.api, self.path = api, f"/apis/apps/v1/namespaces/{space}/{plural}"
        self.seen = {}  # name → [(replicas, monotonic time)]
        self._closing, self._connection, self._listed = False, None, threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()
        assert self._listed.wait(30 * SLOW), "the watch of replicas does not begin"

    def _follow(self):
        while not self._closing:
            try:
                found = self.api.request("GET", self.path)
                for item in found["items"]:
                    self._note(item)
                self._listed.set()
                events = self.api.watch(self.path, found["metadata"]["resourceVersion"])
                self._connection = next(events)
                if self._closing:  # before there was a connection to close
                    break
                for event in events:
                    if event["type"] == "ERROR":
                        break
                    if event["type"] != "DELETED":
                        self._note(event["object"])
            except (OSError, ValueError, AttributeError, http.client.HTTPException, Refused):
                time.sleep(0.05)

    def _note(self, item):
        counts = self.seen.setdefault(item["metadata"]["name"], [])
        replicas = item["spec"].get("replicas", 1)
        if not counts or counts[-1][0] != replicas:
            counts.append((replicas, time.monotonic()))

    def sequence(self, name):
        return [replicas for replicas, _ in self.seen.get(name, [])]

    def at(self, name, replicas):
        """When the count first was that, None if never."""
        return next((at for count, at in self.seen.get(name, []) if count == replicas), None)

    def close(self):
        self._closing = True
        if self._connection is not None and self._connection.sock is not None:
            with contextlib.suppress(OSError):
                self._connection.sock.shutdown(socket.SHUT_RDWR)
        self._thread.join(timeout=5)
