"""Workers that are killed, frozen, stopped."""

import signal

from harness import Rig, check, wait_for
from history import History, Load, mixed, percentile, restart_times

# The engine gives up a silent worker after about 1.5 s; the rest is for a loaded machine.
RESTART_S_MAX = 5.0


def started(rig, workers=3):
    rig.start_nats()
    rig.start_daemon()
    for i in range(workers):
        rig.start_worker(f"w{i + 1}")
    rig.wait_workers(workers)
    return Load(rig), History(rig)


def worker_killed():
    """A worker is killed under load: what it ran runs elsewhere within seconds, once more and no more."""
    with Rig() as rig:
        load, history = started(rig)
        ids = load.submit(mixed(2500))
        history.wait_results(500)
        killed = rig.workers["w1"].kill()
        cut = history.running("w1")
        check(cut, "the killed worker was running nothing: the test shows nothing")
        history.wait_results(len(ids))
        repeats = history.check(ids)
        times = restart_times(history, "w1", killed)
        check(times[-1] < RESTART_S_MAX, f"running again only after {times[-1]:.2f} s")
        # What it had ended and could not tell any more is repeated as well: at most what its slots hold.
        check(repeats <= len(times) + 8, f"{repeats} repeats, though only {len(times)} were running")
        return (f"{len(ids)} tasks, 0 lost, {repeats} repeated, {len(times)} were running on the killed worker: "
                f"again after p50 {percentile(times, 0.5):.2f} s, max {times[-1]:.2f} s")


def worker_frozen():
    """A frozen worker's tasks run elsewhere; when it thaws, what it says changes nothing and it works on."""
    with Rig() as rig:
        load, history = started(rig)
        ids = load.submit(mixed(1500))
        history.wait_results(300)
        frozen_worker = rig.workers["w1"]
        frozen_worker.signal(signal.SIGSTOP)
        cut = history.running("w1")
        check(cut, "the frozen worker was running nothing: the test shows nothing")
        history.wait_results(len(ids))
        before = history.results()
        frozen_worker.signal(signal.SIGCONT)
        wait_for("the thawed worker ends what it was at", lambda: not history.running("w1"))
        # Its reports come too late, or it hears first that its attempts are revoked: either way it speaks as a stranger.
        late_words = [f'muster_incidents_total{{kind="{kind}"}}' for kind in ("stale_report", "unknown_worker")]
        wait_for("it has spoken", lambda: sum(map(rig.metric, late_words)) >= 1)
        rig.wait_workers(3)
        # New work for all three: the thawed one must get its share.
        more = load.submit(mixed(400))
        history.wait_results(len(ids) + len(more))
        after = history.results()
        changed = [task for task in ids if after[task] != before[task]]
        check(not changed, f"what it said late changed results: {changed[:5]}")
        repeats = history.check(ids + more)
        late = [run for run in history.runs() if run.worker == "w1" and run.task in set(more)]
        check(late, "the thawed worker got no more work")
        check(len(cut) <= repeats <= 24, f"{repeats} repeats, {len(cut)} were running on the frozen worker")
        return (f"{len(ids) + len(more)} tasks, 0 lost, {repeats} repeated ({len(cut)} were running on the frozen "
                f"worker), what it said later changed nothing, then it ran {len(late)} more")


def clean_stops():
    """SIGTERM of workers and of musterd under load: exit 0, nothing lost, nothing repeated."""
    with Rig() as rig:
        load, history = started(rig)
        ids = load.submit(mixed(2000))
        history.wait_results(300)
        worker = rig.workers["w1"]
        worker.signal(signal.SIGTERM)
        check(worker.exit_code() == 0, f"the worker ended with {worker.exit_code()}")
        check(not history.running("w1"), "the stopped worker left tasks unfinished")
        rig.wait_workers(2)

        rig.daemon.signal(signal.SIGTERM)
        check(rig.daemon.exit_code() == 0, f"musterd ended with {rig.daemon.exit_code()}")
        left = history.check_none_lost(ids, "after a clean stop")
        check(left, "nothing was left to do when musterd stopped: the test shows nothing")
        rig.start_daemon()
        history.wait_results(len(ids))
        repeats = history.check(ids, repeats_max=0)
        return f"{len(ids)} tasks, 0 lost, {repeats} repeated, {left} not acknowledged when musterd stopped"
