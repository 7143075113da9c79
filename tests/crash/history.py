"""What was submitted, what ran, what came out, and what must be true of the three together."""

import collections
import time

from harness import Failure, check, wait_for
from nats_client import NatsError

SUCCEEDED = 7  # muster.v1.TaskState
STREAM = "MUSTER_TASKS_NORMAL"
RESULTS = "MUSTER_RESULTS"

Run = collections.namedtuple("Run", "task attempt fencing worker pid start end")  # times in s; end None = never


def fields(data):
    """The fields of a protobuf message by number, the last one of each: numbers, or bytes."""
    out, at = {}, 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                return value

    while at < len(data):
        tag = varint()
        if tag & 7 == 0:
            out[tag >> 3] = varint()
        elif tag & 7 == 2:
            size = varint()
            out[tag >> 3] = data[at:at + size]
            at += size
        else:
            raise ValueError(f"wire type {tag & 7}")
    return out


class Load:
    """Submits tasks as a plain client that does not give up: what is accepted is remembered, what may have been is sent
    again under its id."""

    def __init__(self, rig, queue="load"):
        self._rig = rig
        self._queue = queue
        self.accepted = []

    def submit(self, milliseconds):
        """One task for each number, which is how long it works. Returns the ids when all are accepted."""
        first = len(self.accepted)
        todo = {f"{self._queue}-{first + i}": ms for i, ms in enumerate(milliseconds)}
        ids = list(todo)

        def accept(task):
            del todo[task]
            self.accepted.append(task)

        def send():
            client = self._rig.connect()
            try:
                client.store_all([(task, f"muster.tasks.normal.{self._queue}", str(ms).encode(), {"Muster-Id": task})
                                  for task, ms in todo.items()], accept)
            except ConnectionError as error:
                raise NatsError(str(error)) from error
            finally:
                client.close()
            return True

        wait_for(f"{len(ids)} tasks are accepted", send)
        return ids


def mixed(count):
    """Works of 5 to 50 ms, always the same."""
    return [5 + i * 37 % 46 for i in range(count)]


class History:
    def __init__(self, rig):
        self._rig = rig

    # What ran -----------------------------------------------------------------------------------------------------------

    def runs(self):
        """Every execution in the order of its start."""
        begun = {}
        for line in self._rig.history.read_text().splitlines():
            what, task, attempt, fencing, worker, pid, ns = line.split()
            key = (task, int(attempt), worker, pid)
            if what == "start":
                # A second start of one attempt in one process would be a fault of its own; it must not hide.
                check(key not in begun, f"{worker} ran attempt {attempt} of {task} twice")
                begun[key] = Run(task, int(attempt), int(fencing), worker, int(pid), int(ns) / 1e9, None)
            else:
                begun[key] = begun[key]._replace(end=int(ns) / 1e9)
        return sorted(begun.values(), key=lambda run: run.start)

    def starts(self):
        return self._rig.history.read_text().count("start ")

    def running(self, worker=None):
        """What has begun and not ended, by the traces."""
        return [run for run in self.runs() if run.end is None and worker in (None, run.worker)]

    # What came out ------------------------------------------------------------------------------------------------------

    def result_count(self):
        client = self._rig.connect()
        try:
            return client.stream_info(RESULTS)["state"]["messages"]
        finally:
            client.close()

    def wait_results(self, count, seconds=90):
        wait_for(f"{count} results are stored", lambda: self.result_count() >= count, seconds)

    def results(self):
        """Task -> the fields of its results, as many as are stored."""
        client = self._rig.connect()
        out = collections.defaultdict(list)
        for _, subject, _, data in client.stream_messages(RESULTS):
            out[subject.rsplit(".", 1)[1]].append(fields(data))
        client.close()
        return out

    def waiting(self):
        """The ids of the tasks that JetStream still has."""
        client = self._rig.connect()
        ids = set()
        for _, _, headers, _ in client.stream_messages(STREAM):
            for line in headers.decode().splitlines():
                if line.startswith("Muster-Id: "):
                    ids.add(line.removeprefix("Muster-Id: "))
        client.close()
        return ids

    def check_none_lost(self, submitted, when):
        """At any moment: what was accepted is still in its stream, or has its result."""
        waiting = self.waiting()  # asked first: a task leaves the stream only after its result is stored
        missing = set(submitted) - waiting - set(self.results())
        check(not missing, f"{when}: {len(missing)} tasks are neither in the stream nor have a result: "
                           f"{sorted(missing)[:5]}")
        return len(waiting)

    # What must be true --------------------------------------------------------------------------------------------------

    def check(self, submitted, repeats_max=None):
        """Call when every result is there. Returns how many executions there were beyond one for each task."""
        results, runs = self.results(), collections.defaultdict(list)
        for run in self.runs():
            runs[run.task].append(run)
        lost = [task for task in submitted if task not in results]
        check(not lost, f"{len(lost)} tasks lost: {lost[:5]}")
        check(set(results) == set(submitted), f"results of tasks nobody submitted: {set(results) - set(submitted)}")
        for task in submitted:
            self._check_task(task, results[task], runs[task])
        repeats = {task: len(runs[task]) - 1 for task in submitted if len(runs[task]) > 1}
        count = sum(repeats.values())
        if repeats_max is not None and count > repeats_max:
            example = next(iter(repeats))
            raise Failure(f"{count} repeated executions, at most {repeats_max} may be; {example}: {runs[example]}")
        # What has its result must leave the stream, too: later, and not one by one.
        wait_for("every finished task is acknowledged", self._drained)
        return count

    def _drained(self):
        client = self._rig.connect()
        try:
            return client.stream_info(STREAM)["state"]["messages"] == 0
        finally:
            client.close()

    @staticmethod
    def _check_task(task, results, runs):
        check(len(results) == 1, f"{task} has {len(results)} results")
        result = results[0]
        check(result.get(2) == SUCCEEDED, f"{task} ended as {result}")
        check(runs, f"{task} has a result and never ran")
        attempts = {run.attempt: run for run in runs}
        check(len(attempts) == len(runs), f"{task}: one attempt ran in two places: {runs}")
        done = attempts.get(result[3])
        check(done is not None and done.end is not None, f"{task}: attempt {result[3]} has a result and did not end")
        check(done.worker == result[4].decode(), f"{task}: its result names {result[4]}, it ran on {done.worker}")
        by_attempt = [run.fencing for _, run in sorted(attempts.items())]
        check(by_attempt == sorted(set(by_attempt)), f"{task}: its fencing numbers do not grow: {by_attempt}")


def restart_times(history, worker, killed):
    """For what a worker was running when it was killed: the time until each of them ran elsewhere, in s, sorted."""
    runs = history.runs()
    cut = [run for run in runs if run.worker == worker and run.end is None and run.start <= killed + 1]
    times = []
    for run in cut:
        again = [r.start for r in runs if r.task == run.task and r.attempt > run.attempt]
        check(again, f"{run.task} was running on {worker} and never ran again")
        times.append(min(again) - killed)
    return sorted(times)


def percentile(values, part):
    return values[min(len(values) - 1, int(len(values) * part))]


class Watch:
    """Time, for summary lines."""

    def __init__(self):
        self._began = time.monotonic()

    def __str__(self):
        return f"{time.monotonic() - self._began:.1f} s"
