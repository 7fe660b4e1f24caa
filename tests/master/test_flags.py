"""The master's flags: what they accept, and what `/flags` shows of them."""

from __future__ import annotations

import pytest

from allocators.allocator import AllocatorSettings
from libprocess_py.flags import FlagError, load, shown
from master.flags import MasterFlags
from master.main import allocator_settings, make_policy
from mesos_py.protocol.quantities import Quantities


def flags(**given: str) -> MasterFlags:
    return load(MasterFlags, given, environ={})


def test_defaults_are_those_of_mesos() -> None:
    texts = shown(flags())

    assert texts["port"] == "5050"
    assert texts["allocation_interval"] == "1secs"
    assert texts["agent_ping_timeout"] == "15secs"
    assert texts["max_agent_ping_timeouts"] == "5"
    assert texts["max_completed_frameworks"] == "50"
    assert texts["max_completed_tasks_per_framework"] == "1000"
    assert texts["max_unreachable_tasks_per_framework"] == "1000"
    assert texts["allocator"] == "hierarchical"
    assert texts["role_sorter"] == texts["framework_sorter"] == "drf"
    assert texts["min_allocatable_resources"] == "cpus:0.01|mem:32"
    assert texts["filter_gpu_resources"] == "true"
    assert texts["fair_sharing_excluded_resource_names"] == ""
    assert "offer_timeout" not in texts


def test_defaults_of_the_allocator_are_its_own() -> None:
    assert allocator_settings(flags(), seed=7) == AllocatorSettings(seed=7)


def test_what_is_set_about_allocation_reaches_the_allocator_and_is_shown() -> None:
    given = {
        "allocation_interval": "2secs",
        "role_sorter": "random",
        "framework_sorter": "random",
        "min_allocatable_resources": "cpus:1;mem:64|disk:10",
        "filter_gpu_resources": "false",
        "fair_sharing_excluded_resource_names": "ports,gpus",
    }
    loaded = flags(**given)

    assert allocator_settings(loaded, seed=0) == AllocatorSettings(
        allocation_interval_ns=2_000_000_000,
        role_sorter="random",
        framework_sorter="random",
        min_allocatable=(Quantities.of(cpus=1, mem=64), Quantities.of(disk=10)),
        filter_gpu_resources=False,
        fair_sharing_excluded_resource_names=frozenset({"gpus", "ports"}),
    )
    assert given.items() - shown(loaded).items() == {("fair_sharing_excluded_resource_names", "ports,gpus")}
    assert shown(loaded)["fair_sharing_excluded_resource_names"] == "gpus,ports"


def test_anything_may_be_worth_an_offer() -> None:
    assert flags(min_allocatable_resources="").min_allocatable_resources == ()


def test_parameters_of_the_policy_are_read_and_shown_and_reach_it() -> None:
    loaded = flags(allocator="static", allocator_parameters="ads=2, *=1")

    assert loaded.allocator_parameters == (("ads", "2"), ("*", "1"))
    assert shown(loaded)["allocator_parameters"] == "ads=2,*=1"
    with pytest.raises(ValueError, match="'ads': this policy takes none"):
        make_policy(flags(allocator="fifo", allocator_parameters="ads=2"), seed=1)


def test_weights_are_read_and_shown() -> None:
    loaded = flags(weights="eng=2, dev/a=0.5")

    assert loaded.weights == (("eng", 2.0), ("dev/a", 0.5))
    assert shown(loaded)["weights"] == "eng=2.0,dev/a=0.5"


def test_a_ping_timeout_within_bounds_is_taken() -> None:
    assert flags(agent_ping_timeout="2secs").agent_ping_timeout == 2_000_000_000


def test_the_names_before_agents_were_called_agents_still_work() -> None:
    assert flags(max_slave_ping_timeouts="7").max_agent_ping_timeouts == 7


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("agent_ping_timeout", "1ms", "from 1secs to 15mins"),
        ("agent_ping_timeout", "15", "expected a number and"),
        ("allocation_interval", "0ns", "above zero"),
        ("max_agent_ping_timeouts", "0", "from 1"),
        ("max_completed_frameworks", "-1", "from 0"),
        ("weights", "eng", "role=weight"),
        ("weights", "eng=0", "above zero"),
        ("weights", "eng=inf", "above zero"),
        ("weights", "eng=much", "expected a number"),
        ("weights", "/eng=1", "role"),
        ("weights", "eng=1,eng=2", "given twice"),
        ("role_sorter", "fair", "expected one of drf, random"),
        ("framework_sorter", "fair", "expected one of drf, random"),
        ("min_allocatable_resources", "cpus", "expected name:number"),
        ("min_allocatable_resources", "cpus:1|mem:much", "mem"),
        ("filter_gpu_resources", "perhaps", "true or false"),
        ("allocator", "fairest", "hierarchical"),
        ("allocator_parameters", "prod", "name=value"),
        ("allocator_parameters", "prod=1,prod=2", "twice"),
        ("port", "70000", "port"),
        ("ip", "here", "IP address"),
    ],
)
def test_a_flag_that_makes_no_sense_is_an_error_that_names_it(name: str, text: str, *, problem: str) -> None:
    with pytest.raises(FlagError) as raised:
        flags(**{name: text})

    assert name.replace("_", "-") in str(raised.value)
    assert problem in str(raised.value)
