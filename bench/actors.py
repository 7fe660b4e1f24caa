"""`mesos-py bench actors`: what the actor runtime does per second, and pykka beside it in the same run.

Local cases hand over bursts of 1,000 messages, as in a system under load. Remote cases use two OS processes and TCP
over the loopback interface; bodies have 100 bytes. The names are those of the published tables of actor runtimes, so
that figures can be compared.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from bench import actors_local, actors_pykka, actors_remote
from bench.report import Machine, Report, Result, result_of
from bench.yardstick import combined, measure_machine

ROUNDS: Final = 5  # Rounds over all cases, so that a slow minute of the machine touches each of them alike.

CASES: Final[dict[str, Callable[[], float]]] = {
    "spawn": actors_local.spawn_rate,
    "tell_1_1": actors_local.tell_rate,
    "tell_1_1000": actors_local.fan_out_rate,
    "dispatch_1_1": actors_local.dispatch_rate,
    "pingpong": actors_local.ping_pong_rate,
    "pykka_spawn": actors_pykka.spawn_rate,
    "pykka_tell_1_1": actors_pykka.tell_rate,
    "pykka_tell_1_1000": actors_pykka.fan_out_rate,
    "pykka_ask": actors_pykka.ask_rate,
    "rtell_100": actors_remote.tell_rate,
    "rask_100": actors_remote.ask_rate,
    "raskc_100": actors_remote.concurrent_ask_rate,
}


def run(progress: Callable[[str], None], *, rounds: int = ROUNDS) -> Report:
    """All cases, `rounds` times. `progress` is told what is measured."""
    progress("yardstick")
    before = measure_machine()
    values: dict[str, list[float]] = {name: [] for name in CASES}
    for number in range(1, rounds + 1):
        for name, case in CASES.items():
            progress(f"round {number} of {rounds}: {name}")
            values[name].append(case())
    machine = combined(before, measure_machine())
    return Report("actors", machine, tuple(_result(name, rates, machine=machine) for name, rates in values.items()))


def _result(name: str, rates: list[float], *, machine: Machine) -> Result:
    return result_of(name, rates, machine=machine, unit="per_s")


def times_pykka(report: Report) -> dict[str, float]:
    """How many times pykka's rate ours is, for the cases that both have."""
    medians = {result.name: result.median for result in report.results}
    pairs = {"spawn": "spawn", "tell_1_1": "tell_1_1", "tell_1_1000": "tell_1_1000"}
    return {name: medians[name] / medians[f"pykka_{theirs}"] for name, theirs in pairs.items()}
