#!/usr/bin/env python3
"""scripts/verdict.py counts what each kind of test program says about itself, and never calls a failure a success."""
import contextlib
import io
import os
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "scripts"))
sys.dont_write_bytecode = True

import verdict  # noqa: E402

JUNIT = '<testsuite name="x">{}</testsuite>'
PASSED = '<testcase name="a" time="1" status="run"><system-out>All tests passed (9 assertions in 3 test cases)</system-out></testcase>'
CRASHED = '<testcase name="b" time="1" status="fail"><failure message=""/><system-out>no summary</system-out></testcase>'
NOT_FOUND = '<testcase name="c" time="0" status="notrun"><skipped message="Unable to find executable"/></testcase>'


class VerdictTest(unittest.TestCase):
    def test_counts_by_cases(self):
        for output, failed, wanted in [
            ("All tests passed (12 assertions in 3 test cases)\n", False, (3, 0)),
            ("All tests passed (2 assertions in 1 test case)\n", False, (1, 0)),
            ("test cases: 10 | 9 passed | 1 failed\nassertions: 50 | 40 passed | 10 failed\n", True, (9, 1)),
            ("test cases: 3 | 2 passed | 1 skipped\n", False, (2, 0)),
            ("test cases: 2 | 2 failed\n", True, (0, 2)),
            ("Ran 53 tests in 0.049s\n\nOK\n", False, (53, 0)),
            ("Ran 53 tests in 0.049s\n\nFAILED (failures=2, errors=1)\n", True, (50, 3)),
            ("All tests passed (2 assertions in 4 test cases)\n", True, (4, 1)),  # and then it crashed
            ("", True, (0, 1)),
            ("", False, (1, 0)),
        ]:
            with self.subTest(output=output, failed=failed):
                self.assertEqual(verdict.count(output, failed), wanted)

    def run_on(self, cases):
        with tempfile.NamedTemporaryFile("w", suffix=".xml") as stream, contextlib.redirect_stdout(io.StringIO()) as printed:
            stream.write(JUNIT.format(cases))
            stream.flush()
            status = verdict.main(["test", stream.name])
        return status, printed.getvalue().splitlines()[-1]

    def test_all_passed(self):
        self.assertEqual(self.run_on(PASSED), (0, "test: 3 passed, 0 failed"))

    def test_a_crash_is_a_failure(self):
        self.assertEqual(self.run_on(PASSED + CRASHED), (1, "test: 3 passed, 1 failed"))

    def test_a_program_that_was_not_built_is_a_failure(self):
        self.assertEqual(self.run_on(PASSED + NOT_FOUND), (1, "test: 3 passed, 1 failed"))

    def test_nothing_run_is_no_success(self):
        self.assertEqual(self.run_on(""), (1, "test: 0 passed, 0 failed"))


if __name__ == "__main__":
    unittest.main()
