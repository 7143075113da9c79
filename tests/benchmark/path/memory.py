"""musterd's memory with many tasks queued, and with many in flight. Goals: docs/benchmarks.md."""

import time

import systems
from phases import flood, rounded
from rig import Rig, Trouble, find_binaries, say

HOLDERS = 4


def held(holders):
    total = 0
    for holder in holders:
        holder.child.stdin.write("count\n")
        holder.child.stdin.flush()
        total += holder.answer()["held"]
    return total


def wait_for(what, ready, seconds):
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise Trouble(f"{what}: not within {seconds} s")
        time.sleep(0.2)


def queued(rig, options):
    """No worker: everything waits in JetStream. The daemon gets five more seconds to look at it."""
    system = systems.Muster(rig, options)
    system.prepare()
    idle = system.daemon.memory_mb("VmRSS")
    flood(rig, system, options.queued, "fill")
    time.sleep(5)
    stored = rig.stored(system.stream)
    out = {"tasks": stored, "idle_mb": idle, "rss_mb": system.daemon.memory_mb("VmRSS"),
           "peak_mb": system.daemon.memory_mb("VmHWM"), "nats_server_mb": rig.server.memory_mb("VmRSS")}
    say(f"  queued: {out}")
    system.close()
    rig.remove_streams()
    return out


def in_flight(rig, options):
    """Workers that take tasks and keep them; afterwards all are finished, to see that none was lost."""
    system = systems.Muster(rig, options)
    system.prepare()
    count = options.in_flight
    slots = -(-count // HOLDERS)
    holders = [rig.start("bench_holder", rig.url, f"hold-{i}", slots, stdin=True) for i in range(HOLDERS)]
    flood(rig, system, count, "fill")
    wait_for(f"{count} tasks in flight", lambda: held(holders) >= count, 120)
    time.sleep(2)
    out = {"tasks": held(holders), "rss_mb": system.daemon.memory_mb("VmRSS"),
           "peak_mb": system.daemon.memory_mb("VmHWM"), "nats_server_mb": rig.server.memory_mb("VmRSS")}
    say(f"  in flight: {out}")
    for holder in holders:
        holder.child.stdin.write("finish\n")
        holder.child.stdin.flush()
    wait_for(f"all {count} tasks done", lambda: rig.stored(system.stream) == 0 and held(holders) == 0, 120)
    out["peak_when_done_mb"] = system.daemon.memory_mb("VmHWM")
    for holder in holders:
        holder.finish()
    system.close()
    rig.remove_streams()
    return out


def run_memory(options):
    with Rig(find_binaries(options.bin)) as rig:
        return rounded({"queued": queued(rig, options), "in_flight": in_flight(rig, options)})


def table(out):
    lines = ["| state | tasks | musterd MB | peak MB | nats-server MB |", "|---|---|---|---|---|"]
    for name in ("queued", "in_flight"):
        r = out[name]
        lines.append(f"| {name.replace('_', ' ')} | {r['tasks']:,} | {r['rss_mb']:.0f} | {r['peak_mb']:.0f} "
                     f"| {r['nats_server_mb']:.0f} |")
    return "\n".join(lines)
