"""One running copy of compose/compose.yaml, under a project name and on ports of its own."""

import base64
import json
import os
import signal
import socket
import subprocess
import time
import urllib.parse
import urllib.request

from machine import LOGS, ROOT, run, say
from nats_client import NatsClient, NatsError


# Far above the some minutes that two idle cores need.
BUILD_SECONDS_MAX = 1800


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def last_line(path):
    lines = path.read_text(errors="replace").strip().splitlines()
    return lines[-1].strip()[:100] if lines else ""


def wait_for(what, seconds, condition, every=0.5):
    """The one place where this test waits: polls until the condition holds and returns its value."""
    limit = time.monotonic() + seconds
    detail = ""
    while time.monotonic() < limit:
        try:
            value = condition()
            if value:
                return value
        except (NatsError, OSError, RuntimeError, ValueError) as error:
            detail = f" (last: {error})"
        time.sleep(every)
    raise RuntimeError(f"{what}: not within {seconds} s{detail}")


class Stack:
    def __init__(self, compose, build_network):
        self.project = f"muster-test-{os.getpid()}"
        self.nats_port, self.http_port, self.prometheus_port = free_ports(3)
        self._argv = [*compose, "-p", self.project, "-f", str(ROOT / "compose/compose.yaml")]
        self._environment = {**os.environ, "MUSTER_NATS_PORT": str(self.nats_port),
                             "MUSTER_HTTP_PORT": str(self.http_port),
                             "MUSTER_PROMETHEUS_PORT": str(self.prometheus_port), "MUSTER_BUILD_NETWORK": build_network,
                             "COMPOSE_ANSI": "never", "BUILDKIT_PROGRESS": "plain"}

    def compose(self, *words, timeout=120, check=True):
        return run([*self._argv, *words], timeout=timeout, check=check, env=self._environment)

    def build(self):
        """The images, as `docker compose up --build` makes them; the log goes to build/logs."""
        LOGS.mkdir(parents=True, exist_ok=True)
        started = told = time.monotonic()
        log = LOGS / "compose-build.log"
        say("building the images of musterd and the workers (log: build/logs/compose-build.log)")
        with open(log, "wb") as out:
            build = subprocess.Popen([*self._argv, "build"], stdin=subprocess.DEVNULL, stdout=out,
                                     stderr=subprocess.STDOUT, env=self._environment)
            try:
                while build.poll() is None:
                    if time.monotonic() - started > BUILD_SECONDS_MAX:
                        raise RuntimeError(f"the images are not built within {BUILD_SECONDS_MAX} s")
                    if time.monotonic() - told >= 30:
                        told = time.monotonic()
                        say(f"{told - started:.0f} s  {last_line(log)}")
                    time.sleep(0.5)
            finally:
                if build.poll() is None:
                    build.terminate()
                    build.wait(30)
        if build.returncode != 0:
            raise RuntimeError(f"the images do not build; the end of {log}:\n{log.read_text(errors='replace')[-4000:]}")
        say(f"images built in {time.monotonic() - started:.0f} s")

    def image_of(self, service):
        return json.loads(self.compose("config", "--format", "json").stdout)["services"][service]["image"]

    def password(self, role):
        return self.compose("run", "--rm", "--no-deps", "-T", "setup", "show", role).stdout.strip()

    def client(self, role):
        return NatsClient("127.0.0.1", self.nats_port, role, self.password(role))

    # Containers -----------------------------------------------------------------------------------------------------

    def containers(self, service):
        """Ids, running or not."""
        listed = run(["docker", "ps", "-aq", "--no-trunc",
                      "--filter", f"label=com.docker.compose.project={self.project}",
                      "--filter", f"label=com.docker.compose.service={service}",
                      "--filter", "label=com.docker.compose.oneoff=False"])
        return listed.stdout.split()

    @staticmethod
    def inspect(container):
        return json.loads(run(["docker", "inspect", container]).stdout)[0]

    def healthy(self, service, count=1):
        states = [self.inspect(one)["State"] for one in self.containers(service)]
        return sum(one.get("Health", {}).get("Status") == "healthy" for one in states) >= count

    def kill_process(self, container):
        """SIGKILL from outside, like a crash: after Docker's own `kill` its restart policy would not act."""
        pid = self.inspect(container)["State"]["Pid"]
        try:
            os.kill(pid, signal.SIGKILL)
        except (PermissionError, ProcessLookupError):
            # Not root, or the daemon has another view of processes: its own kill, and a start by hand.
            run(["docker", "kill", "-s", "KILL", container])
            run(["docker", "start", container])

    def logs(self):
        LOGS.mkdir(parents=True, exist_ok=True)
        done = self.compose("logs", "--no-color", "--timestamps", timeout=60, check=False)
        (LOGS / "compose-test.log").write_text(done.stdout + done.stderr)
        return done.stdout

    def remove(self):
        self.compose("down", "--volumes", "--remove-orphans", "--timeout", "20", timeout=180)

    def leftovers(self):
        label = f"label=com.docker.compose.project={self.project}"
        found = []
        for kind in (["ps", "-aq"], ["volume", "ls", "-q"], ["network", "ls", "-q"]):
            found += run(["docker", *kind, "--filter", label]).stdout.split()
        return found

    # What the outside sees ------------------------------------------------------------------------------------------

    def http(self, path, port=None):
        with urllib.request.urlopen(f"http://127.0.0.1:{port or self.http_port}{path}", timeout=5) as answer:
            return answer.read().decode()

    def prometheus(self, query):
        """The value of an instant query that gives one number, or None."""
        text = self.http(f"/api/v1/query?query={urllib.parse.quote(query)}", self.prometheus_port)
        result = json.loads(text)["data"]["result"]
        return float(result[0]["value"][1]) if result else None


def stream_messages(client, stream):
    """How many messages the stream holds; 0 where there is no such stream."""
    answer = json.loads(client.request(f"$JS.API.STREAM.INFO.{stream}")[1])
    if "error" in answer:
        if answer["error"].get("code") == 404:
            return 0
        raise NatsError(f"{stream}: {answer['error']}")
    return answer["state"]["messages"]


def stored_result(client, task):
    """The TaskResult on muster.results.<task>, as {field number: value}, or None."""
    answer = json.loads(client.request("$JS.API.STREAM.MSG.GET.MUSTER_RESULTS",
                                       json.dumps({"last_by_subj": f"muster.results.{task}"}).encode())[1])
    return protobuf_fields(base64.b64decode(answer["message"].get("data", ""))) if "message" in answer else None


def protobuf_fields(data):
    """The top-level fields of a message: numbers and bytes by field number, as docs/protocol.md lists them."""
    def varint(at):
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value, at

    fields, at = {}, 0
    while at < len(data):
        key, at = varint(at)
        number, kind = key >> 3, key & 7
        if kind == 0:
            fields[number], at = varint(at)
        elif kind == 2:
            size, at = varint(at)
            fields[number] = data[at:at + size]
            at += size
        else:
            size = {1: 8, 5: 4}[kind]
            fields[number] = data[at:at + size]
            at += size
    return fields
