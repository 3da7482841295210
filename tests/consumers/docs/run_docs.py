# SPDX-License-Identifier: Apache-2.0
"""Runs the fenced blocks of the README and of docs/*.md in the installed library's environment.

```yaml NAME, ```c NAME and the like write that file into the page's scratch folder; ```sh runs, block by block, in
one bash for the page, and fails the page at the first command that fails; ```text after it is an answer shown to
people and is not compared. Lines that belong to a checkout (make, git, scripts/, .ci/) are not run here: they are
checked to exist, and CI runs them. ```sh live blocks need a cluster: tests/live runs them.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(sys.argv[1])
FENCE = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.M | re.S)
CHECKOUT = re.compile(r"^(make \w|git\b|scripts/|\.ci/|cd libkeda$|bash \.ci/)")
LIMIT = 120  # seconds a page may take


def check_checkout_line(page, line):
    words = line.split("#")[0].split()
    if words[0] == "make":
        for target in [w for w in words[1:] if "=" not in w]:
            subprocess.run(["make", "-n", target], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    elif words[0].startswith(("scripts/", ".ci/")) or words[0] == "bash":
        path = words[1] if words[0] == "bash" else words[0]
        assert (ROOT / path).exists(), f"{page}: no {path}"


def run_page(page):
    commands = []
    with tempfile.TemporaryDirectory(prefix="keda-docs-") as folder:
        for kind, name, body in FENCE.findall(page.read_text()):
            if name in ("live", "recorded"):  # run by tests that have what they need
                continue
            if name is not None and name != "":
                Path(folder, name).write_text(body)
            if kind != "sh":
                continue
            for line in body.splitlines():
                if CHECKOUT.match(line):
                    check_checkout_line(page.name, line)
            rest = "\n".join(line for line in body.splitlines() if not CHECKOUT.match(line))
            if rest.strip():
                commands.append(rest)
        if not commands:
            return 0
        Path(folder, "examples").symlink_to(ROOT / "examples")  # as if it were the checkout
        env = {**os.environ, "HOME": folder, "XDG_RUNTIME_DIR": folder, "PS4": "+ "}
        env.pop("RUNTIME_DIRECTORY", None)
        shell = subprocess.Popen(["bash", "-euo", "pipefail", "-c", "set -x\n" + "\n".join(commands)], cwd=folder,
                                 env=env, start_new_session=True, stdin=subprocess.DEVNULL)
        try:
            code = shell.wait(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            code = "no end"
        finally:
            try:
                os.killpg(shell.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        assert code == 0, f"{page.name}: {code}"
    return len(commands)


def main():
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    blocks = sum(run_page(page) for page in pages if page.exists())
    assert blocks > 0, "no page has a command"
    print(f"{blocks} blocks of {len(pages)} pages ran")


main()
