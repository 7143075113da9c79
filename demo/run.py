#!/usr/bin/env python3
"""Muster at work on real files. For every file of DIR: a checksum, text statistics, a compressed copy, and a report that
depends on the first two. Four workers with different capabilities; one is killed half-way. Ends with a verdict that is
checked against checksums computed here."""
import argparse
import base64
import json
import os
import shutil
import signal
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True

import work  # noqa: E402
from cluster import Cluster, Trouble  # noqa: E402

# Every capability is offered by two workers at least, so that any one of them may die.
WORKERS = {
    "ada": ["text", "gzip"],
    "boole": ["text", "gzip"],
    "curie": ["xz", "gzip"],
    "darwin": ["xz", "text"],
}
SLOTS = 2
ENDS = ("succeeded", "failed", "dead", "cancelled", "expired")


def say(text=""):
    print(text, flush=True)


class Progress:
    """A bar on a terminal, a line for every tenth elsewhere."""

    def __init__(self, total):
        self.total, self.said, self.started = total, -1, time.monotonic()

    def show(self, done, note=""):
        part = done / self.total
        if sys.stdout.isatty():
            width = 40
            bar = "#" * int(part * width)
            print(f"\r\033[K  [{bar:<{width}}] {done}/{self.total} {note}", end="", flush=True)
        elif int(part * 10) > self.said:
            self.said = int(part * 10)
            say(f"  {done}/{self.total} tasks after {time.monotonic() - self.started:.1f} s {note}".rstrip())

    def pause(self):
        if sys.stdout.isatty():
            print("\r\033[K", end="", flush=True)


def percentile(values, percent):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] if ordered else 0


def ended(stats):
    return sum(int(stats.get(state, 0)) for state in ENDS)


def tasks_with(cluster, worker):
    answer = cluster.ask("task", "list", "--worker", worker) or {}
    return [task["id"] for task in answer.get("tasks", [])]


def kill_with_work(cluster, progress, total):
    """Kills a worker when it certainly has tasks: frozen first, and only killed if the dispatcher sees tasks with it then.
    (its name, their ids); (None, []) where every task was done before one could be caught."""
    while ended(cluster.ask("stats") or {}) < total:
        for name in WORKERS:
            if not tasks_with(cluster, name):
                continue
            cluster.signal_worker(name, signal.SIGSTOP)
            time.sleep(0.1)  # reports sent before the freeze arrive
            held = tasks_with(cluster, name)
            if held:
                cluster.kill_worker(name)
                progress.pause()
                say(f"  -- killed worker {name} (SIGKILL) while it had {len(held)} tasks: {', '.join(held)}")
                return name, held
            cluster.signal_worker(name, signal.SIGCONT)
    progress.pause()
    say("  -- no worker was killed: these few tasks were done before one could be caught at work")
    return None, []


def run_tasks(cluster, total, seconds):
    """Waits until every task has ended, and kills a worker half-way. (the worker, the tasks it had)"""
    progress, victim, held, killed_at, told = Progress(total), None, [], None, False
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        stats = cluster.ask("stats")
        if stats is None:
            continue
        done = ended(stats)
        progress.show(done)
        if killed_at is None and done * 2 >= total:
            victim, held = kill_with_work(cluster, progress, total)
            killed_at = time.monotonic()
        if held and not told and int(stats.get("reassigned", 0)) >= len(held):
            told = True
            progress.pause()
            say(f"  -- {stats['reassigned']} tasks taken from {victim} and given to others, {time.monotonic() - killed_at:.1f} s later")
        if done >= total:
            progress.pause()
            return victim, held
        time.sleep(0.1)
    progress.pause()
    raise Trouble(f"not every task ended within {seconds:.0f} s\n{cluster.log_of('musterd')}")


def fetch(cluster, ids):
    """The stored results, id -> TaskResult in JSON."""
    results = {}
    for at in range(0, len(ids), 500):
        part = ids[at:at + 500]
        done = cluster.run("task", "wait", "--json", "--timeout", "60s", *part)
        for line in done.stdout.splitlines():
            result = json.loads(line)
            results[result["task_id"]] = result
    return results


def summary(cluster, results, victim, held, out, seconds):
    stats = cluster.ask("stats") or {}
    by_worker = {}
    for result in results.values():
        by_worker.setdefault(result.get("worker") or "none", []).append(result)
    say()
    say(f"  {len(results)} results in {seconds:.1f} s ({len(results) / seconds:.0f} tasks per second)")
    for name in WORKERS:
        mine = by_worker.get(name, [])
        kinds = {}
        for result in mine:
            kinds[result["type"]] = kinds.get(result["type"], 0) + 1
        told = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
        say(f"  {name:<7} {'/'.join(WORKERS[name]):<10} {len(mine):>5} tasks  {told}{'  (killed)' if name == victim else ''}")
    say(f"  reassigned {int(stats.get('reassigned', 0))}, retried after a failure {int(stats.get('retried', 0))}")
    for task in held:
        result = results.get(task, {})
        say(f"    {task}: attempt {result.get('attempt')} on {result.get('worker')}: {state_of(result)}")
    total = [int(result["finished_ms"]) - int(result["submitted_ms"]) for result in results.values()]
    runs = [int(result.get("run_ms", 0)) for result in results.values()]
    say(f"  submit to done: p50 {percentile(total, 50)} ms, p99 {percentile(total, 99)} ms (all were submitted at once); "
        f"handler alone: p50 {percentile(runs, 50)} ms, p99 {percentile(runs, 99)} ms")
    say(f"  results: {out}")


def state_of(result):
    return str(result.get("state", "lost")).replace("TASK_STATE_", "").lower()


def text_of(result):
    return base64.b64decode(result.get("result") or "").decode("utf-8", "replace")


def write_results(out, jobs, results):
    with open(os.path.join(out, "results.jsonl"), "w", encoding="utf-8") as stream:
        for result in results.values():
            stream.write(json.dumps(result, sort_keys=True) + "\n")
    with open(os.path.join(out, "report.txt"), "w", encoding="utf-8") as stream:
        for job in jobs:
            stream.write(text_of(results.get(job.id("report"), {})) + "\n")


def demo(options, scratch):
    folder = os.path.abspath(options.folder or work.default_folder())
    if not os.path.isdir(folder):
        raise Trouble(f"{folder} is not a folder")
    paths = work.files_of(folder)
    if not paths:
        raise Trouble(f"{folder} has no readable files")
    out = os.path.abspath(options.out or os.path.join(os.path.dirname(HERE), "build", "demo", time.strftime("%Y%m%d-%H%M%S")))
    os.makedirs(os.path.join(out, "archives"), exist_ok=True)
    jobs = work.plan(paths, folder, out)
    tasks = [task for job in jobs for task in work.tasks_of(job, folder)]
    batch = os.path.join(scratch, "batch.jsonl")
    with open(batch, "w", encoding="utf-8") as stream:
        stream.writelines(json.dumps(task) + "\n" for task in tasks)

    cluster = Cluster(options.bin, scratch)
    succeeded, lost, problems = 0, len(tasks), []
    try:
        say("== starting musterd and a nats-server of its own, on free ports")
        cluster.start_daemon()
        say(f"  {cluster.environment['MUSTER_SERVER']}")
        say(f"== starting {len(WORKERS)} workers with {SLOTS} slots each")
        for name, capabilities in WORKERS.items():
            cluster.start_worker(name, capabilities, SLOTS, work.QUEUE, os.path.join(HERE, "handlers", "run"))
            say(f"  {name}: {', '.join(capabilities)}")
        cluster.until(lambda: int((cluster.ask("stats") or {}).get("workers", 0)) == len(WORKERS), 30, "the workers to be known")
        say(f"== submitting {len(tasks)} tasks for {len(jobs)} files of {folder}")
        started = time.monotonic()
        done = cluster.run("task", "submit", "--batch", batch)
        if done.returncode != 0:
            raise Trouble(f"muster task submit --batch ended with status {done.returncode}: {done.stderr.strip()}")
        victim, held = run_tasks(cluster, len(tasks), options.timeout)
        seconds = time.monotonic() - started
        results = fetch(cluster, [task["id"] for task in tasks])
        summary(cluster, results, victim, held, out, seconds)
        write_results(out, jobs, results)
        succeeded = sum(state_of(result) == "succeeded" for result in results.values())
        lost = len(tasks) - len(results)
        texts = {name: text_of(result) for name, result in results.items()}
        problems += [problem for job in jobs for problem in work.wrong(job, folder, texts)]
        problems += [f"{name}: {state_of(result)}: {json.dumps(result.get('error'))}" for name, result in results.items()
                     if state_of(result) != "succeeded"]
        if any(int(results.get(task, {}).get("attempt", 0)) < 2 for task in held):
            problems.append(f"not every task of {victim} was assigned again")
        if not problems:
            say(f"  checked: {2 * len(jobs)} checksums, {len(jobs)} statistics and {len(jobs)} archives are what they must be")
    except Trouble as trouble:
        problems.append(str(trouble))
    finally:
        say("== stopping everything")
        problems += cluster.stop()
    for problem in problems[:20]:
        say(f"  wrong: {problem}")
    if len(problems) > 20:
        say(f"  and {len(problems) - 20} more")
    say(f"demo: {len(tasks)} tasks, {succeeded} succeeded, {lost} lost")
    return 0 if succeeded == len(tasks) and not lost and not problems else 1


def main():
    parser = argparse.ArgumentParser(prog="./dev demo", description=__doc__)
    parser.add_argument("folder", nargs="?", metavar="DIR", help="its files are the work (default: one that every Debian has)")
    parser.add_argument("--out", metavar="DIR", help="where results are written (default: build/demo/TIME)")
    parser.add_argument("--bin", default=os.environ.get("MUSTER_BIN", ""), help="folder with musterd and muster ($MUSTER_BIN)")
    parser.add_argument("--timeout", type=float, default=900, metavar="SECONDS", help="for all tasks together (default 900)")
    parser.add_argument("--keep", action="store_true", help="keep the scratch folder: logs and the journal")
    options = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(130))
    scratch = tempfile.mkdtemp(prefix="muster-demo-")
    status = 1
    try:
        status = demo(options, scratch)
    except Trouble as trouble:
        print(f"demo: {trouble}", file=sys.stderr)
    except KeyboardInterrupt:
        status = 130
    finally:
        if options.keep or status == 1:
            print(f"logs: {scratch}", file=sys.stderr)
        else:
            shutil.rmtree(scratch, ignore_errors=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
