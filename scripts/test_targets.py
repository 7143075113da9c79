#!/usr/bin/env python3
"""Reads `ctest --show-only=json-v1` and prints the CMake targets that its tests run, one to a line.

A test's program is named like its target. Programs that a test only starts (musterd, muster) are found by MUSTER_BIN in
its environment together with the label integration or crash.
"""
import json
import os
import sys


def main():
    build = os.path.realpath(sys.argv[1])
    targets = []
    for test in json.load(sys.stdin).get("tests", []):
        command = test.get("command") or []
        if command and os.path.realpath(command[0]).startswith(build + os.sep):
            targets.append(os.path.basename(command[0]))
        elif command and os.sep not in command[0]:
            targets.append(command[0])
        properties = {item["name"]: item["value"] for item in test.get("properties", [])}
        if {"integration", "crash"} & set(properties.get("LABELS", [])):
            targets += ["musterd", "muster"]
    for target in dict.fromkeys(targets):
        print(target)


if __name__ == "__main__":
    main()
