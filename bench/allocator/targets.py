"""What results are called, what the original needs for them, and what they must not exceed.

The original is Apache Mesos' allocator in C++, measured with these workloads on a machine whose yardstick took 0.251 s;
its figures are multiples of that, so that they hold on other machines. Targets are of the median unless said.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

ORIGINAL_YARDSTICK_S: Final = 0.251
MS: Final = 1e-3
US: Final = 1e-6
MB: Final = 1e6
GIB: Final = 1024.0**3

# Results with names of their own; the others are called by series and size.
NAMES: Final = {
    "add_frameworks_10000x1000_own": "add_frameworks_10000",
    "revive_10000x1000": "revive_10000",
    "refuse_10000x1000_one": "return_offer",
    "quota_first_3000x3000": "quota_first",
    "quota_second_3000x3000": "quota_second",
    "idle_50000x1000": "idle_50000",
    "first_20000x2000": "cold_20000x2000",
    "churn_5000x300": "churn_5000x90x300",
    "memory_50000x6000_own": "memory_50000x6000",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """A value in "Y" (multiples of the yardstick), "s" or "bytes"."""

    value: float
    unit: str


@dataclass(frozen=True, slots=True)
class Target:
    """Upper bounds in `unit`: "Y" for multiples of the yardstick, "s" or "bytes" for absolute ones."""

    must: float
    aim: float | None = None
    unit: str = "Y"
    statistic: str = "median"


TARGETS: Final = {
    "cold_1000x50_one": Target(0.05, 0.02),
    "cold_10000x1000_one": Target(0.4, 0.17),
    "cold_10000x1000_own": Target(0.6, 0.2),
    "cold_50000x1000_one": Target(2.2, 0.9),
    "empty_10000x1000_own": Target(0.004, 0.0001),
    "decline_10000x1000": Target(0.6, 0.25),
    "refused_1000x50": Target(0.01, 0.0005),
    "suppressed_10000x1000": Target(0.4, 0.17),
    "quota_first": Target(1.0, 0.3),
    "quota_second": Target(0.01, 0.001),
    "add_frameworks_10000": Target(0.5, 0.1),
    "revive_10000": Target(1.0, 0.2),
    "return_offer": Target(20 * US, 8 * US, unit="s"),
    "memory_10000x1000_own": Target(500 * MB, 200 * MB, unit="bytes"),
    "memory_50000x6000": Target(GIB, unit="bytes"),
    "idle_50000": Target(1 * MS, unit="s"),
    "cold_20000x2000": Target(300 * MS, unit="s"),
    "unrefused_20000x2000": Target(300 * MS, unit="s"),
    "churn_5000x90x300": Target(20 * MS, unit="s", statistic="p99"),
}

ORIGINAL_Y: Final = {
    "cold_1000x50_own": 0.078,
    "cold_1000x500_own": 0.19,
    "cold_5000x500_own": 1.02,
    "cold_10000x1000_own": 5.6,
    "cold_1000x50_one": 0.077,
    "cold_1000x500_one": 0.13,
    "cold_5000x500_one": 0.65,
    "cold_10000x1000_one": 1.7,
    "cold_10000x6000_one": 7.4,
    "cold_50000x1000_one": 11.1,
    "empty_1000x50_own": 0.012,
    "empty_1000x500_own": 0.095,
    "empty_5000x500_own": 0.51,
    "empty_10000x1000_own": 3.5,
    "empty_1000x50_one": 0.004,
    "empty_1000x500_one": 0.004,
    "empty_5000x500_one": 0.025,
    "empty_10000x1000_one": 0.083,
    "empty_10000x6000_one": 0.078,
    "empty_50000x1000_one": 0.91,
    "refused_1000x50": 1.13,
    "decline_1000x500": 0.19,
    "decline_1000x500_own": 0.26,
    "decline_5000x500": 1.11,
    "decline_10000x1000": 2.4,
    "suppressed_1000x500": 0.14,
    "suppressed_5000x500": 0.77,
    "suppressed_10000x1000": 1.70,
    "suppressed_1000x500_own": 0.41,
    "quota_first_300x300": 0.27,
    "quota_first": 78.0,
    "quota_second": 67.0,
    "versus_first_200x200_free": 0.020,
    "versus_first_200x200_quota": 0.032,
    "versus_first_2000x2000_free": 1.17,
    "versus_first_2000x2000_quota": 0.52,
    "mixed_80x554": 0.011,
    "add_frameworks_10000": 150.0,
    "revive_10000": 26.0,
}

# Medians where no multiple of the yardstick was published: seconds on the machine described above.
ORIGINAL_S: Final = {
    "quota_second_300x300": 0.058,
    "versus_second_200x200_free": 0.0010,
    "versus_second_200x200_quota": 0.0013,
    "versus_second_2000x2000_free": 0.178,
    "versus_second_2000x2000_quota": 0.059,
    "event_add_frameworks_10000x1000": 0.044,
    "event_add_agents_10000x1000": 0.93,
    "event_return_offers_10000x1000": 0.29,
    "event_remove_agents_10000x1000": 0.47,
    "event_add_frameworks_1000x50": 0.0010,
    "event_add_agents_1000x50": 0.061,
    "event_return_offers_1000x50": 0.031,
    "revive_1000x50": 0.038,
    "event_remove_agents_1000x50": 0.069,
    "event_add_frameworks_1000x500": 0.016,
    "event_add_agents_1000x500": 0.105,
    "event_return_offers_1000x500": 0.045,
    "revive_1000x500": 0.162,
    "event_remove_agents_1000x500": 0.060,
    "event_add_frameworks_1000x500_own": 0.028,
    "event_add_agents_1000x500_own": 0.57,
    "event_return_offers_1000x500_own": 0.032,
    "revive_1000x500_own": 0.20,
    "event_remove_agents_1000x500_own": 0.28,
}

# Microseconds to add an agent, to return an offer and to refuse it, megabytes of memory: one row per size.
ORIGINAL_EVENTS: Final = {
    "1000x50_own": (28, 27, 43, 61),
    "1000x500_own": (24, 24, 29, 318),
    "5000x500_own": (15, 22, 31, 1514),
    "10000x1000_own": (17, 28, 35, 5803),
    "1000x50_one": (20, 25, 35, 33),
    "1000x500_one": (21, 32, 48, 36),
    "5000x500_one": (20, 22, 35, 121),
    "10000x1000_one": (19, 24, 34, 201),
    "10000x6000_one": (21, 26, 30, 255),
    "50000x1000_one": (17, 38, 53, 945),
}


def name_of(series: str, size: str) -> str:
    name = f"{series}_{size}"
    return NAMES.get(name, name)


def original(name: str) -> Figure | None:
    """What the original was measured with; None where nothing was published."""
    if name in ORIGINAL_Y:
        return Figure(ORIGINAL_Y[name], "Y")
    if name in ORIGINAL_S:
        return Figure(ORIGINAL_S[name] / ORIGINAL_YARDSTICK_S, "Y")
    return _EVENTS.get(name)


def _events() -> Iterator[tuple[str, Figure]]:
    """Time and memory of single things are absolute."""
    for size, (add, back, refuse, megabytes) in ORIGINAL_EVENTS.items():
        yield name_of("add_agent", size), Figure(add * US, "s")
        yield name_of("return", size), Figure(back * US, "s")
        yield name_of("refuse", size), Figure(refuse * US, "s")
        yield name_of("memory", size), Figure(megabytes * MB, "bytes")


_EVENTS: Final = dict(_events())
