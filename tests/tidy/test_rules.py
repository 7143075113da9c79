#!/usr/bin/env python3
"""Every rule catches its bad example, at the right place, and lets its good one pass."""
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True

from examples import EXAMPLES  # noqa: E402
from rules import RULES  # noqa: E402
from rules.tree import Tree  # noqa: E402


def findings(rule, files):
    with tempfile.TemporaryDirectory() as root:
        for path, text in files.items():
            os.makedirs(os.path.join(root, os.path.dirname(path)), exist_ok=True)
            with open(os.path.join(root, path), "w", encoding="utf-8") as stream:
                stream.write(text)
        return [str(one) for one in RULES[rule](Tree(root))]


class RulesTest(unittest.TestCase):
    def test_every_rule_has_a_bad_example(self):
        self.assertEqual(set(RULES), {rule for rule, _, wanted in EXAMPLES if wanted})

    def test_every_rule_has_a_good_example(self):
        self.assertEqual(set(RULES), {rule for rule, _, wanted in EXAMPLES if not wanted})


def add(number, rule, files, wanted):
    def test(self):
        found = findings(rule, files)
        if not wanted:
            self.assertEqual(found, [])
            return
        self.assertEqual(len(found), len(wanted), found)
        for text in wanted:
            self.assertTrue(any(text in one for one in found), f"{text!r} is not among {found}")

    setattr(RulesTest, f"test_{number:02}_" + rule.replace(" ", "_"), test)


for index, (rule_name, tree_files, wanted_texts) in enumerate(EXAMPLES):
    add(index, rule_name, tree_files, wanted_texts)

if __name__ == "__main__":
    unittest.main()
