"""The demo's processes: musterd with a nats-server of its own, workers, and the command line to ask them."""
import json
import os
import signal
import subprocess
import time
import uuid


class Trouble(Exception):
    """Something the demo cannot go on after, in words for people."""


class Cluster:
    """Every process carries DEMO_RUN in its environment, so that what is left at the end can be found."""

    def __init__(self, binaries, scratch):
        self.binaries, self.scratch = binaries, scratch
        self.data = os.path.join(scratch, "data")
        self.mark = uuid.uuid4().hex
        self.environment = {**os.environ, "DEMO_RUN": self.mark, "DEMO_MUSTER": self.program("muster"), "NO_COLOR": "1"}
        self.daemon, self.workers = None, {}

    def program(self, name):
        path = os.path.join(self.binaries, name)
        if not os.access(path, os.X_OK):
            raise Trouble(f"there is no {path}: ./dev build release")
        return path

    def spawn(self, name, argv):
        with open(os.path.join(self.scratch, f"{name}.log"), "ab") as log:
            return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment,
                                    start_new_session=True)

    def log_of(self, name, lines=15):
        try:
            with open(os.path.join(self.scratch, f"{name}.log"), encoding="utf-8", errors="replace") as log:
                return "".join(log.readlines()[-lines:])
        except OSError:
            return ""

    def start_daemon(self):
        os.makedirs(self.data, exist_ok=True)
        self.daemon = self.spawn("musterd", [self.program("musterd"), "--dev", "--data", self.data, "--port", "0",
                                               "--http", "127.0.0.1:0"])
        url = os.path.join(self.data, "nats.url")

        def ready():
            if self.daemon.poll() is not None:
                raise Trouble(f"musterd ended at its start with status {self.daemon.returncode}:\n{self.log_of('musterd')}")
            if not os.path.exists(url):
                return False
            with open(url, encoding="utf-8") as stream:
                self.environment["MUSTER_SERVER"] = self.environment["NATS_URL"] = stream.read().strip()
            return bool(self.environment["MUSTER_SERVER"]) and self.ask("stats") is not None

        self.until(ready, 60, "musterd to answer")

    def start_worker(self, name, capabilities, slots, queue, command):
        argv = [self.program("muster"), "worker", "run", "--name", name, "--queue", queue, "--slots", str(slots)]
        for capability in capabilities:
            argv += ["--capability", capability]
        # As an argument of sh and not as a line for it: the path may have blanks.
        self.workers[name] = self.spawn(name, argv + ["--exec", "/bin/sh", "--", command])

    def run(self, *arguments, timeout=120):
        return subprocess.run([self.program("muster"), *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, env=self.environment, timeout=timeout, check=False)

    def ask(self, *arguments):
        """The JSON answer of a verb; None where there is no answer now."""
        try:
            done = self.run(*arguments, "--json", timeout=15)
            return json.loads(done.stdout) if done.returncode == 0 else None
        except (subprocess.TimeoutExpired, ValueError):
            return None

    def until(self, condition, seconds, what):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise Trouble(f"waited {seconds} s for {what}, in vain\n{self.log_of('musterd')}")
            time.sleep(0.05)

    def signal_worker(self, name, number):
        self.workers[name].send_signal(number)

    def kill_worker(self, name):
        """SIGKILL, as a machine that loses power: no goodbye."""
        self.workers[name].kill()
        self.workers[name].wait()

    def stop(self):
        """Stops everything; names what had to be killed or was left. An empty list is a clean end."""
        trouble = []
        for seconds, processes in ((15, self.workers), (20, {"musterd": self.daemon} if self.daemon else {})):
            for process in processes.values():
                if process.poll() is None:
                    process.send_signal(signal.SIGCONT)
                    process.send_signal(signal.SIGTERM)
            end = time.monotonic() + seconds
            for name, process in processes.items():
                try:
                    process.wait(max(0.1, end - time.monotonic()))
                except subprocess.TimeoutExpired:
                    trouble.append(f"{name} did not stop within {seconds} s")
                    process.kill()
                    process.wait()
        # A handler that a killed worker left behind may need a moment for its last lines.
        end = time.monotonic() + 5
        while (left := self.left()) and time.monotonic() < end:
            time.sleep(0.05)
        for pid, command in left.items():
            trouble.append(f"process {pid} was left: {command}")
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        return trouble

    def left(self):
        """Processes of this run that still live, the demo itself excepted."""
        found = {}
        for entry in os.listdir("/proc"):
            if not entry.isdigit() or int(entry) == os.getpid():
                continue
            try:
                with open(f"/proc/{entry}/environ", "rb") as stream:
                    if self.mark.encode() not in stream.read():
                        continue
                with open(f"/proc/{entry}/cmdline", "rb") as stream:
                    found[int(entry)] = stream.read().replace(b"\0", b" ").decode(errors="replace").strip()
            except OSError:
                continue
        return found
