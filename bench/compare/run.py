"""A comparison: a scenario, policies by name, and what became of it, as a table and as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rich.table import Table

from allocators.allocator import AllocatorSettings
from allocators.policies.registry import ALIASES, find_policy
from bench.compare.figures import Figures, figures_of
from bench.compare.loop import ClosedLoop
from bench.compare.scenario import Scenario
from bench.compare.workloads import WORKLOADS, Size, make_scenario

TENANTS_MAX: Final = 4  # So many have a column each, in a terminal of 80; of more tenants the table has the extremes.


@dataclass(frozen=True)
class Comparison:
    """The figures of each policy, in the order in which they were named."""

    workload: str
    size: Size
    scenario: Scenario
    figures: tuple[Figures, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "workload": self.workload,
            "agents": len(self.scenario.agents),
            "frameworks": len(self.scenario.tenants),
            "seconds": self.size.seconds,
            "seed": self.size.seed,
            "policies": [each.as_json() for each in self.figures],
        }

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(self.as_json(), indent=1) + "\n")

    def table(self) -> Table:
        names = list(self.scenario.pool)
        table = Table(title=f"{self.workload}: {WORKLOADS[self.workload].summary}")
        table.add_column("policy", no_wrap=True)
        columns = [f"{name} used" for name in names] + ["Jain", "envy", "waiting", "p95", "tasks done"]
        for heading in columns:
            table.add_column(heading, justify="right")
        for each in self.figures:
            utilization = [f"{each.utilization[name]:.1%}" for name in names]
            waiting = [shown(each.waiting_mean, ".1f", unit=" s"), shown(each.waiting_p95, ".1f", unit=" s")]
            table.add_row(
                each.policy, *utilization, shown(each.jain, ".3f"), f"{each.envy:.3f}", *waiting, str(each.finished)
            )
        table.caption = (
            f"{len(self.scenario.agents)} agents, {len(self.scenario.tenants)} frameworks, {self.size.seconds} s of"
            f" virtual time, seed {self.size.seed}"
        )
        return table

    def tenants_table(self) -> Table:
        """Mean dominant share and mean waiting: of each tenant, or of the poorest, the median and the richest."""
        tenants = self.scenario.tenants
        table = Table(title="mean dominant share, and mean waiting, by tenant")
        table.add_column("policy", no_wrap=True)
        headings = [each.id for each in tenants] if len(tenants) <= TENANTS_MAX else ["poorest", "median", "richest"]
        for heading in headings:
            table.add_column(heading, justify="right")
        for each in self.figures:
            pairs = [(share, each.waiting_by_tenant[id]) for id, share in each.dominant_shares.items()]
            if len(pairs) > TENANTS_MAX:
                pairs.sort(key=lambda pair: pair[0])
                pairs = [pairs[0], pairs[len(pairs) // 2], pairs[-1]]
            table.add_row(each.policy, *(f"{share:.3f} {shown(wait, '7.1f', unit=' s')}" for share, wait in pairs))
        return table


def shown(figure: float | None, spec: str, *, unit: str = "") -> str:
    """A figure for the table, a dash if there is none."""
    return "-" if figure is None else f"{figure:{spec}}{unit}"


def compare(
    policies: Sequence[str], workload: str, *, size: Size, progress: Callable[[str], None] = lambda text: None
) -> Comparison:
    """Every policy under the same scenario. ValueError for a name that nobody has."""
    scenario = make_scenario(workload, size)
    factories = [find_policy(policy) for policy in policies]  # A wrong name is told before the first one has run.
    figures: list[Figures] = []
    for policy, factory in zip(policies, factories, strict=True):
        progress(f"{policy}: {size.seconds} s of {workload}")
        parameters = scenario.parameters.get(ALIASES.get(policy, policy), {})
        allocator = factory(AllocatorSettings(seed=size.seed, parameters=dict(parameters)))
        records = ClosedLoop(allocator, scenario).run()
        figures.append(figures_of(policy, scenario, records=records))
    return Comparison(workload, size, scenario, tuple(figures))
