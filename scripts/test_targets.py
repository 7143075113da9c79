#!/usr/bin/env python3
"""Reads `ctest --show-only=json-v1` and prints the CMake targets that its tests run, one to a line.

muster_test() names a test like its target; a test with another form of name (tidy.rules) runs no program of ours. ctest does not
tell the command of a program that is not built yet, so the name is all there is to go by.
"""
import json
import re
import sys


def main():
    for test in json.load(sys.stdin).get("tests", []):
        if re.fullmatch(r"[a-z0-9_]+", test["name"]):
            print(test["name"])


if __name__ == "__main__":
    main()
