"""Replays the allocator scenarios of tests/conformance/cases against any policy.

The clock is virtual, runs are started by the rules of `Allocator`, and after each step everything pending is carried
out. The replay keeps the account of open offers, so that `"all"` and missing roles can be written out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from allocators.allocator import Allocator, AllocatorSettings, Conversion, Refusal
from allocators.run_requests import RunRequests
from mesos_py.protocol.agent import AgentInfo
from mesos_py.protocol.attributes import Attribute, Attributes
from mesos_py.protocol.framework import Capability, FrameworkInfo, RoleOfferFilters
from mesos_py.protocol.ids import AgentId, FrameworkId
from mesos_py.protocol.maintenance import InverseOfferStatus, Unavailability
from mesos_py.protocol.offer_constraints import (
    AttributeConstraint,
    ConstraintGroup,
    OfferConstraints,
    Predicate,
    Pseudo,
    RoleConstraints,
)
from mesos_py.protocol.quantities import Limits, Quantities
from mesos_py.protocol.quota import Quota
from mesos_py.protocol.resources import NOTHING, Resources
from mesos_py.protocol.values import Ranges, to_milli
from tests.support.resource_notation import resources_of

Step = Mapping[str, Any]
Cell = tuple[FrameworkId, str, AgentId]

SECOND: Final = 1_000_000_000
ALL_CAPABILITIES: Final = ("MULTI_ROLE", "HIERARCHICAL_ROLE", "RESERVATION_REFINEMENT")


def settings_of(config: Mapping[str, Any], seed: int) -> AllocatorSettings:
    """The configuration of a scenario."""
    defaults = AllocatorSettings()
    smallest = config.get("min_allocatable")
    return AllocatorSettings(
        seed=seed,
        allocation_interval_ns=ns(config.get("allocation_interval", 1)),
        min_allocatable=defaults.min_allocatable if smallest is None else tuple(map(Quantities.from_wire, smallest)),
        fair_sharing_excluded_resource_names=frozenset(config.get("fair_sharing_excluded", ())),
        filter_gpu_resources=config.get("filter_gpu", True),
        region=config.get("domain", {}).get("region"),
        recovery_timeout_ns=ns(config.get("recovery_timeout", 600)),
        recovery_factor_percent=round(config.get("recovery_factor", 0.8) * 100),
    )


class Replay:
    """One scenario under way."""

    def __init__(self, allocator: Allocator, settings: AllocatorSettings) -> None:
        self.allocator = allocator
        self.now = 0
        self.open: dict[Cell, Resources] = {}  # Offered and not answered yet.
        self.offers: dict[Cell, Resources] = {}  # Since the last expectation.
        self.inverse: list[tuple[FrameworkId, AgentId]] = []
        self._interval = settings.allocation_interval_ns
        self._requests = RunRequests()
        self._infos: dict[AgentId, tuple[AgentInfo, Resources]] = {}

    # Running.

    def do(self, step: Step) -> None:
        """Carry out a step and settle."""
        if step["op"] == "atomic":
            for each in step["steps"]:
                self._perform(each)
        else:
            self._perform(step)
        self.settle()

    def _perform(self, step: Step) -> None:
        operation: Callable[[Step], None] = getattr(self, f"do_{step['op']}")
        operation(step)
        self.allocator.check()

    def _request(self, agents: Sequence[AgentId] | None) -> None:
        if not self.allocator.is_paused(now=self.now):
            self._requests.add(agents, now=self.now)

    def settle(self) -> None:
        """The pending run, if there is one."""
        if self._requests.since is None:
            return
        agents, is_batch = self._requests.take()
        was_paused = self.allocator.is_paused(now=self.now)
        allocations = self.allocator.allocate(agents, now=self.now, event_driven=not is_batch)
        for each in allocations:
            cell = (each.framework_id, each.role, each.agent_id)
            self.open[cell] = self.open.get(cell, NOTHING) + each.resources.unallocate()
            self.offers[cell] = self.offers.get(cell, NOTHING) + each.resources.unallocate()
        if not was_paused:
            inverse = self.allocator.inverse_offers(agents, now=self.now)
            self.inverse.extend((each.framework_id, each.agent_id) for each in inverse)
        self.allocator.check()

    def do_advance_clock(self, step: Step) -> None:
        end = self.now + ns(step["seconds"])
        while (batch := (self.now // self._interval + 1) * self._interval) <= end:
            self.now = batch
            self._requests.add(None, now=self.now, is_batch=True)
            self.settle()
        self.now = end

    # Agents.

    def do_add_agent(self, step: Step) -> None:
        agent_id = AgentId(step["id"])
        total = resources_of(step["resources"])
        domain = step.get("domain") or {}
        info = AgentInfo(
            hostname=step.get("hostname", agent_id),
            port=5051,
            resources=total,
            id=agent_id,
            attributes=attributes_of(step.get("attributes", {})),
            capabilities=tuple(step.get("capabilities", ALL_CAPABILITIES)),
            region=domain.get("region"),
            zone=domain.get("zone"),
        )
        self._infos[agent_id] = info, total
        used = {FrameworkId(each): allocated(roles) for each, roles in step.get("used", {}).items()}
        self.allocator.add_agent(agent_id, info, total=total, used=used)
        self._request([agent_id])
        if step.get("unavailability") is not None:
            self._set_unavailability(agent_id, step["unavailability"])

    def do_remove_agent(self, step: Step) -> None:
        agent_id = AgentId(step["id"])
        self.allocator.remove_agent(agent_id)
        del self._infos[agent_id]
        self._close(lambda cell: cell[2] == agent_id)

    def do_update_agent(self, step: Step) -> None:
        agent_id = AgentId(step["id"])
        info, total = self._infos[agent_id]
        total = resources_of(step["resources"]) if "resources" in step else total
        changes: dict[str, Any] = {"resources": total}
        if "capabilities" in step:
            changes["capabilities"] = tuple(step["capabilities"])
        if "attributes" in step:
            changes["attributes"] = attributes_of(step["attributes"])
        if "hostname" in step:
            changes["hostname"] = step["hostname"]
        if "domain" in step:
            domain = step["domain"] or {}
            changes.update(region=domain.get("region"), zone=domain.get("zone"))
        fields = {name: getattr(info, name) for name in AgentInfo.__struct_fields__}
        info = AgentInfo(**{**fields, **changes})
        self._infos[agent_id] = info, total
        if self.allocator.update_agent(agent_id, info, total=total):
            self._request([agent_id])

    def do_activate_agent(self, step: Step) -> None:
        self.allocator.activate_agent(AgentId(step["id"]))

    def do_deactivate_agent(self, step: Step) -> None:
        self.allocator.deactivate_agent(AgentId(step["id"]))

    def do_add_resource_provider(self, step: Step) -> None:
        agent_id = AgentId(step["agent"])
        more = resources_of(step["resources"])
        info, total = self._infos[agent_id]
        self._infos[agent_id] = info, total + more
        used = {FrameworkId(each): allocated(roles) for each, roles in step.get("used", {}).items()}
        self.allocator.add_resource_provider(agent_id, more, used=used)

    def do_update_whitelist(self, step: Step) -> None:
        self.allocator.update_whitelist(step["hosts"])

    def do_update_unavailability(self, step: Step) -> None:
        self._set_unavailability(AgentId(step["agent"]), step["start"])

    def _set_unavailability(self, agent_id: AgentId, start: float | None) -> None:
        self.allocator.update_unavailability(agent_id, None if start is None else Unavailability(start_ns=ns(start)))
        self._request([agent_id])

    def do_answer_inverse_offer(self, step: Step) -> None:
        status = step.get("status")
        self.allocator.update_inverse_offer(
            FrameworkId(step["framework"]),
            AgentId(step["agent"]),
            status=None if status is None else InverseOfferStatus(status),
            refusal=self._refusal(step),
        )

    # Frameworks.

    def do_add_framework(self, step: Step) -> None:
        framework_id = FrameworkId(step["id"])
        self.allocator.add_framework(
            framework_id,
            framework_of(step),
            used={AgentId(each): allocated(roles) for each, roles in step.get("used", {}).items()},
            active=step.get("active", True),
            suppressed_roles=step.get("suppressed_roles", ()),
        )
        self.allocator.update_offer_constraints(framework_id, constraints_of(step.get("constraints", {})))
        if step.get("active", True):
            self._request(None)

    def do_update_framework(self, step: Step) -> None:
        framework_id = FrameworkId(step["id"])
        self.allocator.update_framework(
            framework_id, framework_of(step), suppressed_roles=step.get("suppressed_roles", ())
        )
        self.allocator.update_offer_constraints(framework_id, constraints_of(step.get("constraints", {})))

    def do_remove_framework(self, step: Step) -> None:
        framework_id = FrameworkId(step["id"])
        self.allocator.remove_framework(framework_id)
        self._close(lambda cell: cell[0] == framework_id)

    def do_activate_framework(self, step: Step) -> None:
        self.allocator.activate_framework(FrameworkId(step["id"]))
        self._request(None)

    def do_deactivate_framework(self, step: Step) -> None:
        self.allocator.deactivate_framework(FrameworkId(step["id"]))

    def do_suppress(self, step: Step) -> None:
        self.allocator.suppress_offers(FrameworkId(step["framework"]), step.get("roles", ()))

    def do_revive(self, step: Step) -> None:
        self.allocator.revive_offers(FrameworkId(step["framework"]), step.get("roles", ()))
        self._request(None)

    # Roles, life.

    def do_update_quota(self, step: Step) -> None:
        self.allocator.update_quota(step["role"], quota_of(step))

    def do_update_weights(self, step: Step) -> None:
        self.allocator.update_weights(step["weights"])

    def do_pause(self, step: Step) -> None:
        self.allocator.pause()

    def do_resume(self, step: Step) -> None:
        self.allocator.resume()

    def do_recover_state(self, step: Step) -> None:
        quotas = {role: quota_of(quota) for role, quota in step["quotas"].items()}
        self.allocator.recover(step["expected_agents"], quotas, now=self.now)

    # Resources.

    def do_recover(self, step: Step) -> None:
        cell = self._cell(step)
        is_open = not step.get("allocated", False)
        resources = self._part(step, cell)
        if is_open and cell in self.open:
            self._answer(cell, resources)
        self.allocator.recover_resources(
            cell[0],
            cell[2],
            resources=resources.allocate(cell[1]),
            refusal=self._refusal(step),
            allocated=not is_open,
        )

    def do_recover_all(self, step: Step) -> None:
        for framework_id, role, agent_id in list(self.open):
            if step.get("framework", framework_id) == framework_id:
                one = {**step, "framework": framework_id, "role": role, "agent": agent_id, "resources": "all"}
                self.do_recover(one)

    def do_accept(self, step: Step) -> None:
        cell = self._cell(step)
        resources = self._part(step, cell)
        self._answer(cell, resources)
        self.allocator.transition_offered_to_allocated(cell[0], cell[2], resources=resources.allocate(cell[1]))

    def do_update_allocation(self, step: Step) -> None:
        cell = self._cell(step)
        conversions = conversions_of(step)
        for each in conversions:
            converted = self.open[cell].convert(each.consumed, each.produced)
            assert converted is not None
            self.open[cell] = converted
        self.allocator.update_allocation(
            cell[0],
            cell[2],
            conversions=[
                Conversion(consumed=each.consumed.allocate(cell[1]), produced=each.produced.allocate(cell[1]))
                for each in conversions
            ],
        )

    def do_update_available(self, step: Step) -> None:
        done = self.allocator.update_available(AgentId(step["agent"]), conversions_of(step))
        assert done is not step.get("fails", False), "update_available failed" if not done else "it did not fail"

    def _cell(self, step: Step) -> Cell:
        framework_id, agent_id = FrameworkId(step["framework"]), AgentId(step["agent"])
        if "role" in step:
            return framework_id, step["role"], agent_id
        roles = [role for framework, role, agent in self.open if (framework, agent) == (framework_id, agent_id)]
        assert len(roles) <= 1, f"several roles: {roles}"
        return framework_id, roles[0] if roles else "*", agent_id

    def _part(self, step: Step, cell: Cell) -> Resources:
        given = step.get("resources", "all")
        return self.open.get(cell, NOTHING) if given == "all" else resources_of(given)

    def _answer(self, cell: Cell, resources: Resources) -> None:
        left = self.open[cell] - resources
        if left:
            self.open[cell] = left
        else:
            del self.open[cell]

    def _close(self, is_gone: Callable[[Cell], bool]) -> None:
        self.open = {cell: resources for cell, resources in self.open.items() if not is_gone(cell)}

    def _refusal(self, step: Step) -> Refusal | None:
        seconds = step.get("filter_seconds")
        return None if seconds is None else Refusal(ns=ns(seconds), now=self.now)


def ns(seconds: float) -> int:
    return round(seconds * SECOND)


def allocated(roles: Mapping[str, Any]) -> Resources:
    return Resources.sum(resources_of(resources).allocate(role) for role, resources in roles.items())


def quota_of(step: Step) -> Quota:
    return Quota(
        guarantees=Quantities.from_wire(step.get("guarantees", {})), limits=Limits.from_wire(step.get("limits", {}))
    )


def conversions_of(step: Step) -> list[Conversion]:
    return [
        Conversion(consumed=resources_of(each["from"]), produced=resources_of(each["to"]))
        for each in step["conversions"]
    ]


def framework_of(step: Step) -> FrameworkInfo:
    return FrameworkInfo(
        user="user",
        name=step["id"],
        roles=tuple(step["roles"]),
        capabilities=tuple(map(Capability, step.get("capabilities", ["MULTI_ROLE"]))),
        offer_filters=tuple(
            RoleOfferFilters(role=role, min_allocatable=tuple(map(Quantities.from_wire, smallest)))
            for role, smallest in step.get("min_allocatable", {}).items()
        ),
    )


def attributes_of(attributes: Mapping[str, Any]) -> Attributes:
    """A list of plain values stands for several attributes of that name."""
    items: list[Attribute] = []
    for name, value in attributes.items():
        several = isinstance(value, list) and not any(isinstance(each, list) for each in value)
        items += [Attribute(name=name, value=_attribute(each)) for each in (value if several else [value])]
    return Attributes(items)


def _attribute(value: Any) -> str | int | Ranges:
    if isinstance(value, str):
        return value
    return Ranges((low, high) for low, high in value) if isinstance(value, list) else to_milli(value)


PREDICATES: Final = {
    "equals": Predicate.TEXT_EQUALS,
    "not_equals": Predicate.TEXT_NOT_EQUALS,
    "matches": Predicate.TEXT_MATCHES,
    "not_matches": Predicate.TEXT_NOT_MATCHES,
}


def constraints_of(roles: Mapping[str, Any]) -> OfferConstraints:
    return OfferConstraints(
        roles=tuple(
            RoleConstraints(
                role=role,
                groups=tuple(ConstraintGroup(constraints=tuple(map(_constraint, group))) for group in groups),
            )
            for role, groups in roles.items()
        )
    )


def _constraint(given: Mapping[str, Any]) -> AttributeConstraint:
    pseudo = Pseudo(given["pseudo"]) if "pseudo" in given else None
    attribute = given.get("attribute", "")
    if "exists" in given:
        predicate = Predicate.EXISTS if given["exists"] else Predicate.NOT_EXISTS
        return AttributeConstraint(predicate=predicate, attribute=attribute, pseudo=pseudo)
    (name,) = (name for name in PREDICATES if name in given)
    return AttributeConstraint(predicate=PREDICATES[name], attribute=attribute, pseudo=pseudo, value=given[name])
