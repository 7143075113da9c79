"""The phases of one round of one system: throughput, pace, drain; and the arithmetic of their numbers."""

import math

from rig import Trouble, say


def percentile(values, q):
    """Nearest rank."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(q * len(ordered)) - 1)] if ordered else float("nan")


def cpu_now(rig, processes):
    return sum(p.cpu_seconds() for p in [rig.server] + processes)


def flood(rig, system, count, mode):
    """Publishes `count` tasks; (seconds, CPU seconds of every process that took part)."""
    publisher = rig.start("bench_publisher", "flood", rig.url, system.stream, system.subject, count, mode,
                          *system.flood_headers, stdin=True)
    own = publisher.cpu_seconds()
    before = cpu_now(rig, system.processes)
    publisher.go()
    told = publisher.answer()
    cpu = cpu_now(rig, system.processes) - before + publisher.cpu_seconds() - own
    publisher.finish()
    if told["refused"]:
        raise Trouble(f"{system.name}: the stream refused {told['refused']} of {count} tasks: {publisher.tail()}")
    return (told["end_ns"] - told["begin_ns"]) / 1e9, cpu


def pace(rig, system, count, rate):
    publisher = rig.start("bench_publisher", "pace", rig.url, system.subject, count, rate, "bench.done",
                          *system.pace_headers, stdin=True)
    publisher.go()
    told = publisher.answer()
    publisher.finish()
    if len(told["done_ms"]) != count:
        raise Trouble(f"{system.name}: {count - len(told['done_ms'])} of {count} tasks were never told to be done")
    return told["done_ms"]


def check_count(system, where, ran, expected):
    if ran < expected:
        raise Trouble(f"{system.name}: {where}: {expected} tasks, but only {ran} ran")
    if ran > expected:
        say(f"  {system.name}: {where}: {ran - expected} of {expected} tasks ran more than once")


def measure(rig, kind, options):
    """One round of one system."""
    system = kind(rig, options)
    system.prepare()
    system.start_workers()
    warm = options.warm
    seconds, _ = flood(rig, system, warm, "drain")
    # As many tasks as take well over two seconds, at the pace of the (slower) warm-up.
    count = max(warm, int(warm / seconds * options.seconds) // 1000 * 1000)
    seconds, cpu = flood(rig, system, count, "drain")
    done_ms = pace(rig, system, options.paced, 200)
    first = system.stop_workers()
    check_count(system, "throughput and latency", first["count"], warm + count + options.paced)
    # From nothing again: what a dispatcher holds or has handed back when its workers leave is another question.
    told = [system.close()]
    rig.remove_streams()
    system.prepare()
    prefilled = int(count * 1.4) // 1000 * 1000
    flood(rig, system, prefilled, "fill")
    watcher = rig.start("bench_publisher", "empty", rig.url, system.stream, stdin=True)
    system.start_workers()
    watcher.go()
    end_ns = watcher.answer()["end_ns"]
    watcher.finish()
    drained = system.stop_workers()
    check_count(system, "drain", drained["count"], prefilled)
    drain_seconds = (end_ns - drained["first_ns"]) / 1e9
    result = {
        "tasks_per_second": count / seconds,
        "drain_per_second": prefilled / drain_seconds,
        "start_ms": {"p50": percentile(first["start_ms"], 0.5), "p99": percentile(first["start_ms"], 0.99)},
        "done_ms": {"p50": percentile(done_ms, 0.5), "p99": percentile(done_ms, 0.99)},
        "cpu_s_per_1000": cpu / count * 1000,
    }
    told.append(system.close())
    if "rss_mb" in told[0]:
        result["rss_mb"] = max(t["rss_mb"] for t in told)
    rig.remove_streams()
    say(f"  {system.name:7} {count} tasks in {seconds:.2f} s = {result['tasks_per_second']:,.0f}/s, drain of {prefilled} "
        f"in {drain_seconds:.2f} s = {result['drain_per_second']:,.0f}/s, done p50 {result['done_ms']['p50']:.2f} ms, "
        f"{result['cpu_s_per_1000']:.4f} CPU s per 1,000")
    return result


def rounded(value):
    if isinstance(value, dict):
        return {k: rounded(v) for k, v in value.items()}
    return round(value) if value >= 1000 else round(value, 4)
