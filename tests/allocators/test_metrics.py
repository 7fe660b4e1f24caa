"""Metrics of allocators: names as Mesos has them, figures as the books have them, none of what is gone."""

from __future__ import annotations

from typing import Final

import pytest

from allocators.allocator import AllocatorSettings, Refusal
from allocators.hierarchical.allocator import HierarchicalAllocator
from allocators.metrics import AllocatorMetrics
from libprocess_py.metrics.registry import Metrics
from mesos_py.protocol.ids import FrameworkId
from mesos_py.protocol.quantities import Limits, Quantities
from mesos_py.protocol.quota import Quota
from mesos_py.protocol.resources import Resources
from tests.support.allocator_builders import SECOND, a_framework, add_agent, add_framework, give_back
from tests.support.resource_notation import resources_of

F1: Final = FrameworkId("f1")


class Told:
    """An allocator, and its metrics as an operator sees them."""

    def __init__(self, allocator: HierarchicalAllocator | None = None) -> None:
        self.allocator = allocator or HierarchicalAllocator(AllocatorSettings())
        self.metrics = Metrics()
        self.of = AllocatorMetrics(self.metrics, self.allocator, dispatches=lambda: 3.0)

    def values(self) -> dict[str, float]:
        prefix = "allocator/mesos/"
        return {name.removeprefix(prefix): read() for name, read in self.metrics.gauges().items()}

    def of_roles(self) -> list[str]:
        return [name for name in self.values() if name.startswith(("roles/", "offer_filters/", "quota/"))]


@pytest.fixture
def told() -> Told:
    return Told()


def test_scalars_are_told_in_total_and_as_far_as_they_are_held(told: Told) -> None:
    add_framework(told.allocator, "f1", "r")
    add_agent(told.allocator, "n1", total=Resources.of(cpus=4, mem=1024))
    told.allocator.allocate(None, now=0)
    add_agent(told.allocator, "n2", total=Resources.of(cpus=2))

    values = told.values()

    assert (values["resources/cpus/total"], values["resources/cpus/offered_or_allocated"]) == (6.0, 4.0)
    assert (values["resources/mem/total"], values["resources/mem/offered_or_allocated"]) == (1024.0, 1024.0)
    assert (values["resources/gpus/total"], values["event_queue_dispatches"]) == (0.0, 3.0)


def test_a_shared_volume_is_told_once_however_many_hold_it(told: Told) -> None:
    volume = resources_of({"disk": 10, "@role": "r", "@disk": {"persistence": "v"}, "@shared": True})
    used = {F1: volume.allocate("r"), FrameworkId("f2"): volume.allocate("r")}
    add_agent(told.allocator, "n1", total=volume + Resources.of(cpus=1), used=used)

    values = told.values()

    assert (values["resources/disk/total"], values["resources/disk/offered_or_allocated"]) == (10.0, 10.0)
    assert values["resources/cpus/offered_or_allocated"] == 0.0


def test_a_role_has_its_dominant_share_by_weight_and_its_refusals_while_somebody_has_it(told: Told) -> None:
    told.allocator.update_weights({"r": 2.0})
    add_framework(told.allocator, "f1", "r", "s")
    add_framework(told.allocator, "f2", "r")
    for name in ("n1", "n2"):
        add_agent(told.allocator, name, total=Resources.of(cpus=4))
    for each in told.allocator.allocate(None, now=0):
        refusal = Refusal(ns=100 * SECOND, now=0) if each.role == "r" else None
        told.allocator.recover_resources(
            each.framework_id, each.agent_id, resources=each.resources, refusal=refusal, allocated=False
        )
    held = told.allocator.allocate(None, now=SECOND)
    share = sum(each.role == "r" for each in held) * 0.5 / 2.0

    values = told.values()

    assert values["roles/r/shares/dominant"] == share
    assert values["offer_filters/roles/r/active"] == 1.0
    assert values["offer_filters/roles/s/active"] == 0.0
    told.allocator.remove_framework(F1)
    told.allocator.remove_framework(FrameworkId("f2"))
    assert told.of_roles() == []


def test_refusals_of_all_frameworks_of_a_role_add_up(told: Told) -> None:
    for name in ("f1", "f2"):
        add_framework(told.allocator, name, "r")
    for name in ("n1", "n2"):
        add_agent(told.allocator, name)
    offered = told.allocator.allocate(None, now=0)
    assert {each.framework_id for each in offered} == {"f1", "f2"}
    give_back(told.allocator, offered, refuse_s=100)

    assert told.values()["offer_filters/roles/r/active"] == 2.0


def test_a_quota_is_told_beside_what_counts_against_it_until_it_is_removed(told: Told) -> None:
    add_framework(told.allocator, "f1", "q/x")
    add_agent(told.allocator, "n1", total=resources_of([{"cpus": 4, "mem": 64}, {"@role": "q", "cpus": 1}]))
    quota = Quota(guarantees=Quantities.of(cpus=0.5), limits=Limits.of(cpus=8, mem=100))
    told.allocator.update_quota("q", quota)
    told.allocator.allocate(None, now=0)

    values = told.values()

    of_cpus = {name: values[f"quota/roles/q/resources/cpus/{name}"] for name in ("guarantee", "limit", "consumed")}
    assert of_cpus == {"guarantee": 0.5, "limit": 8.0, "consumed": 5.0}
    assert values["quota/roles/q/resources/cpus/offered_or_allocated"] == 4.0
    assert values["quota/roles/q/resources/mem/consumed"] == 64.0
    assert "quota/roles/q/resources/mem/guarantee" not in values
    told.allocator.update_quota("q", Quota(guarantees=Quantities.of(mem=1), limits=Limits.of(disk=1)))
    of_mem = [name for name in told.of_roles() if "/mem/" in name]
    assert [name.rpartition("/")[2] for name in of_mem] == ["consumed", "guarantee", "offered_or_allocated"]
    told.allocator.update_quota("q", Quota(limits=Limits.of(disk=1)))
    assert [name for name in told.of_roles() if "/cpus/" in name or "/mem/" in name] == []
    told.allocator.update_quota("q", Quota())
    assert [name for name in told.of_roles() if name.startswith("quota/")] == []


def test_roles_and_quotas_from_before_are_told_too() -> None:
    allocator = HierarchicalAllocator(AllocatorSettings())
    add_framework(allocator, "f1", "r")
    allocator.update_quota("q", Quota(limits=Limits.of(cpus=1)))

    values = Told(allocator).values()

    assert values["roles/r/shares/dominant"] == 0.0
    assert values["quota/roles/q/resources/cpus/limit"] == 1.0


def test_a_role_that_is_left_is_told_of_until_the_last_of_it_is_back(told: Told) -> None:
    add_framework(told.allocator, "f1", "r")
    add_agent(told.allocator, "n1", total=Resources.of(cpus=4))
    (held,) = told.allocator.allocate(None, now=0)
    told.allocator.update_framework(F1, a_framework("s"), suppressed_roles=())
    assert told.values()["roles/r/shares/dominant"] == 1.0

    told.allocator.remove_agent(held.agent_id)

    assert told.of_roles() == ["offer_filters/roles/s/active", "roles/s/shares/dominant"]
