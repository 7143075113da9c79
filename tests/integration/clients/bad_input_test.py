#!/usr/bin/env python3
"""What is no task becomes a dead letter with its reason; what is no worker's message is counted; work goes on."""

import base64
import json
import random
import unittest

from harness import Rig, wait_for
from history import SUCCEEDED, fields
from nats_client import NatsError, encode_headers

BAD_REQUEST = 64  # muster.v1.ErrorCode


def setUpModule():
    global RIG
    RIG = Rig().__enter__()
    RIG.start_nats()
    RIG.start_daemon()
    RIG.start("worker", [RIG.bin / "muster", "worker", "run", "--server", RIG.url, "--name", "good", "--queue", "shout",
                         "--slots", "4", "--exec", "tr a-z A-Z"])
    RIG.wait_workers(1)


def tearDownModule():
    RIG.__exit__(None, None, None)


class BadInput(unittest.TestCase):
    def setUp(self):
        self.client = RIG.client()
        self.undecodable = RIG.metric('muster_incidents_total{kind="undecodable"}')

    def tearDown(self):
        """After every one of them: musterd lives, and a good task still runs."""
        self.assertTrue(RIG.daemon.alive)
        task = f"good-{self.id().rsplit('.', 1)[1]}"
        self.client.publish_stored("muster.tasks.normal.shout", b"well", {"Muster-Id": task})

        def stored():
            found = list(self.client.stream_messages("MUSTER_RESULTS", f"muster.results.{task}"))
            return fields(found[0][3]) if found else None
        result = wait_for(f"the result of {task}", stored)
        self.assertEqual((result[2], result[7]), (SUCCEEDED, b"WELL"))

    def letter(self, subject):
        """The dead letter of the only message on that subject, once it is there."""
        def listed():
            return [one for one in RIG.json_lines("dead", "list") if one.get("subject") == subject]
        return wait_for(f"a dead letter of {subject}", listed)[0]

    def refused(self, queue, data, headers, code, reason, where=""):
        subject = f"muster.tasks.normal.{queue}"
        self.client.publish_stored(subject, data, headers)
        letter = self.letter(subject)
        error = letter["error"]
        self.assertEqual(error["code"], f"ERROR_CODE_{code}", letter)
        self.assertIn(reason, error["message"])
        self.assertEqual(error.get("where", ""), where)
        self.assertEqual(base64.b64decode(letter.get("raw", "")), data[:1000000])
        wait_for("it is counted",
                 lambda: RIG.metric('muster_incidents_total{kind="undecodable"}') >= self.undecodable + 1)
        return letter

    def test_unknown_header(self):
        """bad input: an unknown Muster header is refused with the nearest name"""
        letter = self.refused("unknown-header", b"x", {"Muster-Tmeout": "3s"}, "BAD_HEADER", "Muster-Timeout",
                              "Muster-Tmeout")
        self.assertEqual(letter["headers"]["Muster-Tmeout"], "3s")

    def test_bad_values(self):
        """bad input: a value out of its form is refused, and says what would be right"""
        for queue, name, value, reason in (("timeout", "Muster-Timeout", "30", "unit"),
                                           ("attempts", "Muster-Max-Attempts", "many", "1 to 1000"),
                                           ("id", "Muster-Id", "a b", "Muster-Id"),
                                           ("require", "Muster-Require", "gpu,,", ""),
                                           ("resources", "Muster-Resources", "memory=lots", "")):
            with self.subTest(name):
                subject = f"muster.tasks.normal.bad-{queue}"
                self.client.publish_stored(subject, b"x", {name: value})
                error = self.letter(subject)["error"]
                self.assertEqual((error["code"], error["where"]), ("ERROR_CODE_BAD_HEADER", name))
                self.assertIn(reason, error["message"] + error["where"])

    def test_garbage_for_protobuf(self):
        """bad input: bytes that claim to be a Task and are none are kept as they came"""
        garbage = random.Random(1).randbytes(500)
        self.refused("garbage", garbage, {"Content-Type": "application/x-muster-task"}, "BAD_MESSAGE", "", "data")

    def test_queue_of_two_tokens(self):
        """bad input: a queue of two tokens is refused by name"""
        self.refused("a.b", b"x", None, "BAD_QUEUE", "a.b", "queue")

    def test_too_large(self):
        """bad input: more than 1,000,000 bytes, and the server lets it through: a dead letter that says what was kept"""
        self.refused("large", b"x" * 1040000, {"Muster-Id": "large"}, "TOO_LARGE", "1000000", "payload")

    def test_larger_than_the_server_takes(self):
        """bad input: more than the server's max_payload is refused by the server, and never seen here"""
        with self.assertRaises((NatsError, OSError)):
            self.client.publish_stored("muster.tasks.normal.shout", b"x" * (1 << 20 | 1))
        self.client = RIG.client()

    def test_unknown_priority(self):
        """bad input: on an unknown priority nobody listens, and the publisher is told"""
        with self.assertRaises(NatsError):
            self.client.publish_stored("muster.tasks.urgent.shout", b"x")

    def test_broken_header_block(self):
        """bad input: headers that are no headers make a dead letter, not a task without its headers"""
        for queue, block in (("no-colon", b"NATS/1.0\r\nMuster-Id\r\n\r\n"),
                             ("control", b"NATS/1.0\r\nMuster-Id: a\x01b\r\n\r\n"),
                             ("not-text", b"NATS/1.0\r\nMuster-Label-x: \xff\xfe\r\n\r\n")):
            with self.subTest(queue):
                subject = f"muster.tasks.normal.broken-{queue}"
                self.client.publish_stored(subject, b"x", block)
                self.assertEqual(self.letter(subject)["error"]["code"], "ERROR_CODE_BAD_HEADER")

    def test_header_without_name(self):
        """bad input: a header without a name does not hide those after it"""
        self.client.publish_stored("muster.tasks.normal.shout", b"x", b"NATS/1.0\r\n: value\r\nMuster-Id: seen\r\n\r\n")
        wait_for("the result of seen",
                 lambda: list(self.client.stream_messages("MUSTER_RESULTS", "muster.results.seen")))

    def test_headers_of_the_server(self):
        """bad input: a task that carries the headers of the server's own messages is a task all the same"""
        for status in ("404", "408", "409", "100"):
            task = f"status-{status}"
            block = encode_headers({"Status": status, "Description": "no", "Muster-Id": task})
            self.client.publish_stored("muster.tasks.normal.shout", b"", block)
            wait_for(f"the result of {task}",
                     lambda t=task: list(self.client.stream_messages("MUSTER_RESULTS", f"muster.results.{t}")))

    def test_garbage_on_worker_subjects(self):
        """bad input: garbage on the subjects of workers is counted and ignored"""
        def bad():
            return int(RIG.stats().get("bad_worker_messages", 0))
        before, chance = bad(), random.Random(2)
        subjects = ("worker.hello.evil", "worker.beat.evil", "worker.bye.evil", "worker.inventory.evil", "report.evil",
                    "worker.beat.good", "report.good", "worker.nonsense.evil")
        for subject in subjects:
            for size in (1, 7, 100, 5000):
                self.client.publish(f"muster.{subject}", b"\xff" + chance.randbytes(size - 1))
        self.client.flush()
        wait_for("they are counted", lambda: bad() >= before + 4 * len(subjects))
        self.assertGreaterEqual(RIG.metric('muster_incidents_total{kind="bad_worker_message"}'), 4 * len(subjects))
        known = RIG.json_lines("worker", "list")[0]["workers"]
        self.assertEqual([one["name"] for one in known], ["good"])

    def test_garbage_questions(self):
        """bad input: a question that is none gets an error with its code, not silence; JSON for JSON"""
        for subject, data in (("task.show", b"{\xff\xff"), ("task.show", b'{"no_such_field":1}'), ("no.such", b"{}")):
            with self.subTest(subject):
                answer = json.loads(self.client.request(f"muster.api.{subject}", data)[1])
                self.assertTrue(answer["error"]["code"].startswith("ERROR_CODE_"), answer)
        for subject in ("task.cancel", "queue.pause", "worker.list"):
            with self.subTest(subject):
                answer = self.client.request(f"muster.api.{subject}", b"\xff" + random.Random(3).randbytes(63))[1]
                self.assertEqual(fields(fields(answer)[1])[1], BAD_REQUEST)


if __name__ == "__main__":
    unittest.main()
