"""musterd, its journal and its server, killed, lost, full."""

import os
import resource
import shutil
import signal
import subprocess
import time

from harness import Rig, check, wait_for
from history import History, Load, mixed
from worker_scenarios import started

# Works that are still running when a killed musterd is back.
LONG_MS = 1500


def check_adopted(history, running, when):
    """Each of these executions went on to its end: no other attempt of its task was begun."""
    attempts = {}
    for run in history.runs():
        attempts.setdefault(run.task, []).append(run)
    again = [run.task for run in running if len(attempts[run.task]) != 1]
    check(not again, f"{len(again)} of {len(running)} tasks that were running {when} ran again: {again[:5]}")


def daemon_killed():
    """musterd is killed again and again under load: what runs is adopted, nothing is lost or runs twice."""
    with Rig() as rig:
        load, history = started(rig)
        works = mixed(2200)
        works[::60] = [LONG_MS] * len(works[::60])
        ids = load.submit(works)
        adopted, slowest = 0, 0.0
        for results in (200, 700, 1200):
            history.wait_results(results)
            killed = rig.daemon.kill()
            running = history.running()
            rig.start_daemon()
            slowest = max(slowest, time.monotonic() - killed)
            adopted += len(running)
            check(running, "nothing was running: the test shows nothing")
        history.wait_results(len(ids))
        repeats = history.check(ids, repeats_max=0)
        return (f"{len(ids)} tasks, 0 lost, {repeats} repeated over 3 kills; {adopted} were running at the kills and "
                f"were adopted; ready again after at most {slowest:.2f} s")


def journal_lost():
    """The journal is gone when musterd comes back: running tasks are adopted, the rest is read again."""
    with Rig() as rig:
        load, history = started(rig)
        works = mixed(1500)
        works[:300:25] = [4 * LONG_MS] * 12  # long enough to be running still
        ids = load.submit(works)
        history.wait_results(300)
        rig.daemon.kill()
        left = history.check_none_lost(ids, "after the kill")
        shutil.rmtree(rig.data / "journal")
        running = [run for run in history.running() if works[ids.index(run.task)] > LONG_MS]
        check(len(running) == 12, f"{len(running)} of 12 long tasks are running")
        rig.start_daemon()
        history.wait_results(len(ids))
        check_adopted(history, running, "when the journal was lost")
        # A journal that is lost takes with it what had ended and was not acknowledged yet, and nothing else.
        repeats = history.check(ids, repeats_max=200)
        return (f"{len(ids)} tasks, 0 lost, {repeats} repeated; {left} came again from the stream, {len(running)} that "
                f"were running went on")


def server_killed():
    """nats-server is killed under load while tasks come in, and comes back on its store: nothing is lost."""
    with Rig() as rig:
        load, history = started(rig)
        ids = load.submit(mixed(1200))
        repeats = 0
        for results in (200, 900):
            history.wait_results(results)
            rig.nats.kill()
            rig.start_nats()
            ids += load.submit(mixed(600))
        history.wait_results(len(ids))
        repeats = history.check(ids)
        check(rig.daemon.alive and all(w.alive for w in rig.workers.values()), "a process of ours has ended")
        return f"{len(ids)} tasks, 0 lost, {repeats} repeated over 2 kills of nats-server"


def everything_killed():
    """Server, musterd and workers, all killed at once and started again: nothing is lost."""
    with Rig() as rig:
        load, history = started(rig)
        ids = load.submit(mixed(1500))
        history.wait_results(300)
        for process in (rig.nats, rig.daemon, *rig.workers.values()):
            process.signal(signal.SIGKILL)
        for process in (rig.nats, rig.daemon, *rig.workers.values()):
            process.exit_code()
        cut = len(history.running())
        rig.start_nats()
        rig.start_daemon()
        for name in list(rig.workers):
            rig.start_worker(name)
        history.wait_results(len(ids))
        repeats = history.check(ids)
        check(repeats >= cut, f"{cut} tasks were cut off, only {repeats} ran again")
        return f"{len(ids)} tasks, 0 lost, {repeats} repeated ({cut} were running when all was killed)"


def disk_full():
    """The journal's disk is full: musterd ends with 1 and says so, nothing was acknowledged that is not in the journal;
    with space again, everything ends."""
    with Rig() as rig, FullDisk(rig) as disk:
        # RocksDB reserves room for a log as large as its buffer: with a small one it soon asks for more.
        journal = ("--journal", disk.folder, "--set", "journal.memory=1MiB")
        rig.start_nats()
        rig.start_daemon(*journal, **disk.options)
        for name in ("w1", "w2", "w3"):
            rig.start_worker(name)
        rig.wait_workers(3)
        load, history = Load(rig), History(rig)
        ids = load.submit(mixed(1500))
        history.wait_results(200)
        disk.fill()
        code = rig.daemon.exit_code()
        check(code == 1, f"musterd ended with {code}")
        said = rig.daemon.text()
        check("journal" in said and disk.words in said, f"it did not say why:\n{said[-1500:]}")
        left = history.check_none_lost(ids, "after the disk was full")
        check(left, "nothing was left to do: the test shows nothing")
        disk.free()
        rig.start_daemon(*journal)
        history.wait_results(len(ids))
        repeats = history.check(ids, repeats_max=0)
        return (f"{len(ids)} tasks, 0 lost, {repeats} repeated; {disk.kind}: exit 1, {left} still in the stream then, "
                f"all ended after there was space again")


class FullDisk:
    """A small tmpfs that can be filled: needs root and the right to mount. Elsewhere the files of musterd may not grow
    beyond a bound, which RocksDB meets in the same place: a write that fails."""

    def __init__(self, rig):
        self._rig = rig
        self.folder = rig.scratch / "journal"

    def __enter__(self):
        self.folder.mkdir()
        self._mounted = os.geteuid() == 0 and subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=64m", "muster-test", self.folder], check=False,
            stderr=subprocess.DEVNULL).returncode == 0
        self.kind, self.words = "a full tmpfs", "No space left on device"
        self.options = {}  # of musterd's process
        if not self._mounted:
            self.kind, self.words = "RLIMIT_FSIZE", "File too large"
            self.options = {"restore_signals": False}  # SIGXFSZ stays ignored, as Python has it: the write fails instead
        return self

    def __exit__(self, *_):
        if self._mounted:
            if self._rig.daemon and self._rig.daemon.alive:
                self._rig.daemon.kill()
            subprocess.run(["umount", "-l", self.folder], check=False)

    def fill(self):
        if not self._mounted:
            journal = self._rig.daemon.child.pid
            biggest = max(f.stat().st_size for f in self.folder.iterdir())
            resource.prlimit(journal, resource.RLIMIT_FSIZE, (biggest, biggest))
            return
        try:
            with open(self.folder / "filler", "wb", buffering=0) as filler:
                while True:
                    filler.write(b"\0" * 65536)
        except OSError:
            pass

    def free(self):
        (self.folder / "filler").unlink(missing_ok=True)
