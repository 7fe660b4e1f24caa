"""Slot fairness: equal numbers of slots."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocators.allocator import AllocatorSettings
from allocators.policies.registry import make_allocator
from allocators.policies.slot import SlotSorter
from allocators.sorters.sorter import Entry, Pool
from mesos_py.protocol.ids import AgentId
from mesos_py.protocol.resources import Resources
from tests.support.allocator_builders import add_agent, add_framework, received
from tests.support.divisible import DivisibleCluster


@pytest.mark.parametrize(
    ("held", "slots"),
    [
        ({}, 0),
        ({"cpus": 1}, 1),
        ({"cpus": 1000, "mem": 2000}, 1),
        ({"cpus": 1001, "mem": 2000}, 2),
        ({"cpus": 500, "mem": 6500}, 4),
        ({"gpus": 9000}, 0),
    ],
)
def test_slots_cover_what_is_held(held: dict[str, int], slots: int) -> None:
    assert SlotSorter(Pool(), {"cpus": 1000, "mem": 2000}).slots(held) == slots


@given(
    held=st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=2, max_size=5), weight=st.integers(1, 3)
)
def test_clients_stand_in_the_order_of_their_slots_by_weight(held: list[tuple[int, int]], weight: int) -> None:
    sorter = SlotSorter(Pool(), {"cpus": 4_000, "mem": 1_000})
    sorter.update_weight("c0", weight)
    slots: dict[str, float] = {}
    for number, (cpus, mem) in enumerate(held):
        client = f"c{number}"
        sorter.add(client)
        sorter.activate(client)
        sorter.allocated(client, Entry(AgentId("n1"), Resources.of(cpus=cpus, mem=mem).allocate(client)))
        slots[client] = max((cpus + 3) // 4, mem) / (weight if number == 0 else 1)

    assert [slots[client] for client in sorter.sort()] == sorted(slots.values())


def test_without_parameters_a_cpu_is_a_slot_and_memory_is_free_of_charge() -> None:
    cluster = DivisibleCluster("slot", {"cpus": 60, "mem": 220})

    # Equal numbers of cpus: dominant shares are as different as can be.
    assert cluster.fill({"a": {"cpus": 1, "mem": 1}, "b": {"cpus": 1, "mem": 6}}) == {"a": 30, "b": 30}


def test_a_slot_may_be_made_of_anything() -> None:
    allocator = make_allocator("slot", AllocatorSettings(parameters={"mem": "100"}))
    for role in ("a", "b"):
        add_framework(allocator, role, role)
    for number, mem in enumerate((100, 100, 200)):
        add_agent(allocator, f"n{number}", total=Resources.of(cpus=1, mem=mem))

    slots = {
        name: int(part.quantities.as_floats()["mem"]) // 100
        for name, part in received(allocator.allocate(None, now=0)).items()
    }

    assert sum(slots.values()) == 4
    assert abs(slots["a"] - slots["b"]) <= 2
