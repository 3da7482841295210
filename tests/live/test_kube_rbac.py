# SPDX-License-Identifier: Apache-2.0
"""What kedad's ServiceAccount may do is what the page says, and no more."""

import re

from bed import ROOT
from cluster import ACCOUNT, OPERATOR

PAGE = ROOT / "docs" / "kubernetes.md"
LEASES = "leases.coordination.k8s.io"
ELECTION = {(LEASES, "", "create"), (LEASES, "kedad.libkeda.io", "get"),
            (LEASES, "kedad.libkeda.io", "patch")}


def words(cell):
    return [word.strip() for word in cell.split(",")]


def promised():
    """The page's table, one entry for each right: (resource as kubectl names it, object, verb)."""
    text = PAGE.read_text().partition("## What it may do")[2].partition("\n## ")[0]
    assert "create Leases, and get and patch the one it is elected by" in " ".join(text.split())
    rights = set()
    for row in re.findall(r"^\| (.*) \|$", text, re.M)[1:]:
        group, resources, verbs = row.split(" | ")
        for resource in words(resources):
            kind, _, sub = resource.partition("/")
            full = (kind if group == "(core)" else f"{kind}.{group}") + (f"/{sub}" if sub else "")
            rights |= {(full, "", verb) for verb in words(verbs)}
    assert len(rights) > 20
    return rights


def granted(plane, space, account, where):
    """The rows of kubectl, one entry for each right; a URL takes the place of a resource."""
    text = plane.kubectl("auth", "can-i", "--list", "-n", where,
                         f"--as=system:serviceaccount:{space}:{account}",
                         "--as-group=system:serviceaccounts", "--as-group=system:authenticated",
                         f"--as-group=system:serviceaccounts:{space}")
    rights = set()
    for row in text.splitlines()[1:]:
        urls, names, verbs = re.findall(r"\[([^\]]*)\]", row)
        resource = row.split()[0] if not row.startswith(" ") else ""
        for verb in verbs.split():
            for what in [resource] if resource and not resource.startswith("[") else urls.split():
                rights |= {(what, one, verb) for one in names.split() or [""]}
    return rights


def test_the_rights_are_those_of_the_page(cluster, space):
    everybody = granted(cluster, space, "nobody", space)
    assert ("selfsubjectaccessreviews.authorization.k8s.io", "", "create") in everybody
    assert granted(cluster, OPERATOR, ACCOUNT, space) - everybody == promised()
    assert granted(cluster, OPERATOR, ACCOUNT, OPERATOR) - everybody == promised() | ELECTION
