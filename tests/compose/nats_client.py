"""A NATS client in a socket and the text protocol: what a publisher without any library of ours looks like.

One thread, blocking, bounded waits. Requests and JetStream acknowledgements go through one inbox under the prefix that
the role's permissions allow.
"""

import itertools
import json
import socket
import time


# The roles of compose/nats/common.conf whose inboxes have a prefix of their own.
OWN_INBOX = ("publisher", "observer")


class NatsError(Exception):
    """The server said -ERR, or an answer was an error."""


class NatsClient:
    def __init__(self, host, port, user="", password="", timeout=10.0):
        self._deadline_s = timeout
        self._socket = socket.create_connection((host, port), timeout=timeout)
        self._buffer = b""
        self._inbox = f"{'_INBOX_' + user if user in OWN_INBOX else '_INBOX'}.{time.time_ns():x}"
        self._numbers = itertools.count(1)
        self._errors = []
        self._messages = []  # (subject, reply, headers, data) not asked for yet
        self._line()  # INFO
        options = {"verbose": False, "pedantic": False, "headers": True, "no_responders": True, "lang": "python",
                   "version": "0", "name": "compose-test", "user": user, "pass": password}
        self._send(f"CONNECT {json.dumps(options)}\r\n".encode())
        if user != "worker":  # asks nothing, so it has no inbox
            self._send(f"SUB {self._inbox}.* 1\r\n".encode())
        self.flush()

    def close(self):
        self._socket.close()

    def subscribe(self, subject):
        self._send(f"SUB {subject} {next(self._numbers) + 1}\r\n".encode())

    def publish(self, subject, data=b"", headers=None, reply=""):
        if headers:
            head = "NATS/1.0\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers.items()) + "\r\n"
            head = head.encode()
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
        found = []

        def answered():
            for i, message in enumerate(self._messages):
                if message[0] == reply:
                    found.append(self._messages.pop(i))
                    return True
            return bool(self._errors)

        self._read_until(answered)
        if not found:
            raise NatsError(self._errors.pop(0))
        _, _, head, body = found[0]
        status = head.split("\r\n", 1)[0].removeprefix("NATS/1.0").strip()
        if status.startswith(("404", "408", "503")):
            raise NatsError(f"{subject}: {status}")
        return head, body

    def publish_stored(self, subject, data, headers):
        """Publishes to a stream and waits for its acknowledgement: from then on the task is accepted."""
        _, body = self.request(subject, data, headers)
        answer = json.loads(body)
        if "error" in answer:
            raise NatsError(f"{subject}: {answer['error']}")
        return answer

    def messages(self):
        """What came in on subscriptions so far."""
        self.flush()
        came, self._messages = self._messages, []
        return came

    _pong = False

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
            self._messages.append((words[0], reply, body[:head_size].decode(), body[head_size:]))

    def _more(self):
        data = self._socket.recv(65536)
        if not data:
            raise NatsError(f"the server closed the connection{': ' + self._errors[0] if self._errors else ''}")
        self._buffer += data

    def _line(self):
        while b"\r\n" not in self._buffer:
            self._more()
        line, self._buffer = self._buffer.split(b"\r\n", 1)
        return line.decode()

    def _bytes(self, size):
        while len(self._buffer) < size:
            self._more()
        data, self._buffer = self._buffer[:size], self._buffer[size:]
        return data
