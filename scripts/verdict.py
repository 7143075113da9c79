#!/usr/bin/env python3
"""Counts what ctest ran: `verdict.py WORD JUNIT…` prints the failed tests and `WORD: N passed, N failed`.

A Catch2 program counts by its test cases, a Python test by its own, any other program as one. A program that crashed
or timed out counts as one failure more than it told of. Exit 0 only if something ran and nothing failed.
"""
import re
import sys
import xml.etree.ElementTree as ElementTree

PYTHON = re.compile(r"^Ran (\d+) tests? in ", re.MULTILINE)
PYTHON_FAILED = re.compile(r"^FAILED \((.*)\)$", re.MULTILINE)
CATCH_ALL = re.compile(r"^All tests passed \(.* in (\d+) test cases?\)", re.MULTILINE)
CATCH_SOME = re.compile(r"^test cases:\s*\d+(.*)$", re.MULTILINE)


def numbers(text):
    return {word: int(count) for count, word in re.findall(r"(\d+) ([a-z ]+?)(?: \||$|\s*\n)", text.strip() + "\n")}


def count(output, failed):
    """(passed, failed) of one program, from what it printed and whether ctest calls it failed."""
    passed = bad = 0
    if found := CATCH_ALL.findall(output):
        passed = int(found[-1])
    elif found := CATCH_SOME.findall(output):
        words = numbers(found[-1].replace("|", "|\n"))
        passed, bad = words.get("passed", 0), words.get("failed", 0)
        passed += words.get("failed as expected", 0)
    elif found := PYTHON.findall(output):
        total = int(found[-1])
        bad = sum(int(n) for n in re.findall(r"(?:failures|errors)=(\d+)", "".join(PYTHON_FAILED.findall(output))))
        skipped = sum(int(n) for n in re.findall(r"skipped=(\d+)", output))
        passed = max(total - bad - skipped, 0)
    if failed:
        return passed, max(bad, 1)
    return max(passed, 1), 0


def main(arguments):
    word, files = arguments[0], arguments[1:]
    passed = bad = 0
    for name in files:
        for case in ElementTree.parse(name).getroot().iter("testcase"):
            status = case.get("status")
            if status in ("notrun", "disabled") and case.find("failure") is None:
                if case.find("skipped") is not None and case.find("skipped").get("message") == "SKIP_RETURN_CODE=77":
                    print(f"skipped: {case.get('name')}")
                    continue
                status = "fail"
            failed = status == "fail" or case.find("failure") is not None
            output = case.findtext("system-out") or ""
            one_passed, one_failed = count(output, failed)
            passed += one_passed
            bad += one_failed
            if failed:
                print(f"failed: {case.get('name')} ({float(case.get('time') or 0):.0f} s)")
    print(f"{word}: {passed} passed, {bad} failed")
    return 0 if passed and not bad else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
