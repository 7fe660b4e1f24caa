"""What can be chosen about a simulated cluster. The defaults are small machines and Mesos' own flags."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from libprocess_py.sim.simulation import SimulationOptions
from master.flags import MasterFlags

SECOND_NS: Final = 1_000_000_000
DEFAULT_RESOURCES: Final = "cpus:4;mem:4096;disk:16384"


@dataclass(frozen=True, kw_only=True)
class ClusterOptions:
    """Besides the seed and the number of agents."""

    resources: str = DEFAULT_RESOURCES  # Of each agent.
    attributes: str = ""
    master: MasterFlags = field(default_factory=MasterFlags)  # Those about addresses and names mean nothing here.
    checked: bool = False  # Check every book after every event, and all of them together at every instant. Slow.
    simulation: SimulationOptions = field(default_factory=SimulationOptions)
