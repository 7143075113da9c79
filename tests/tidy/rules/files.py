"""The form of single files."""
import re

from .tree import Finding

CODE = (".h", ".cc", ".c", ".py", ".sh", ".proto")
TEXT = CODE + (".md", ".cmake", ".txt", ".yaml", ".yml", ".json", ".conf", ".html", ".css", ".js", ".mjs")
LINES_MAX = 600
# In two halves, so that this file is not its own finding.
MARKS = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")


def length(tree):
    found = []
    for path in tree.files(*CODE):
        lines = tree.text(path).count("\n")
        if lines > LINES_MAX:
            found.append(Finding(path, lines, f"{lines} lines, {LINES_MAX} at most: two ideas, two files"))
    return found


def guard_names(path):
    # The folder src/ of a library says nothing; nor does a folder's name that the file's name repeats (exec/exec_handler.h).
    short = re.sub(r"\b(\w+)/\1_", r"\1_", path.replace("/src/", "/"))
    names = ["MUSTER_" + re.sub(r"[^A-Z0-9]", "_", one.upper()) + "_" for one in (path, short)]
    if path.startswith("worker_sdk/include/muster/"):
        installed = re.sub(r"[^A-Z0-9]", "_", path[len("worker_sdk/include/muster/"):].upper()) + "_"
        names = ["MUSTER_" + installed, "MUSTER_INCLUDE_" + installed, *names]
    return names


def guards(tree):
    found = []
    for path in tree.files(".h"):
        text = tree.text(path)
        names = guard_names(path)
        if not any(re.search(rf"^#ifndef {name}\n#define {name}\n", text, re.MULTILINE) for name in names):
            found.append(Finding(path, 1, f"the header's guard must be {names[0]}"))
    return found


def tabs(tree):
    return [Finding(path, line, "a tab") for path in tree.files(*TEXT) for line, text in tree.lines(path) if "\t" in text]


def marks(tree):
    return [
        Finding(path, line, f"unfinished: {found.group(1)}")
        for path in tree.paths
        if path.endswith(TEXT) or "." not in path.rsplit("/", 1)[-1]
        for line, text in tree.lines(path)
        if (found := MARKS.search(text))
    ]
