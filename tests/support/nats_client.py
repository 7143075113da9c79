"""A NATS client in a socket and the text protocol: what a publisher without any library of ours looks like.

One thread, blocking, bounded waits. Requests and JetStream acknowledgements go through one inbox under the prefix that
the role's permissions allow.
"""

import base64
import itertools
import json
import socket
import time


# The roles of compose/nats/common.conf whose inboxes have a prefix of their own.
OWN_INBOX = ("publisher", "observer")
# Stored messages sent and not yet confirmed, in store_all.
WINDOW = 256


class NatsError(Exception):
    """The server said -ERR, or an answer was an error, or none came."""


def encode_headers(headers):
    return ("NATS/1.0\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers.items()) + "\r\n").encode()


class NatsClient:
    def __init__(self, host, port, user="", password="", timeout=10.0, name="muster-test"):
        self._deadline_s = timeout
        self._socket = socket.create_connection((host, port), timeout=timeout)
        self._buffer = bytearray()
        self._inbox = f"{'_INBOX_' + user if user in OWN_INBOX else '_INBOX'}.{time.time_ns():x}"
        self._numbers = itertools.count(1)
        self._errors = []
        self._answers = {}   # reply subject -> (headers, data), not asked for yet
        self._messages = []  # (subject, reply, headers, data) of subscriptions, not asked for yet
        self.info = json.loads(self._line().partition(" ")[2])
        options = {"verbose": False, "pedantic": False, "headers": True, "no_responders": True, "lang": "python",
                   "version": "0", "name": name, "user": user, "pass": password}
        self._send(f"CONNECT {json.dumps(options)}\r\n".encode())
        if user != "worker":  # asks nothing, so it has no inbox
            self._send(f"SUB {self._inbox}.* 1\r\n".encode())
        self.flush()

    def close(self):
        self._socket.close()

    def subscribe(self, subject):
        self._send(f"SUB {subject} {next(self._numbers) + 1}\r\n".encode())

    def publish(self, subject, data=b"", headers=None, reply=""):
        """`headers`: a dictionary, or the bytes of a header block as they are to go out, right or wrong."""
        if headers:
            head = headers if isinstance(headers, bytes) else encode_headers(headers)
            line = f"HPUB {subject} {reply} {len(head)} {len(head) + len(data)}\r\n".encode()
            self._send(line + head + data + b"\r\n")
        else:
            self._send(f"PUB {subject} {reply} {len(data)}\r\n".encode() + data + b"\r\n")

    def flush(self):
        """Waits for the server to have seen everything. Raises NatsError when it refused any of it."""
        self._send(b"PING\r\n")
        self._read_until(lambda: self._pong)
        self._pong = False
        if self._errors:
            raise NatsError(self._errors.pop(0))

    def request(self, subject, data=b"", headers=None):
        """(headers, data) of the answer. Raises NatsError: nobody listens, the server refuses, no answer comes."""
        reply = f"{self._inbox}.{next(self._numbers)}"
        self.publish(subject, data, headers, reply)
        self._read_until(lambda: reply in self._answers or self._errors)
        if reply not in self._answers:
            raise NatsError(self._errors.pop(0))
        return self._checked(subject, self._answers.pop(reply))

    def publish_stored(self, subject, data, headers=None):
        """Publishes to a stream and waits for its acknowledgement: from then on the task is accepted."""
        return self._receipt(subject, self.request(subject, data, headers))

    def store_all(self, messages, accepted):
        """Publishes (key, subject, data, headers) to streams, some ahead; calls accepted(key) for each receipt."""
        waiting = {}

        def settle(most):
            self._read_until(lambda: self._errors or any(reply in self._answers for reply in waiting))
            for reply in [r for r in waiting if r in self._answers]:
                key, subject = waiting.pop(reply)
                self._receipt(subject, self._checked(subject, self._answers.pop(reply)))
                accepted(key)
            if self._errors:
                raise NatsError(self._errors.pop(0))
            return len(waiting) <= most

        for key, subject, data, headers in messages:
            reply = f"{self._inbox}.{next(self._numbers)}"
            self.publish(subject, data, headers, reply)
            waiting[reply] = (key, subject)
            while len(waiting) >= WINDOW and not settle(WINDOW // 2):
                pass
        while waiting and not settle(0):
            pass

    def stream_info(self, stream, **question):
        return self._json(f"$JS.API.STREAM.INFO.{stream}", question)

    def stream_messages(self, stream, subject=">"):
        """Yields (sequence, subject, headers, data) of every message in a stream. Takes nothing away."""
        sequence = 1
        while True:
            answer = self._json(f"$JS.API.STREAM.MSG.GET.{stream}", {"seq": sequence, "next_by_subj": subject},
                                missing=404)
            if answer is None:
                return
            message = answer["message"]
            yield (message["seq"], message["subject"], base64.b64decode(message.get("hdrs", "")),
                   base64.b64decode(message.get("data", "")))
            sequence = message["seq"] + 1

    def messages(self):
        """What came in on subscriptions so far."""
        self.flush()
        came, self._messages = self._messages, []
        return came

    _pong = False

    def _json(self, subject, question, missing=None):
        answer = json.loads(self.request(subject, json.dumps(question).encode())[1])
        if "error" in answer:
            if answer["error"].get("code") == missing:
                return None
            raise NatsError(f"{subject}: {answer['error']}")
        return answer

    @staticmethod
    def _checked(subject, answer):
        head, body = answer
        status = head.split("\r\n", 1)[0].removeprefix("NATS/1.0").strip()
        if status.startswith(("404", "408", "503")):
            raise NatsError(f"{subject}: {status}")
        return head, body

    @staticmethod
    def _receipt(subject, answer):
        receipt = json.loads(answer[1])
        if "error" in receipt:
            raise NatsError(f"{subject}: {receipt['error']}")
        return receipt

    def _send(self, data):
        self._socket.sendall(data)

    def _read_until(self, done):
        limit = time.monotonic() + self._deadline_s
        while not done():
            if time.monotonic() > limit:
                raise NatsError(f"no answer within {self._deadline_s:.0f} s")
            self._one()

    def _one(self):
        line = self._line()
        verb, _, rest = line.partition(" ")
        if verb == "PING":
            self._send(b"PONG\r\n")
        elif verb == "PONG":
            self._pong = True
        elif verb == "-ERR":
            self._errors.append(rest.strip("'"))
        elif verb in ("MSG", "HMSG"):
            words = rest.split()
            size = int(words[-1])
            head_size = int(words[-2]) if verb == "HMSG" else 0
            reply = words[2] if len(words) > (4 if verb == "HMSG" else 3) else ""
            body = self._bytes(size + 2)[:size]
            head, data = body[:head_size].decode(errors="replace"), body[head_size:]
            if words[0].startswith(self._inbox):
                self._answers[words[0]] = (head, data)
            else:
                self._messages.append((words[0], reply, head, data))

    def _more(self):
        data = self._socket.recv(262144)
        if not data:
            raise NatsError(f"the server closed the connection{': ' + self._errors[0] if self._errors else ''}")
        self._buffer += data

    def _line(self):
        while (end := self._buffer.find(b"\r\n")) < 0:
            self._more()
        line = bytes(self._buffer[:end])
        del self._buffer[:end + 2]
        return line.decode(errors="replace")

    def _bytes(self, size):
        while len(self._buffer) < size:
            self._more()
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return data
