"""Which policies there are: ours, and those that installed packages declare.

A package declares its own in the entry point group `mesos_py.allocators`: a name, and what makes a policy out of
`AllocatorSettings`. It is imported when it is chosen and not before. Our names cannot be taken over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import metadata
from typing import Final, TypeAlias

from allocators.allocator import Allocator, AllocatorSettings
from allocators.hierarchical.allocator import HierarchicalAllocator
from allocators.policies.asset import asset_fairness
from allocators.policies.ceei import proportional_fairness
from allocators.policies.fifo import fifo
from allocators.policies.packing import PackingAllocator
from allocators.policies.parameters import no_parameters
from allocators.policies.priority import strict_priority
from allocators.policies.slot import slot_fairness
from allocators.policies.static import StaticPartitioning
from allocators.policies.weighted_random import weighted_random

# Raises ValueError, naming the setting, if it cannot work with the settings.
PolicyFactory: TypeAlias = Callable[[AllocatorSettings], Allocator]

ENTRY_POINT_GROUP: Final = "mesos_py.allocators"
DEFAULT_POLICY: Final = "hierarchical"


def hierarchical(settings: AllocatorSettings) -> Allocator:
    """The policy `hierarchical`, with the sorters that the operator names."""
    no_parameters(settings)
    return HierarchicalAllocator(settings)


POLICIES: Final[Mapping[str, PolicyFactory]] = {
    DEFAULT_POLICY: hierarchical,
    "asset": asset_fairness,
    "ceei": proportional_fairness,
    "fifo": fifo,
    "packing": PackingAllocator,
    "priority": strict_priority,
    "random": weighted_random,
    "slot": slot_fairness,
    "static": StaticPartitioning,
}
# Other names of ours. The second is what Mesos calls the default.
ALIASES: Final[Mapping[str, str]] = {"drf": DEFAULT_POLICY, "HierarchicalDRF": DEFAULT_POLICY}


def policy_names() -> tuple[str, ...]:
    """All names: ours, the others in order. Imports no policy."""
    others = sorted(name for name in metadata.entry_points(group=ENTRY_POINT_GROUP).names if not _is_ours(name))
    return (*POLICIES, *ALIASES, *others)


def find_policy(name: str) -> PolicyFactory:
    """What makes the policy of that name. ValueError if there is none, or if it cannot be imported."""
    if _is_ours(name):
        return POLICIES[ALIASES.get(name, name)]
    for point in metadata.entry_points(group=ENTRY_POINT_GROUP, name=name):
        try:
            factory = point.load()
        except (ImportError, AttributeError) as error:
            raise ValueError(f"allocator {name!r}: {point.value} cannot be imported: {error}") from error
        if not callable(factory):
            raise ValueError(f"allocator {name!r}: expected {point.value} to be callable")
        made: PolicyFactory = factory
        return made
    raise ValueError(f"allocator {name!r}: expected one of {', '.join(policy_names())}")


def make_allocator(name: str, settings: AllocatorSettings) -> Allocator:
    """The policy of that name. ValueError if there is none, or if the settings do not suit it."""
    return find_policy(name)(settings)


def _is_ours(name: str) -> bool:
    return name in POLICIES or name in ALIASES
