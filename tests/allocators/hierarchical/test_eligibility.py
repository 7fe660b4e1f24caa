"""Who may hear of which agent, what is hidden, and what is too small: pair by pair."""

from __future__ import annotations

from typing import Any

import pytest

from allocators.allocator import AllocatorSettings
from allocators.hierarchical.agents import AgentBook
from allocators.hierarchical.eligibility import Eligibility
from allocators.hierarchical.frameworks import FrameworkBook
from mesos_py.protocol.agent import AgentInfo
from mesos_py.protocol.framework import Capability, FrameworkInfo, RoleOfferFilters
from mesos_py.protocol.ids import AgentId, FrameworkId
from mesos_py.protocol.quantities import Quantities
from mesos_py.protocol.resources import Resources
from tests.support.resource_notation import resources_of

HERE = AllocatorSettings(region="here")
VOLUME = {"disk": 5, "@role": "r", "@disk": {"persistence": "v"}, "@shared": True}
REFINED = {"cpus": 1, "@reservations": [{"role": "r", "type": "static"}, {"role": "r/s"}]}


def a_framework(*capabilities: Capability, smallest: tuple[Quantities, ...] | None = None) -> FrameworkBook:
    filters = () if smallest is None else (RoleOfferFilters(role="r", min_allocatable=smallest),)
    info = FrameworkInfo(user="u", name="f", roles=("r",), capabilities=capabilities, offer_filters=filters)
    return FrameworkBook(FrameworkId("f"), info)


def an_agent(total: Any = (), **said: Any) -> AgentBook:
    resources = resources_of(list(total) or {"cpus": 1})
    agent = AgentBook(AgentId("n"), AgentInfo(hostname="n", port=1, resources=resources, **said), draw=0)
    agent.set_total(resources)
    return agent


OLD = an_agent(capabilities=())
FLAT = an_agent(capabilities=("MULTI_ROLE",))
GPUS = an_agent([{"cpus": 1, "gpus": 1}])
REMOTE, LOCAL = an_agent(region="there"), an_agent(region="here")
MULTI, GPU, REGION = Capability.MULTI_ROLE, Capability.GPU_RESOURCES, Capability.REGION_AWARE


@pytest.mark.parametrize(
    ("capabilities", "agent", "role", "may"),
    [
        ((), OLD, "r", True),
        ((MULTI,), OLD, "r", False),
        ((MULTI,), FLAT, "r", True),
        ((), FLAT, "r/s", False),
        ((MULTI,), FLAT, "r/s", False),
        ((MULTI,), an_agent(), "r/s", True),
        ((), GPUS, "r", False),
        ((GPU,), GPUS, "r", True),
        ((GPU,), an_agent(), "r", True),
        ((), REMOTE, "r", False),
        ((REGION,), REMOTE, "r", True),
        ((), LOCAL, "r", True),
        ((), an_agent(), "r", True),
    ],
)
def test_who_may_hear_of_an_agent(
    capabilities: tuple[Capability, ...], *, agent: AgentBook, role: str, may: bool
) -> None:
    assert Eligibility(HERE).may_have(a_framework(*capabilities), agent, role=role) is may


def test_gpus_are_for_everybody_if_the_operator_says_so() -> None:
    eligibility = Eligibility(AllocatorSettings(filter_gpu_resources=False))

    assert eligibility.may_have(a_framework(), an_agent([{"cpus": 1, "gpus": 1}]), role="r")


def test_an_agent_that_tells_its_region_is_remote_to_a_master_without_one() -> None:
    assert not Eligibility(AllocatorSettings()).may_have(a_framework(), an_agent(region="here"), role="r")


@pytest.mark.parametrize(
    ("capability", "hidden"),
    [
        (Capability.SHARED_RESOURCES, VOLUME),
        (Capability.REVOCABLE_RESOURCES, {"cpus": 2, "@revocable": True}),
        (Capability.RESERVATION_REFINEMENT, REFINED),
    ],
)
def test_what_a_framework_does_not_understand_is_hidden(capability: Capability, hidden: dict[str, Any]) -> None:
    seen = resources_of([{"cpus": 1}, {"mem": 5, "@role": "r"}])
    everything = seen + resources_of([hidden])
    eligibility = Eligibility(HERE)

    assert eligibility.strip(a_framework(), everything) == seen
    assert eligibility.strip(a_framework(capability), everything) == everything


@pytest.mark.parametrize(
    ("smallest", "resources", "is_enough"),
    [
        (None, {"cpus": 0.01}, True),
        (None, {"cpus": 0.009, "mem": 31}, False),
        (None, {"mem": 32}, True),
        (None, [{"mem": 16}, {"mem": 16, "@role": "r"}], True),
        ((Quantities.of(cpus=1, mem=32),), {"cpus": 1, "mem": 31}, False),
        ((Quantities.of(cpus=1, mem=32), Quantities.of(disk=1)), {"disk": 1}, True),
        ((), {"cpus": 0.001}, True),
        ((), {}, False),
    ],
)
def test_what_is_worth_an_offer(smallest: tuple[Quantities, ...] | None, *, resources: Any, is_enough: bool) -> None:
    framework = a_framework(smallest=smallest)

    assert Eligibility(HERE).is_enough(framework, "r", resources=resources_of(resources)) is is_enough
    assert Eligibility(HERE).is_enough(framework, "other", resources=Resources.of(mem=32))
