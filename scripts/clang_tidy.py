#!/usr/bin/env python3
"""Runs clang-tidy over the files named on stdin, several at once, within a time: what was not reached is named."""
import argparse
import concurrent.futures
import json
import os
import subprocess
import sys
import time


def run(build, name):
    command = ["clang-tidy", "--quiet", "-p", build, name]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    return name, done.returncode, done.stdout + (done.stderr if done.returncode else "")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True, help="folder with compile_commands.json")
    parser.add_argument("--seconds", type=float, default=200, help="no file is started after this time")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    with open(os.path.join(options.build, "compile_commands.json"), encoding="utf-8") as stream:
        known = {os.path.realpath(os.path.join(item["directory"], item["file"])) for item in json.load(stream)}
    wanted = [line.strip() for line in sys.stdin if line.strip().endswith(".cc")]
    wanted = [name for name in wanted if os.path.realpath(name) in known]
    started = time.monotonic()
    failed, late = [], []

    def one(name):
        if time.monotonic() - started > options.seconds:
            late.append(name)
            return None
        return run(options.build, name)

    with concurrent.futures.ThreadPoolExecutor(max_workers=options.jobs) as pool:
        for number, result in enumerate(pool.map(one, wanted), 1):
            if result is None:
                continue
            name, status, output = result
            print(f"[{number}/{len(wanted)}] {name}: {'clean' if status == 0 else 'FAILED'}", flush=True)
            if status:
                failed.append(name)
                print(output, flush=True)
    if late:
        print(f"not checked, the time was up: {len(late)} files: {' '.join(late)}")
    print(f"clang-tidy: {len(wanted) - len(late) - len(failed)} clean, {len(failed)} with findings, {len(late)} not checked")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
