# SPDX-License-Identifier: Apache-2.0
"""The API server's audit log as a test reads it: who asked for what, since a mark. Each request that
has ended counts once, and a watch once, when it begins. Knows the file and nothing else."""

import json
from collections import namedtuple
from pathlib import Path

POLICY = """\
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: Metadata
"""

WRITES = {"create", "update", "patch", "delete", "deletecollection"}

Request = namedtuple("Request", "user agent token verb group resource subresource space name code at")


def _request(event):
    about, user = event.get("objectRef", {}), event.get("user", {})
    tokens = user.get("extra", {}).get("authentication.kubernetes.io/credential-id", [""])
    return Request(user=user.get("username", ""), agent=event.get("userAgent", ""),
                   token=tokens[0].removeprefix("JTI="), verb=event.get("verb", ""),
                   group=about.get("apiGroup", ""), resource=about.get("resource", ""),
                   subresource=about.get("subresource", ""), space=about.get("namespace", ""),
                   name=about.get("name", ""), code=event.get("responseStatus", {}).get("code", 0),
                   at=event.get("requestReceivedTimestamp", ""))


class Audit:
    """Times (`at`) are the API server's, as texts which sort by time."""

    def __init__(self, path):
        self.path = Path(path)

    def mark(self):
        """A place from which `requests` reads on: the end of the last whole line."""
        if not self.path.exists():
            return 0
        size = self.path.stat().st_size
        with open(self.path, "rb") as log:
            at = size
            while at > 0:
                begin = max(0, at - 4096)
                log.seek(begin)
                end = log.read(at - begin).rfind(b"\n")
                if end >= 0:
                    return begin + end + 1
                at = begin
        return 0

    def requests(self, since=0, **wanted):
        """In the order they ended; `wanted` are fields of Request with the value they must have."""
        found = []
        if not self.path.exists():
            return found
        with open(self.path, "rb") as log:
            log.seek(since)
            for line in log:
                if not line.endswith(b"\n"):
                    break  # being written
                event = json.loads(line)
                request = _request(event)
                # Those whose user is not known have no other stage.
                is_early = request.verb == "watch" or request.code == 401
                if event["stage"] == ("ResponseStarted" if is_early else "ResponseComplete"):
                    if all(getattr(request, field) == value for field, value in wanted.items()):
                        found.append(request)
        return found

    def writes(self, since=0, **wanted):
        return [request for request in self.requests(since, **wanted) if request.verb in WRITES]
