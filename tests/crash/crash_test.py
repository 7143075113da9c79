#!/usr/bin/env python3
"""Kills things under load and looks at what became of every task.

usage: crash_test.py SCENARIO…    (no name: lists them; `all`: all of them)

Each prints one line of what it found and ends with 1 when something that must be true is not. docs/testing.md.
"""

import sys

import daemon_scenarios
import worker_scenarios
from harness import Failure
from history import Watch
from nats_client import NatsError

SCENARIOS = {f.__name__: f for f in (
    worker_scenarios.worker_killed, worker_scenarios.worker_frozen, worker_scenarios.clean_stops,
    daemon_scenarios.daemon_killed, daemon_scenarios.journal_lost, daemon_scenarios.server_killed,
    daemon_scenarios.everything_killed, daemon_scenarios.disk_full)}


def main(names):
    if not names or not set(names) <= {*SCENARIOS, "all"}:
        for name, scenario in SCENARIOS.items():
            print(f"{name:18} {' '.join(scenario.__doc__.split())}")
        return 2
    failed = 0
    for name in SCENARIOS if names == ["all"] else names:
        watch = Watch()
        try:
            print(f"{name}: {SCENARIOS[name]()} ({watch})", flush=True)
        except (Failure, NatsError, OSError) as error:
            print(f"{name}: FAILED: {error} ({watch})", flush=True)
            failed = 1
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
