"""The master's flags, each once, with Mesos' names and defaults (MO-09)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from allocators.allocator import (
    DEFAULT_ALLOCATION_INTERVAL_NS,
    DEFAULT_MIN_ALLOCATABLE,
    DEFAULT_RE2_MAX_MEM,
    DEFAULT_RE2_MAX_PROGRAM_SIZE,
)
from allocators.policies.registry import DEFAULT_POLICY, find_policy
from allocators.sorters.registry import sorter_factory
from libprocess_py.flags import flag, parse_bool, parse_count
from libprocess_py.runtime.settings import parse_ip, parse_port
from master.core.settings import (
    DEFAULT_AGENT_PING_TIMEOUT_NS,
    DEFAULT_AGENT_REREGISTER_TIMEOUT_NS,
    DEFAULT_MAX_AGENT_PING_TIMEOUTS,
    DEFAULT_MAX_COMPLETED_FRAMEWORKS,
    DEFAULT_MAX_COMPLETED_TASKS_PER_FRAMEWORK,
    DEFAULT_MAX_UNREACHABLE_TASKS_PER_FRAMEWORK,
)
from mesos_py.protocol.durations import format_duration, parse_duration
from mesos_py.protocol.quantities import Quantities
from mesos_py.protocol.roles import validate_role
from mesos_py.protocol.sizes import format_size, parse_size

DEFAULT_PORT: Final = 5050
SECOND_NS: Final = 1_000_000_000
PING_TIMEOUT_NS_MIN: Final = SECOND_NS  # As in Mesos: below, a busy agent would be taken for a dead one.
PING_TIMEOUT_NS_MAX: Final = 900 * SECOND_NS


def parse_ping_timeout(text: str) -> int:
    """A duration within bounds. Raises ValueError."""
    ns = parse_duration(text)
    if not PING_TIMEOUT_NS_MIN <= ns <= PING_TIMEOUT_NS_MAX:
        raise ValueError(f"expected a duration from 1secs to 15mins, got {text!r}")
    return ns


def parse_interval(text: str) -> int:
    """A duration above zero. Raises ValueError."""
    ns = parse_duration(text)
    if ns == 0:
        raise ValueError(f"expected a duration above zero, got {text!r}")
    return ns


def parse_positive(text: str) -> int:
    """A number from one. Raises ValueError."""
    count = parse_count(text)
    if count == 0:
        raise ValueError(f"expected a number from 1, got {text!r}")
    return count


def parse_policy(text: str) -> str:
    """The name of an allocation policy, ours or of an installed package. Raises ValueError."""
    find_policy(text)
    return text


def parse_parameters(text: str) -> tuple[tuple[str, str], ...]:
    """Read `name=value,name=value`; what names and values mean is the policy's. Raises ValueError."""
    parameters: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, separator, value = (piece.strip() for piece in part.partition("="))
        if not (name and separator):
            raise ValueError(f"expected name=value, got {part!r}")
        if name in parameters:
            raise ValueError(f"{name}: given twice")
        parameters[name] = value
    return tuple(parameters.items())


def show_pairs(pairs: tuple[tuple[str, object], ...]) -> str:
    """`name=value,name=value`."""
    return ",".join(f"{name}={value}" for name, value in pairs)


def parse_sorter(text: str) -> str:
    """The name of a sorter. Raises ValueError."""
    sorter_factory(text)
    return text


def parse_min_allocatable(text: str) -> tuple[Quantities, ...]:
    """Read `cpus:0.01|mem:32;disk:10`: alternatives, each of them amounts that must be there together.

    Raises ValueError naming the part that is wrong. Nothing at all means that any offer is worth making.
    """
    return tuple(Quantities.parse(alternative) for alternative in text.split("|")) if text.strip() else ()


def show_min_allocatable(alternatives: tuple[Quantities, ...]) -> str:
    return "|".join(str(alternative) for alternative in alternatives)


def parse_names(text: str) -> frozenset[str]:
    """Read `gpus,ports`."""
    return frozenset(filter(None, (name.strip() for name in text.split(","))))


def show_names(names: frozenset[str]) -> str:
    return ",".join(sorted(names))


def parse_weights(text: str) -> tuple[tuple[str, float], ...]:
    """Read `role=weight,role=weight`. Raises ValueError naming the part that is wrong."""
    weights: dict[str, float] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        role, separator, number = part.partition("=")
        if not separator:
            raise ValueError(f"expected role=weight, got {part!r}")
        if problem := validate_role(role):
            raise ValueError(problem)
        try:
            weight = float(number)
        except ValueError:
            raise ValueError(f"weight of {role}: expected a number, got {number!r}") from None
        if not (weight > 0 and math.isfinite(weight)):
            raise ValueError(f"weight of {role}: expected a number above zero, got {number}")
        if role in weights:
            raise ValueError(f"weight of {role}: given twice")
        weights[role] = weight
    return tuple(weights.items())


@dataclass(frozen=True)
class MasterFlags:
    """Everything that can be set about a master."""

    ip: str = flag("Address to listen on. Peers are not authenticated yet.", default="127.0.0.1", parse=parse_ip)
    port: int = flag("Port to listen on; 0: any.", default=DEFAULT_PORT, parse=parse_port)
    advertise_ip: str | None = flag("Address at which peers reach us, if not that one.", default=None, parse=parse_ip)
    advertise_port: int | None = flag("Port at which peers reach us, likewise.", default=None, parse=parse_port)
    hostname: str | None = flag("Name of this host for people and links; otherwise the address.", default=None)
    cluster: str | None = flag("Name of the cluster, for people.", default=None)
    allocation_interval: int = flag(
        "Time between batch allocations.",
        default=DEFAULT_ALLOCATION_INTERVAL_NS,
        parse=parse_interval,
        show=format_duration,
    )
    allocator: str = flag("Allocation policy.", default=DEFAULT_POLICY, parse=parse_policy)
    allocator_parameters: tuple[tuple[str, str], ...] = flag(
        "What the policy is to know, name=value,...; docs/policies.md says which.",
        default=(),
        parse=parse_parameters,
        show=show_pairs,
    )
    role_sorter: str = flag("Who goes first among roles: drf or random.", default="drf", parse=parse_sorter)
    framework_sorter: str = flag(
        "Who goes first among the frameworks of a role: drf or random.", default="drf", parse=parse_sorter
    )
    min_allocatable_resources: tuple[Quantities, ...] = flag(
        "The least that is worth an offer, name:number;...|name:number;...: all of one alternative.",
        default=DEFAULT_MIN_ALLOCATABLE,
        parse=parse_min_allocatable,
        show=show_min_allocatable,
    )
    filter_gpu_resources: bool = flag(
        "Offer agents that have GPUs to frameworks with the GPU_RESOURCES capability only.",
        default=True,
        parse=parse_bool,
    )
    fair_sharing_excluded_resource_names: frozenset[str] = flag(
        "Resources that do not count for fair shares, name,...", default=frozenset(), parse=parse_names, show=show_names
    )
    offer_constraints_re2_max_mem: int = flag(
        "Memory that a regular expression in offer constraints may need; larger ones are refused.",
        default=DEFAULT_RE2_MAX_MEM,
        parse=parse_size,
        show=format_size,
    )
    offer_constraints_re2_max_program_size: int = flag(
        "Size of the program that such an expression may become.",
        default=DEFAULT_RE2_MAX_PROGRAM_SIZE,
        parse=parse_positive,
    )
    weights: tuple[tuple[str, float], ...] = flag(
        "Weights of roles, role=weight,...; others have 1.", default=(), parse=parse_weights, show=show_pairs
    )
    agent_ping_timeout: int = flag(
        "Time in which an agent is to answer a ping.",
        default=DEFAULT_AGENT_PING_TIMEOUT_NS,
        parse=parse_ping_timeout,
        show=format_duration,
        aliases=("slave_ping_timeout",),
    )
    max_agent_ping_timeouts: int = flag(
        "Missed pings in a row after which an agent is unreachable.",
        default=DEFAULT_MAX_AGENT_PING_TIMEOUTS,
        parse=parse_positive,
        aliases=("max_slave_ping_timeouts",),
    )
    agent_reregister_timeout: int = flag(
        "Time that agents have to find a new master; their tasks are not called lost before.",
        default=DEFAULT_AGENT_REREGISTER_TIMEOUT_NS,
        parse=parse_interval,
        show=format_duration,
        aliases=("slave_reregister_timeout",),
    )
    offer_timeout: int | None = flag(
        "Time after which an unused offer is rescinded; otherwise never.",
        default=None,
        parse=parse_interval,
        show=format_duration,
    )
    max_completed_frameworks: int = flag(
        "Ended frameworks to remember.", default=DEFAULT_MAX_COMPLETED_FRAMEWORKS, parse=parse_count
    )
    max_completed_tasks_per_framework: int = flag(
        "Ended tasks to remember of each framework.",
        default=DEFAULT_MAX_COMPLETED_TASKS_PER_FRAMEWORK,
        parse=parse_count,
    )
    max_unreachable_tasks_per_framework: int = flag(
        "Tasks on unreachable agents to remember of each framework.",
        default=DEFAULT_MAX_UNREACHABLE_TASKS_PER_FRAMEWORK,
        parse=parse_count,
    )
