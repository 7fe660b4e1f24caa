"""Machines, use and sizes are those of the benchmarks that they come from."""

from __future__ import annotations

from bench.allocator import definitions
from bench.allocator.definitions import Size
from mesos_py.protocol.disks import DiskInfo
from mesos_py.protocol.resources import Resources


def test_the_usual_machine_has_24_cpus_4_gigabytes_of_each_and_1001_ports() -> None:
    assert str(definitions.MACHINE) == str(Resources.parse("cpus:24;mem:4096;disk:4096;ports:[31000-32000]"))


def test_fifteen_single_ports_are_free_between_sixteen_fragments_in_use() -> None:
    free = definitions.MACHINE - definitions.IN_USE_DECLINED

    singles = ",".join(f"{port}-{port}" for port in range(31001, 31030, 2))
    assert definitions.FRAGMENTS.count("-") == 16
    assert singles.count("-") == 15
    assert free == Resources.parse(f"cpus:8;mem:2082;disk:3072;ports:[{singles}]")


def test_suppressed_frameworks_use_less_memory_than_declining_ones() -> None:
    assert definitions.IN_USE_DECLINED.mem - definitions.IN_USE_FRAGMENTED.mem == 2014 - 1024


def test_large_and_small_quotas_have_the_three_published_shapes() -> None:
    shapes = [definitions.small_and_large(frameworks) for frameworks in (30, 300, 3_000)]

    assert shapes == [(25, 5), (250, 50), (2_500, 500)]


def test_labels_differ_in_the_last_of_twelve_and_from_agent_to_agent() -> None:
    (first, second), (other, _) = (_labels(agent) for agent in (1, 2))

    assert len(first) == 12
    assert first[:-1] == second[:-1] == other[:-1]
    assert len({first[-1], second[-1], other[-1]}) == 3


def _labels(agent: int) -> list[tuple[tuple[str, str], ...]]:
    return [resource.reservations[0].labels for resource in definitions.reserved_with_labels(agent)]


def test_a_labelled_machine_is_as_large_as_any_other() -> None:
    machine = definitions.labeled_machine(1)

    assert machine.to_unreserved() == definitions.MACHINE
    assert machine.reserved("role1").cpus == 16
    assert machine.contains(definitions.labeled_in_use(1))


def test_every_agent_with_a_volume_has_one_of_its_own_all_reserved() -> None:
    plain, shared = (definitions.machine_with_volume(agent, shared=agent == 2) for agent in (1, 2))

    assert not plain.unreserved()
    assert (plain.disk, shared.disk) == (4096, 4096)
    assert [_volume(plain), _volume(shared)] == ["volume1", "volume2"]
    assert not plain.shared()
    assert shared.shared()


def _volume(machine: Resources) -> str | None:
    (disk,) = (each.disk for each in machine.persistent())
    assert isinstance(disk, DiskInfo)
    return disk.persistence_id


def test_frameworks_that_launch_want_19500_tasks_in_all() -> None:
    assert sum(kind.count * kind.tasks for kind in definitions.TASK_KINDS) == 19_500


def test_decline_rounds_are_the_published_ones_and_few_elsewhere() -> None:
    rounds = [definitions.decline_rounds(size) for size in (Size(1_000, 50), Size(10_000, 1_000), Size(9, 2))]

    assert rounds == [110, 8, 4]


def test_a_crowded_agents_parts_are_reserved_for_one_role_each() -> None:
    parts = [definitions.crowded_part(role) for role in (1, 2)]

    assert all(part.to_unreserved() == Resources.parse("cpus:100;mem:100;disk:100;ports:[2-2]") for part in parts)
    assert [part.reserved(f"role{role}") == part for role, part in enumerate(parts, 1)] == [True, True]
