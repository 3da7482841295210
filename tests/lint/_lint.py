# SPDX-License-Identifier: Apache-2.0
"""What the lints share: reading the tree, reading C, and the command line.

A lint is a program with `check(tree)`, which returns messages, and PLANTED, a list of faults: (what, files, text
that the message must contain). `--selftest` builds a small tree for each and demands that check() sees the fault,
and nothing in the sound tree.
"""

import argparse
import os
import re
import sys
import tempfile

SKIPPED_FOLDERS = {".git", "__pycache__", "node_modules", ".pytest_cache"}


class Tree:
    """A source tree, and the build and compiler that belong to it."""

    def __init__(self, root, build=None, cc="cc"):
        self.root = os.path.abspath(root)
        self.build = os.path.abspath(build) if build else None
        self.cc = cc

    def files(self, *folders, suffixes=()):
        """Paths relative to the root, sorted; build folders left out."""
        found = []
        for folder in folders or ("",):
            for base, names, files in os.walk(os.path.join(self.root, folder)):
                names[:] = [n for n in names if n not in SKIPPED_FOLDERS and not self._is_build(base, n)]
                for name in files:
                    if not suffixes or name.endswith(suffixes):
                        found.append(os.path.relpath(os.path.join(base, name), self.root))
        return sorted(found)

    def _is_build(self, base, name):
        path = os.path.join(base, name)
        if self.build and os.path.abspath(path) == self.build:
            return True
        at_top = os.path.abspath(base) == self.root
        return at_top and (name == "build" or name.startswith("build-")) or os.path.exists(
            os.path.join(path, "CMakeCache.txt"))

    def read(self, path):
        with open(os.path.join(self.root, path), encoding="utf-8", errors="replace") as file:
            return file.read()

    def sources(self, *folders):
        return self.files(*folders, suffixes=(".c", ".h"))


def strip_comments(text, keep_strings=False):
    """C without comments (and strings), line numbers kept."""

    def blank(match):
        found = match.group(0)
        if found[0] in "\"'" and keep_strings:
            return found
        if found[0] in "\"'":
            return found[0] + found[0]
        return " " + "\n" * found.count("\n")

    pattern = r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''
    return re.sub(pattern, blank, text, flags=re.S)


def api_functions(tree):
    """{function: "header:line"} of all that the public headers mark KEDA_API."""
    found = {}
    for path in tree.sources("include/keda"):
        text = strip_comments(tree.read(path))
        text = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: "\n" * m.group(0).count("\n"), text, flags=re.M)
        for match in re.finditer(r"\bKEDA_API\b[^;{(]*?\b(\w+)\s*[(;]", text):
            line = text.count("\n", 0, match.start()) + 1
            found[match.group(1)] = f"{path}:{line}"
    return found


def make_tree(folder, files):
    for path, text in files.items():
        full = os.path.join(folder, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write(text)


def selftest(check, sound, planted, cc):
    """The sound tree gives no message; each planted fault gives one that names it."""
    bad = 0
    for what, files, expected in [("a sound tree", {}, None)] + planted:
        with tempfile.TemporaryDirectory() as folder:
            make_tree(folder, {**sound, **files})
            messages = check(Tree(folder, os.path.join(folder, "build"), cc))
        ok = not messages if expected is None else any(expected in m for m in messages)
        print(f"{'ok' if ok else 'NOT ok'}: {what}" + ("" if ok else f": {messages}"))
        bad += not ok
    return bad


def main(check, sound, planted, title):
    parser = argparse.ArgumentParser(description=title)
    parser.add_argument("--root", default=os.path.join(os.path.dirname(__file__), "..", ".."))
    parser.add_argument("--build", help="build folder, for lints that look at what was built")
    parser.add_argument("--cc", default=os.environ.get("CC", "cc"))
    parser.add_argument("--selftest", action="store_true", help="prove that each fault is found")
    options = parser.parse_args()
    if options.selftest:
        sys.exit(1 if selftest(check, sound, planted, options.cc) else 0)
    messages = check(Tree(options.root, options.build, options.cc))
    for message in messages:
        print(message)
    print(f"{len(messages)} violations")
    sys.exit(1 if messages else 0)
