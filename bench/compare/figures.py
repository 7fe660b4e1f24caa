"""What the records of one policy say: how full the cluster was, how fair, and how long tasks waited.

The first tenth of the time is left out, while the cluster fills. Fairness is judged among tenants that have work
waiting, second by second: whoever has all he wants is no witness.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import ceil
from typing import Any, Final

from bench.compare.loop import Record
from bench.compare.scenario import Scenario

WARM_UP: Final = 0.1  # Of the time.
SECOND_NS: Final = 1_000_000_000


@dataclass(frozen=True)
class Figures:
    """One policy under one scenario. Utilization and shares are fractions of the pool, waiting is in seconds."""

    policy: str
    utilization: dict[str, float]
    dominant_shares: dict[str, float]  # By tenant, mean over time.
    jain: float | None  # From 1/n, one has all, to 1, equal shares by weight; None: never had two work waiting.
    envy: float  # By how much more, in dominant share, the most envious tenant could use another's bundle.
    waiting_mean: float | None  # None: there was no task.
    waiting_p95: float | None
    waiting_by_tenant: dict[str, float | None]  # Mean.
    finished: int
    shares_over_time: dict[str, list[float]]  # By tenant, once a second, from the start.

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def figures_of(policy: str, scenario: Scenario, *, records: Sequence[Record]) -> Figures:
    """All of them."""
    seconds = range(int(scenario.seconds * WARM_UP), scenario.seconds)
    shares = {str(each.tenant.id): shares_over_time(scenario, each) for each in records}
    waits = sorted(ns / SECOND_NS for each in records for ns in each.waits_ns)
    return Figures(
        policy=policy,
        utilization={
            name: sum(used(records, name, second=second) for second in seconds) / milli / len(seconds)
            for name, milli in scenario.pool.items()
        },
        dominant_shares={id: sum(each[seconds.start :]) / len(seconds) for id, each in shares.items()},
        jain=mean([index for second in seconds if (index := _jain_at(scenario, records, second=second)) is not None]),
        envy=largest_envy(scenario, records, seconds=seconds),
        waiting_mean=mean(waits),
        waiting_p95=percentile(waits, 95),
        waiting_by_tenant={each.tenant.id: mean([ns / SECOND_NS for ns in each.waits_ns]) for each in records},
        finished=sum(each.finished for each in records),
        shares_over_time=shares,
    )


def shares_over_time(scenario: Scenario, record: Record) -> list[float]:
    """The tenant's dominant share, once a second."""
    share = scenario.dominant_share(record.tenant)
    return [running * share for running in record.running]


def used(records: Sequence[Record], name: str, *, second: int) -> int:
    """Of that resource, by all, in thousandths."""
    return sum(each.running[second] * each.tenant.demand[name] for each in records)


def jain(shares: Sequence[float]) -> float:
    """Jain's index: (sum)^2 / (n * sum of squares). Of nothing at all, one."""
    squares = sum(each * each for each in shares)
    return sum(shares) ** 2 / (len(shares) * squares) if squares else 1.0


def _jain_at(scenario: Scenario, records: Sequence[Record], *, second: int) -> float | None:
    wanting = [each for each in records if each.waiting[second]]
    if len(wanting) < 2:
        return None
    return jain([each.running[second] * scenario.dominant_share(each.tenant) / each.tenant.weight for each in wanting])


def largest_envy(scenario: Scenario, records: Sequence[Record], *, seconds: range) -> float:
    """Over all pairs: what the first could use of the other's bundle, by weight, less what it uses; mean over time."""
    worst = 0.0
    for one in records:
        share = scenario.dominant_share(one.tenant)
        for other in records:
            # Tasks of the one in the bundle of a task of the other, as if both could be cut.
            fits = min(other.tenant.demand[name] / milli for name, milli in one.tenant.demand.items())
            fits *= one.tenant.weight / other.tenant.weight
            more = sum(
                max(other.running[second] * fits - one.running[second], 0.0)
                for second in seconds
                if one.waiting[second]
            )
            worst = max(worst, more * share / len(seconds))
    return worst


def mean(values: Sequence[float]) -> float | None:
    """Of nothing: None."""
    return sum(values) / len(values) if values else None


def percentile(ordered: Sequence[float], percent: int) -> float | None:
    """The smallest value that so many percent do not exceed. Of nothing: None."""
    return ordered[max(ceil(len(ordered) * percent / 100), 1) - 1] if ordered else None
