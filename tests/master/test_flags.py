"""The master's flags: what they accept, and what `/flags` shows of them."""

from __future__ import annotations

import pytest

from libprocess_py.flags import FlagError, load
from master.flags import MasterFlags
from master.main import make_policy, shown


def flags(**given: str) -> MasterFlags:
    return load(MasterFlags, given, {})


def test_defaults_are_those_of_mesos() -> None:
    texts = shown(flags())

    assert texts["port"] == "5050"
    assert texts["allocation_interval"] == "1secs"
    assert texts["agent_ping_timeout"] == "15secs"
    assert texts["max_agent_ping_timeouts"] == "5"
    assert texts["max_completed_frameworks"] == "50"
    assert texts["max_completed_tasks_per_framework"] == "1000"
    assert texts["max_unreachable_tasks_per_framework"] == "1000"
    assert "offer_timeout" not in texts


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
