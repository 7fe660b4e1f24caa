"""How fast this machine is today:

a fixed loop of ordinary work, and the rate of empty callbacks on a stock event loop.
"""

from __future__ import annotations

import time
from typing import Final

from bench.callbacks import callback_rate
from bench.report import Machine

AGENTS: Final = 2_000  # The sizes define the yardstick; changing one makes all earlier ratios void.
ROLES: Final = 40
ROUNDS: Final = 60
REPEATS: Final = 3  # The best of three: what disturbs a loop only makes it slower.


def measure_machine() -> Machine:
    return Machine(min(_timed_loop() for _ in range(REPEATS)), max(callback_rate() for _ in range(REPEATS)))


def combined(before: Machine, after: Machine) -> Machine:
    """The mean of two measurements around the cases."""
    return Machine((before.yardstick_s + after.yardstick_s) / 2, (before.callbacks_per_s + after.callbacks_per_s) / 2)


def _timed_loop() -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def work() -> float:
    """Dicts, lists, floats, strings and sorting, as an allocator uses them. Returns a checksum."""
    totals = {"cpus": 0.0, "mem": 0.0, "disk": 0.0}
    shares = {f"role{number}": 0.0 for number in range(ROLES)}
    used = {role: dict.fromkeys(totals, 0.0) for role in shares}
    free = [{"cpus": 24.0, "mem": 4096.0, "disk": 4096.0} for _ in range(AGENTS)]
    for agent in free:
        for name, value in agent.items():
            totals[name] += value
    check = 0.0
    for step in range(ROUNDS):
        for index, agent in enumerate(free):
            order = sorted(shares, key=shares.__getitem__)
            role = order[(index + step) % 3]
            mine = used[role]
            for name, value in agent.items():
                mine[name] += value * 0.125
            shares[role] = max(mine[name] / totals[name] for name in totals)
            check += shares[role]
    return check
