"""A nats-server of our own, processes, and what the system says about them. Linux only: reads /proc."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

TICKS = os.sysconf("SC_CLK_TCK")


class Trouble(Exception):
    """What the person at the terminal is told instead of a stack trace."""


def say(text):
    print(text, file=sys.stderr, flush=True)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def find_binaries(given):
    """The folder with musterd and the benchmark's programs: --bin, $MUSTER_BIN, or the newest below build/."""
    if given or os.environ.get("MUSTER_BIN"):
        return given or os.environ["MUSTER_BIN"]
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
    build = os.path.join(root, "build")
    found = []
    for name in os.listdir(build) if os.path.isdir(build) else []:
        floor = os.path.join(build, name, "bin", "bench_floor")
        if os.path.exists(floor):
            found.append((os.path.getmtime(floor), os.path.dirname(floor)))
    if not found:
        raise Trouble("no bench_floor below build/*/bin: build first, or say --bin DIR")
    return max(found)[1]


class Process:
    """A child that says "ready" on stdout; killed with the rig. Standard error goes to a file in the scratch folder."""

    def __init__(self, rig, name, argv, wait_ready=True, stdin=False):
        self.name = name
        self.log = os.path.join(rig.scratch, f"{name}-{len(rig.children)}.log")
        with open(self.log, "wb") as err:
            self.child = subprocess.Popen(argv, stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
                                          stdout=subprocess.PIPE, stderr=err, text=True)
        rig.children.append(self)
        self.pid = self.child.pid
        if wait_ready:
            self.expect("ready")

    def expect(self, word):
        line = self.child.stdout.readline().strip()
        if line != word:
            raise Trouble(f"{self.name}: expected {word!r}, got {line!r}; it said: {self.tail()}")

    def tail(self):
        with open(self.log, errors="replace") as f:
            return f.read()[-2000:].strip() or "nothing"

    def go(self):
        self.child.stdin.write("go\n")
        self.child.stdin.flush()

    def answer(self):
        line = self.child.stdout.readline()
        if not line:
            raise Trouble(f"{self.name}: ended without an answer; it said: {self.tail()}")
        return json.loads(line)

    def finish(self):
        """Ends a publisher, which waits for the end of its stdin."""
        self.child.stdin.close()
        self.child.wait(timeout=30)

    def stop(self, timeout=30):
        """SIGTERM; what it told last, if anything."""
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
        out = self.child.stdout.read()
        self.child.wait(timeout=timeout)
        return out

    def cpu_seconds(self):
        with open(f"/proc/{self.pid}/stat") as f:
            fields = f.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory_mb(self, field):
        """`field`: VmHWM (the peak) or VmRSS (now)."""
        with open(f"/proc/{self.pid}/status") as f:
            for line in f:
                if line.startswith(field + ":"):
                    return int(line.split()[1]) / 1024
        raise Trouble(f"no {field} of {self.name}")


class Rig:
    """One server and all processes of a run. `with Rig(...) as rig`: everything is stopped and removed at the end."""

    def __init__(self, binaries):
        self.binaries = binaries
        self.children = []
        self.server_binary = os.environ.get("NATS_SERVER") or shutil.which("nats-server")
        if not self.server_binary:
            raise Trouble("no nats-server: set NATS_SERVER or put it on PATH")
        self.server_version = subprocess.run([self.server_binary, "--version"], capture_output=True,
                                             text=True).stdout.strip()

    def __enter__(self):
        self.scratch = tempfile.mkdtemp(prefix="muster-bench-")
        port = free_port()
        self.url = f"nats://127.0.0.1:{port}"
        config = os.path.join(self.scratch, "nats.conf")
        with open(config, "w") as f:
            f.write(f'listen: "127.0.0.1:{port}"\n'
                    f'jetstream {{ store_dir: "{self.scratch}/nats", sync_interval: 1s, max_file_store: 20GB }}\n')
        self.server = Process(self, "nats-server", [self.server_binary, "-c", config], wait_ready=False)
        self.nats = None
        deadline = time.monotonic() + 10
        while self.nats is None:
            try:
                self.nats = NatsText("127.0.0.1", port)
            except OSError:
                if time.monotonic() > deadline or self.server.child.poll() is not None:
                    raise Trouble(f"nats-server does not answer: {self.server.tail()}")
                time.sleep(0.02)
        return self

    def __exit__(self, *_):
        for child in reversed(self.children):
            if child.child.poll() is None:
                child.child.kill()
                child.child.wait()
        shutil.rmtree(self.scratch, ignore_errors=True)

    def program(self, name):
        path = os.path.join(self.binaries, name)
        if not os.path.exists(path):
            raise Trouble(f"{path} is missing: build it, or say --bin DIR")
        return path

    def start(self, name, *argv, **how):
        return Process(self, name, [self.program(name), *map(str, argv)], **how)

    def remove_streams(self):
        for name in self.nats.ask("$JS.API.STREAM.NAMES").get("streams") or []:
            self.nats.ask(f"$JS.API.STREAM.DELETE.{name}")

    def stored(self, stream):
        """Messages in a stream; None where there is no such stream."""
        info = self.nats.ask(f"$JS.API.STREAM.INFO.{stream}")
        return info["state"]["messages"] if "state" in info else None


class NatsText:
    """Just enough of the NATS text protocol to ask the JetStream API a question."""

    def __init__(self, host, port):
        self.socket = socket.create_connection((host, port), timeout=10)
        self.file = self.socket.makefile("rb")
        self.file.readline()  # INFO
        self.questions = 0
        self.socket.sendall(b'CONNECT {"verbose":false,"pedantic":false}\r\nSUB _INBOX.bench.* 1\r\nPING\r\n')
        self._until(b"PONG")

    def _until(self, verb):
        while True:
            line = self.file.readline()
            if not line:
                raise Trouble("nats-server closed the connection")
            if line.startswith(b"PING"):
                self.socket.sendall(b"PONG\r\n")
            if line.startswith(verb):
                return line

    def ask(self, subject, body=""):
        """The JSON answer to a request."""
        self.questions += 1
        inbox = f"_INBOX.bench.{self.questions}"
        data = body.encode()
        self.socket.sendall(f"PUB {subject} {inbox} {len(data)}\r\n".encode() + data + b"\r\n")
        while True:
            line = self._until(b"MSG").split()
            answer = self.file.read(int(line[-1]) + 2)
            if line[1].decode() == inbox:
                return json.loads(answer)
