#!/usr/bin/env python3
"""NATS' official JavaScript client publishes tasks and reads their results; exit 77 where it cannot be had.

The packages are those of js/package-lock.json, put by `npm ci` into the folder $MUSTER_JS_CACHE.
"""

import base64
import json
import os
import pathlib
import shutil
import subprocess
import sys

from harness import Failure, Rig, check
from history import SUCCEEDED, fields

HERE = pathlib.Path(__file__).resolve().parent / "js"
SKIPPED = 77
TASKS = 20


def skip(reason):
    print(f"js client: skipped: {reason}")
    sys.exit(SKIPPED)


def installed():
    """The folder with publish.mjs and its packages, made where it is not there or older than the lock file."""
    for program in ("node", "npm"):
        if not shutil.which(program):
            skip(f"no {program}")
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if int(version.lstrip("v").split(".")[0]) < 18:
        skip(f"node {version}, the client needs 18 or newer")
    folder = pathlib.Path(os.environ.get("MUSTER_JS_CACHE", "build/js")).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", "publish.mjs"):
        shutil.copy(HERE / name, folder / name)
    mark = folder / "installed"
    wanted = (HERE / "package-lock.json").read_text()
    if not mark.exists() or mark.read_text() != wanted:
        done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder, timeout=150,
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            if any(word in done.stderr for word in ("ENOTFOUND", "ECONNREFUSED", "ETIMEDOUT", "EAI_AGAIN", "E403")):
                skip(f"the npm registry is out of reach: {done.stderr.strip().splitlines()[0]}")
            raise Failure(f"npm ci: {done.stderr}")
        mark.write_text(wanted)
    return folder


def main():
    folder = installed()
    with Rig() as rig:
        rig.start_nats()
        rig.start_daemon()
        rig.start("worker", [rig.bin / "muster", "worker", "run", "--server", rig.url, "--queue", "shout", "--slots", "4",
                             "--exec", "tr a-z A-Z"])
        done = subprocess.run(["node", "publish.mjs", rig.url, "shout", str(TASKS)], cwd=folder, timeout=100,
                              capture_output=True, text=True, check=False)
        check(done.returncode == 0, f"publish.mjs: exit {done.returncode}\n{done.stderr}")
        found = {}
        for line in done.stdout.splitlines():
            message = json.loads(line)
            found[message["subject"]] = fields(base64.b64decode(message["bytes"]))
        check(set(found) == {f"muster.results.js-{i}" for i in range(TASKS)}, f"results on {sorted(found)}")
        for i in range(TASKS):
            result = found[f"muster.results.js-{i}"]
            check(result.get(2) == SUCCEEDED, f"js-{i}: {result}")
            check(result.get(7) == f"PAYLOAD {i}".encode(), f"js-{i}: {result}")
    print(f"js client: {TASKS} tasks published and their results read by NATS' JavaScript client")


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        print(f"js client: FAILED: {failure}")
        sys.exit(1)
