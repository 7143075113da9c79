#!/usr/bin/env python3
"""The speed of the whole path: a floor under any dispatcher, a raw JetStream work queue, and Muster, in alternation.

docs/benchmarks.md tells what is measured, how, and how to read it. Standard library only.
"""

import argparse
import json
import os
import platform
import statistics
import sys

import memory
import systems
from phases import measure, rounded
from rig import Rig, Trouble, find_binaries, say


def median_of(results):
    """Of every number in a list of results of the same form; a peak stays the highest."""
    if isinstance(results[0], dict):
        return {k: (max if k == "rss_mb" else median_of)([r[k] for r in results]) for k in results[0]}
    return statistics.median(results)


def run_path(options):
    kinds = [systems.ALL[name] for name in options.only]
    results = {kind.name: [] for kind in kinds}
    with Rig(find_binaries(options.bin)) as rig:
        if os.getloadavg()[0] > 0.5 * os.cpu_count():
            say(f"the machine is busy (load {os.getloadavg()[0]:.1f}): rates and percentiles will be worse than they are")
        say(f"{rig.server_version}, {os.cpu_count()} cores, {platform.machine()}, {options.rounds} rounds")
        for i in range(options.rounds):
            # Each round begins with another system, so that none always runs on the fresh or the tired machine.
            for kind in kinds[i % len(kinds):] + kinds[:i % len(kinds)]:
                results[kind.name].append(measure(rig, kind, options))
    out = {name: median_of(r) for name, r in results.items()}
    if "floor" in out and "muster" in out:
        floor, muster = out["floor"], out["muster"]
        out["ratio"] = {"throughput": muster["tasks_per_second"] / floor["tasks_per_second"],
                        "drain": muster["drain_per_second"] / floor["drain_per_second"],
                        "done_p50": muster["done_ms"]["p50"] / floor["done_ms"]["p50"]}
    return rounded(out)


def table(out):
    lines = ["| path | tasks/s | drain tasks/s | start p50/p99 ms | done p50/p99 ms | CPU s per 1,000 | peak MB |",
             "|---|---|---|---|---|---|---|"]
    for name in ("floor", "raw", "muster"):
        if name not in out:
            continue
        r = out[name]
        peak = f"{r['rss_mb']:.0f}" if "rss_mb" in r else ""
        lines.append(f"| {name} | {r['tasks_per_second']:,.0f} | {r['drain_per_second']:,.0f} "
                     f"| {r['start_ms']['p50']:.2f} / {r['start_ms']['p99']:.2f} "
                     f"| {r['done_ms']['p50']:.2f} / {r['done_ms']['p99']:.2f} | {r['cpu_s_per_1000']:.4f} | {peak} |")
    if "ratio" in out:
        r = out["ratio"]
        cpu = out["muster"]["cpu_s_per_1000"] / out["floor"]["cpu_s_per_1000"]
        lines.append(f"| muster / floor | {r['throughput']:.2f} | {r['drain']:.2f} | | {r['done_p50']:.2f} (p50) "
                     f"| {cpu:.2f} | |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(prog="./dev bench path", description=__doc__.split("\n")[0])
    parser.add_argument("--json", action="store_true", help="JSON on stdout instead of the table")
    parser.add_argument("--quick", action="store_true", help="one short round, under a minute: for a look, not a figure")
    parser.add_argument("--memory", action="store_true",
                        help="instead of speed: musterd's memory with many tasks queued, and with many in flight")
    parser.add_argument("--bin", help="folder of the binaries (default: $MUSTER_BIN, or the newest build/*/bin)")
    parser.add_argument("--only", default="floor,raw,muster", type=lambda s: s.split(","),
                        help="some of floor,raw,muster")
    parser.add_argument("--rounds", type=int, help="alternating rounds; the medians are shown (default 3)")
    parser.add_argument("--seconds", type=float, help="length a throughput phase aims at (default 4)")
    parser.add_argument("--window", type=int, default=1024, help="tasks in flight over the four workers (default 1024)")
    parser.add_argument("--send", choices=["adaptive", "at-once", "gather"], default="adaptive",
                        help="how the floor's and raw's programs write to their sockets (default adaptive)")
    parser.add_argument("--musterd-args", type=str.split, default=[], help="more arguments for musterd")
    parser.add_argument("--queued", type=int, default=1000000, help="with --memory: tasks queued")
    parser.add_argument("--in-flight", type=int, default=100000, help="with --memory: tasks in flight")
    options = parser.parse_args()
    if not set(options.only) <= set(systems.ALL):
        parser.error(f"--only takes some of {','.join(systems.ALL)}")
    options.rounds = options.rounds or (1 if options.quick else 3)
    options.seconds = options.seconds or (2.5 if options.quick else 4)
    options.warm = 20000 if options.quick else 30000
    options.paced = 600 if options.quick else 1000
    try:
        out = memory.run_memory(options) if options.memory else run_path(options)
        print(json.dumps(out) if options.json else (memory.table(out) if options.memory else table(out)))
    except Trouble as trouble:
        say(f"bench path: {trouble}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
