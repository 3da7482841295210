# SPDX-License-Identifier: Apache-2.0
"""The control plane itself, without any program of this tree: counts that follow, audit log,
identities, a restart of the API server, and the door's faults."""

import http.client

import pytest

from bed import wait_for
from cluster import Api, Refused, ReplicaWatch, workload_path
from documents import deployment, file_of
from door import Answer, Close, Cut, Silence


@pytest.fixture(scope="module")
def account(plane):
    """A ServiceAccount that may read Deployments and nothing else."""
    space = plane.make_space()
    plane.kubectl("create", "serviceaccount", "reader", "-n", space)
    plane.kubectl("create", "clusterrole", "reader", "--verb=get,list,watch",
                  "--resource=deployments.apps")
    plane.kubectl("create", "clusterrolebinding", "reader", "--clusterrole=reader",
                  f"--serviceaccount={space}:reader")
    yield space, "reader"
    plane.kubectl("delete", "clusterrole/reader", "clusterrolebinding/reader")
    plane.drop_space(space)


def test_status_follows_the_scale(plane, space, counts):
    plane.apply(file_of(deployment("web")), space)
    plane.scale(space, "web", 3)
    wait_for(lambda: plane.api.get(workload_path(space, "web"))["status"].get("replicas") == 3,
             "3 Pods")
    plane.scale(space, "web", 1)
    wait_for(lambda: counts.sequence("web") == [0, 3, 1], "the watch to have seen 0, 3, 1")
    plane.kubectl("delete", "deployment", "web", "-n", space)
    pods = f"/api/v1/namespaces/{space}/pods"
    wait_for(lambda: plane.api.get(pods)["items"] == [], "the Pods to be collected")


def test_the_audit_log_tells_who_wrote_what(plane, space, account):
    identity = plane.identity(*account)
    mark = plane.audit.mark()
    api = Api(plane.port, plane.folder / "api" / "apiserver.crt", identity.token)
    assert api.get(f"/apis/apps/v1/namespaces/{space}/deployments")["items"] == []
    with pytest.raises(Refused) as refusal:
        api.create(f"/apis/apps/v1/namespaces/{space}/deployments", deployment("no"))
    assert refusal.value.status == 403
    plane.apply(file_of(deployment("web")), space)
    plane.scale(space, "web", 2)

    def scaled():
        return plane.audit.writes(mark, user="admin", resource="deployments", subresource="scale",
                                  space=space)
    wait_for(scaled, "the audit log to hold the scaling")
    assert [(r.verb, r.name, r.code) for r in scaled()] == [("patch", "web", 200)]
    mine = plane.audit.requests(mark, user=identity.user)
    assert [(r.verb, r.resource, r.code, r.token) for r in mine] == [
        ("list", "deployments", 200, identity.token_id),
        ("create", "deployments", 403, identity.token_id)]
    later = plane.audit.mark()
    assert plane.audit.requests(later, user=identity.user) == []


def test_kubectl_uses_the_identity_it_is_given(plane, account):
    identity = plane.identity(*account)
    run = plane.kubectl(f"--kubeconfig={identity.kubeconfig}", "get", "secrets", check=False)
    assert run.returncode != 0 and "cannot list resource \"secrets\"" in run.stderr


class TestDoor:
    @pytest.fixture
    def api(self, door, plane):
        api = Api(door.port, door.authority, plane.api.token)
        yield api
        api.forget()

    def test_it_passes_everything_on(self, plane, door, api, space):
        api.create(f"/apis/apps/v1/namespaces/{space}/deployments", deployment("web"))
        api.patch(workload_path(space, "web") + "/scale", {"spec": {"replicas": 2}})
        assert plane.replicas(space, "web") == 2
        assert [(s.method, s.status) for s in door.seen] == [("POST", 201), ("PATCH", 200)]
        watch = ReplicaWatch(api, space)
        plane.scale(space, "web", 4)
        wait_for(lambda: watch.sequence("web")[-1] == 4, "the watch through the door")
        watch.close()

    def test_its_faults(self, door, api, space):
        path = f"/apis/apps/v1/namespaces/{space}/deployments"
        door.on("deployments", Answer(429, "TooManyRequests", {"Retry-After": "1"}), times=1)
        with pytest.raises(Refused) as refusal:
            api.request("GET", path)
        assert refusal.value.status == 429 and api.request("GET", path)["items"] == []
        door.on("deployments", Close(), methods="GET")
        with pytest.raises((OSError, http.client.HTTPException)):
            api.request("GET", path)
        door.on("deployments", Silence())
        connection = api.connect(0.3)
        connection.request("GET", path, None, api.headers())
        with pytest.raises(TimeoutError):
            connection.getresponse()
        connection.close()
        door.well()
        assert api.request("GET", path)["items"] == []

    def test_it_cuts_a_watch_in_the_middle_of_a_line(self, plane, door, api, space):
        path = f"/apis/apps/v1/namespaces/{space}/deployments"
        version = api.request("GET", path)["metadata"]["resourceVersion"]
        door.on("watch=1", Cut(100))
        events = api.watch(path, version)
        next(events)
        plane.apply(file_of(deployment("web")), space)
        with pytest.raises((ValueError, OSError, http.client.HTTPException)):
            list(events)


def test_the_api_server_comes_back_as_it_was(_mortal_plane):
    plane = _mortal_plane
    space = plane.make_space()
    watch = ReplicaWatch(plane.api, space)
    plane.apply(file_of(deployment("web")), space)
    plane.kill_api()
    with pytest.raises(OSError):
        plane.api.request("GET", "/readyz")
    plane.start_api()
    assert plane.replicas(space, "web") == 0
    plane.scale(space, "web", 2)
    wait_for(lambda: watch.sequence("web") == [0, 2], "the watch to be taken up again")
    wait_for(lambda: plane.api.get(workload_path(space, "web"))["status"].get("replicas") == 2,
             "the controllers to work again", timeout=60)
    watch.close()
    plane.drop_space(space)
