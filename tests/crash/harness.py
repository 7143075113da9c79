"""Real processes for tests that kill them: a nats-server, musterd, workers, in a scratch folder, on free ports.

Every process is a child of this one and dies with it, whatever happens: at the end of the `with`, and by the kernel's
death signal when the test itself is killed. Programs come from $MUSTER_BIN, nats-server from $NATS_SERVER or PATH.
"""

import ctypes
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

from nats_client import NatsClient, NatsError

# How long anything may take that takes milliseconds on an idle machine.
PATIENCE_S = 60.0
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)


class Failure(Exception):
    """What must be true is not."""


def check(condition, text):
    if not condition:
        raise Failure(text)


def wait_for(what, condition, seconds=PATIENCE_S):
    """The one place where these tests wait: polls until the condition holds and returns its value."""
    limit = time.monotonic() + seconds
    last = ""
    while True:
        try:
            value = condition()
            if value:
                return value
        except (NatsError, OSError, ValueError) as error:
            last = f" (last: {error})"
        if time.monotonic() > limit:
            raise Failure(f"{what}: not within {seconds:.0f} s{last}")
        time.sleep(0.01)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def _die_with_parent():
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Process:
    """A child; its output goes to a log file in the scratch folder."""

    def __init__(self, name, argv, scratch, before=None, **options):
        self.name = name
        number = len(list(scratch.glob(f"{name}.*.log")))
        self.log = scratch / f"{name}.{number}.log"

        def prepare():
            _die_with_parent()
            if before:
                before()

        with open(self.log, "wb") as out:
            self.child = subprocess.Popen([str(a) for a in argv], stdin=subprocess.DEVNULL, stdout=out,
                                          stderr=subprocess.STDOUT, preexec_fn=prepare, **options)

    @property
    def alive(self):
        return self.child.poll() is None

    def signal(self, number):
        self.child.send_signal(number)

    def kill(self):
        """SIGKILL; returns when it is gone, with the time of the kill (CLOCK_MONOTONIC, s)."""
        when = time.monotonic()
        self.child.kill()
        self.child.wait(PATIENCE_S)
        return when

    def exit_code(self, seconds=PATIENCE_S):
        """Waits for its end. Negative: the signal that ended it."""
        try:
            return self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Failure(f"{self.name} has not ended within {seconds:.0f} s") from None

    def text(self):
        return self.log.read_text(errors="replace")


class Rig:
    """A whole system. `nats_config`: more lines for nats-server's configuration."""

    def __init__(self, nats_config=""):
        self.bin = pathlib.Path(os.environ.get("MUSTER_BIN", "build/dev/bin")).resolve()
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="muster-crash-"))
        self.history = self.scratch / "history"
        self.data = self.scratch / "data"
        self.port = free_port()
        self.url = f"nats://127.0.0.1:{self.port}"
        self.nats = self.daemon = None
        self.workers = {}
        self._children = []
        self._clients = []
        self.history.touch()
        # The server's own 2 s of grace for clients at a stop are of no use to a test.
        (self.scratch / "nats.conf").write_text(
            f'listen: "127.0.0.1:{self.port}"\njetstream {{ store_dir: "{self.scratch}/nats" }}\n'
            f'lame_duck_duration: "30s"\n{nats_config}\n')

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        for client in self._clients:
            client.close()
        for child in reversed(self._children):
            if child.alive:
                child.kill()
        if kind:
            self._tell_logs()
        if os.environ.get("MUSTER_KEEP"):
            print(f"kept: {self.scratch}")
        else:
            shutil.rmtree(self.scratch, ignore_errors=True)

    def _tell_logs(self):
        for log in sorted(self.scratch.glob("*.log")):
            lines = log.read_text(errors="replace").splitlines()
            print(f"---- {log.name}, the last of {len(lines)} lines", *lines[-15:], sep="\n", file=sys.stderr)

    def start(self, name, argv, **options):
        process = Process(name, argv, self.scratch, **options)
        self._children.append(process)
        return process

    # nats-server ------------------------------------------------------------------------------------------------------

    def start_nats(self):
        """On the same port and store as before; returns when its streams can be asked for."""
        server = os.environ.get("NATS_SERVER") or shutil.which("nats-server")
        check(server, "no nats-server: set NATS_SERVER")
        self.nats = self.start("nats", [server, "-c", self.scratch / "nats.conf"])
        wait_for("nats-server answers", self._nats_answers)

    def _nats_answers(self):
        check(self.nats.alive, "nats-server has ended")
        client = self.connect()
        try:
            return "error" not in json.loads(client.request("$JS.API.INFO")[1])
        finally:
            client.close()

    def connect(self):
        return NatsClient("127.0.0.1", self.port)

    def client(self):
        """A connection that is closed with the rig."""
        self._clients.append(self.connect())
        return self._clients[-1]

    # musterd ----------------------------------------------------------------------------------------------------------

    def start_daemon(self, *arguments, ready=True, **options):
        (self.data / "http.port").unlink(missing_ok=True)
        self.daemon = self.start("musterd", [self.bin / "musterd", "--data", self.data, "--nats", self.url,
                                             "--http", "127.0.0.1:0", *arguments], **options)
        if ready:
            self.wait_ready()
        return self.daemon

    def wait_ready(self):
        def ready():
            check(self.daemon.alive, "musterd has ended")
            return self.http("/readyz")[0] == 200
        wait_for("musterd is ready", ready)

    def http(self, path):
        """(status, text) of a page of musterd's."""
        port = (self.data / "http.port").read_text().strip()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def metric(self, name):
        """The value of one series of /metrics, as `muster_incidents_total{kind="undecodable"}`; 0 when absent."""
        for line in self.http("/metrics")[1].splitlines():
            if line.startswith(name + " "):
                return float(line.rsplit(" ", 1)[1])
        return 0.0

    def stats(self):
        return self.json_lines("stats")[0]

    # Workers ----------------------------------------------------------------------------------------------------------

    def start_worker(self, name, slots=8):
        """One that traces what it runs, see side_effect_worker.cc."""
        self.workers[name] = self.start(name, [self.bin / "crash_side_effect_worker", self.url, name, slots,
                                               self.history])
        return self.workers[name]

    def wait_workers(self, count):
        wait_for(f"{count} workers are known", lambda: int(self.stats().get("workers", 0)) == count)

    # The command line -------------------------------------------------------------------------------------------------

    def cli(self, *arguments, expect=0, data=None):
        done = subprocess.run([str(self.bin / "muster"), *map(str, arguments), "--server", self.url], timeout=PATIENCE_S,
                              input=data, stdin=None if data is not None else subprocess.DEVNULL, text=True,
                              capture_output=True, check=False)
        if expect is not None and done.returncode != expect:
            raise Failure(f"muster {' '.join(map(str, arguments))}: exit {done.returncode}, not {expect}\n"
                          f"{done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done.stdout

    def json_lines(self, *arguments):
        return [json.loads(line) for line in self.cli(*arguments, "--json").splitlines() if line.strip()]
