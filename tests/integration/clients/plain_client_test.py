#!/usr/bin/env python3
"""A socket and the text protocol of NATS are enough to submit a task and to get its result."""

import json
import socket
import unittest

from harness import Rig, wait_for
from history import SUCCEEDED, fields


def setUpModule():
    global RIG
    RIG = Rig().__enter__()
    RIG.start_nats()
    RIG.start_daemon()
    RIG.start("worker", [RIG.bin / "muster", "worker", "run", "--server", RIG.url, "--queue", "shout", "--slots", "4",
                         "--capability", "text", "--label", "region=eu", "--exec", "tr a-z A-Z"])
    RIG.wait_workers(1)


def tearDownModule():
    RIG.__exit__(None, None, None)


class PlainClient(unittest.TestCase):
    def setUp(self):
        self.client = RIG.client()

    def result(self, task):
        def stored():
            found = list(self.client.stream_messages("MUSTER_RESULTS", f"muster.results.{task}"))
            return fields(found[0][3]) if found else None
        return wait_for(f"the result of {task}", stored)

    def test_payload_without_headers_runs(self):
        """plain client: a bare payload is a task; its id is made from its place in the stream"""
        self.client.subscribe("muster.results.*")
        self.client.flush()
        receipt = self.client.publish_stored("muster.tasks.normal.shout", b"no headers at all")
        self.assertEqual(receipt["stream"], "MUSTER_TASKS_NORMAL")
        came = []

        def mine():
            came.extend(fields(data) for _, _, _, data in self.client.messages())
            return [result for result in came if result.get(7) == b"NO HEADERS AT ALL"]
        self.assertEqual(wait_for("the result", mine)[0][2], SUCCEEDED)

    def test_headers_say_the_rest(self):
        """plain client: id, requirement, labels, attempts and the reply subject come in headers"""
        self.client.subscribe("orders.done")
        self.client.flush()
        self.client.publish_stored("muster.tasks.critical.shout", b"with headers", {
            "Muster-Id": "order-1", "Muster-Type": "letters", "Muster-Require": "text, region=eu",
            "Muster-Label-team": "a", "Muster-Max-Attempts": "2", "Muster-Reply-To": "orders.done"})
        result = self.result("order-1")
        self.assertEqual((result[2], result[7]), (SUCCEEDED, b"WITH HEADERS"))
        replies = wait_for("the result on the reply subject", self.client.messages)
        self.assertEqual(fields(replies[0][3])[1], b"order-1")
        shown = json.dumps(RIG.json_lines("task", "show", "order-1")[0])
        for word in ("letters", "PRIORITY_CRITICAL"):
            self.assertIn(word, shown)

    def test_same_id_runs_once(self):
        """plain client: the same id again is not run again"""
        before = RIG.metric('muster_incidents_total{kind="duplicate_submission"}')
        for text in (b"first", b"second"):
            self.client.publish_stored("muster.tasks.normal.shout", text, {"Muster-Id": "twice"})
        self.assertEqual(self.result("twice")[7], b"FIRST")
        wait_for("the repetition is counted",
                 lambda: RIG.metric('muster_incidents_total{kind="duplicate_submission"}') == before + 1)

    def test_largest_payload(self):
        """plain client: a payload of 1,000,000 bytes runs, and so does an empty one"""
        self.client.publish_stored("muster.tasks.normal.shout", b"x" * 1000000, {"Muster-Id": "large"})
        self.client.publish_stored("muster.tasks.normal.shout", b"", {"Muster-Id": "empty"})
        self.assertEqual(self.result("large")[7], b"X" * 1000000)
        self.assertEqual(self.result("empty")[2], SUCCEEDED)

    def test_bytes_of_the_page(self):
        """plain client: the bytes that docs/protocol.md shows, sent by hand, are a task"""
        head = b"NATS/1.0\r\nMuster-Id: order-4711\r\nMuster-Require: text\r\n\r\n"
        body = b"good morning"
        with socket.create_connection(("127.0.0.1", RIG.port), timeout=20) as raw:
            raw.sendall(b'CONNECT {"verbose":false,"headers":true}\r\nSUB ack 1\r\n'
                        b"HPUB muster.tasks.normal.shout ack %d %d\r\n%s%s\r\n"
                        % (len(head), len(head) + len(body), head, body))
            answer = b""
            while b'"stream":"MUSTER_TASKS_NORMAL"' not in answer:
                more = raw.recv(4096)
                self.assertTrue(more, answer)
                answer += more
        self.assertEqual(self.result("order-4711")[7], b"GOOD MORNING")


if __name__ == "__main__":
    unittest.main()
