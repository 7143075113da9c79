"""The three paths that are compared. Each has the same life: prepare, start_workers, stop_workers, close."""

import json
import os
import shutil
import time
import urllib.error
import urllib.request

from rig import Process, Trouble, free_port

WORKERS = 4


def numbers(processes):
    """What workers tell when they stop: how many tasks they started, when the first, and the measured delays."""
    told = [json.loads(p.stop()) for p in processes]
    firsts = [t["first_ns"] for t in told if t["first_ns"]]
    return {"count": sum(t["count"] for t in told), "first_ns": min(firsts) if firsts else 0,
            "start_ms": [ms for t in told for ms in t["start_ms"]]}


class Floor:
    name, stream, subject = "floor", "BENCH_FLOOR", "bench.floor.task"
    flood_headers, pace_headers = [], []

    def __init__(self, rig, options):
        self.rig, self.options = rig, options
        self.processes = []

    def prepare(self):
        self.rig.start("bench_floor", "make", self.rig.url, wait_ready=False).child.wait()

    def start_workers(self):
        send = self.options.send
        self.workers = [self.rig.start("bench_floor", "work", self.rig.url, i, send) for i in range(WORKERS)]
        dispatcher = self.rig.start("bench_floor", "dispatch", self.rig.url, WORKERS, self.options.window, send)
        self.processes = self.workers + [dispatcher]

    def stop_workers(self):
        self.processes[-1].stop()
        self.processes = []
        return numbers(self.workers)

    def close(self):
        return {}


class Raw(Floor):
    name, stream, subject = "raw", "BENCH_RAW", "bench.raw.task"

    def prepare(self):
        self.rig.start("bench_raw", "make", self.rig.url, wait_ready=False).child.wait()

    def start_workers(self):
        window = self.options.window // WORKERS
        self.workers = [self.rig.start("bench_raw", "work", self.rig.url, window, self.options.send)
                        for _ in range(WORKERS)]
        self.processes = list(self.workers)

    def stop_workers(self):
        self.processes = []
        return numbers(self.workers)


class Muster(Floor):
    name, stream, subject = "muster", "MUSTER_TASKS_NORMAL", "muster.tasks.normal.bench"
    flood_headers = ["Muster-Result", "discard"]
    pace_headers = flood_headers + ["Muster-Reply-To", "bench.done"]

    def prepare(self):
        """A fresh musterd: empty journal, no streams of an earlier one."""
        self.data = os.path.join(self.rig.scratch, "musterd-data")
        shutil.rmtree(self.data, ignore_errors=True)
        port = free_port()
        argv = [self.rig.program("musterd"), "--nats", self.rig.url, "--data", self.data, "--http", f"127.0.0.1:{port}"]
        self.daemon = Process(self.rig, "musterd", argv + self.options.musterd_args, wait_ready=False)
        self.processes = [self.daemon]
        deadline = time.monotonic() + 20
        while not self._ready(port):
            if self.daemon.child.poll() is not None or time.monotonic() > deadline:
                raise Trouble(f"musterd does not become ready; it said: {self.daemon.tail()}")
            time.sleep(0.05)

    @staticmethod
    def _ready(port):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def start_workers(self):
        slots = self.options.window // WORKERS
        self.workers = [self.rig.start("bench_noop_worker", self.rig.url, f"bench-{i}", slots) for i in range(WORKERS)]
        self.processes = [self.daemon] + self.workers

    def stop_workers(self):
        self.processes = [self.daemon]
        return numbers(self.workers)

    def close(self):
        peak = self.daemon.memory_mb("VmHWM")
        self.daemon.stop()
        return {"rss_mb": peak}


ALL = {s.name: s for s in (Floor, Raw, Muster)}
