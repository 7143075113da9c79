#!/usr/bin/env python3
"""Holds the source tree against the rules of tests/tidy/rules: `run.py [ROOT]`. One test per rule."""
import os
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True
__unittest = True  # keeps this file out of the traces of failures

from rules import RULES  # noqa: E402
from rules.tree import Tree  # noqa: E402

ROOT = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else os.path.dirname(os.path.dirname(HERE))


class TreeTest(unittest.TestCase):
    longMessage = False


def add(name, rule):
    def test(self):
        found = rule(TREE)
        self.assertFalse(found, f"{len(found)} findings:\n" + "\n".join(f"  {one}" for one in found))

    test.__doc__ = f"tree: {name}"
    setattr(TreeTest, "test_" + name.replace(" ", "_"), test)


TREE = Tree(ROOT)
for rule_name, rule_function in RULES.items():
    add(rule_name, rule_function)

if __name__ == "__main__":
    unittest.main(verbosity=1)
