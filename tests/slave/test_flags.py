"""The agent's flags and what a machine is found to offer."""

from __future__ import annotations

from pathlib import Path

import pytest

from libprocess_py.flags import FlagError, load, shown
from mesos_py.protocol.resources import Resources
from slave.autodetect import GIGABYTE, complete, detected
from slave.core.settings import COMMAND_EXECUTOR
from slave.flags import AgentFlags

MASTER = {"master": "10.0.0.1:5050"}


def test_the_defaults_are_those_of_mesos() -> None:
    flags = load(AgentFlags, MASTER, environ={})

    assert flags.port == 5051
    assert flags.executor_registration_timeout == 60_000_000_000
    assert flags.executor_shutdown_grace_period == 5_000_000_000
    assert flags.registration_backoff_factor == 1_000_000_000
    assert flags.switch_user
    assert flags.command_executor == COMMAND_EXECUTOR


def test_the_master_is_required() -> None:
    with pytest.raises(FlagError, match="--master: required"):
        load(AgentFlags, {}, environ={})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("master", "10.0.0.1"),
        ("port", "70000"),
        ("ip", "localhost"),
        ("resources", "cpus=1"),
        ("attributes", "rack"),
        ("executor_registration_timeout", "1 minute"),
        ("isolation", "docker/runtime"),
        ("executor_environment_variables", '{"A": 1}'),
        ("executor_environment_variables", "A=1"),
        ("executor_environment_variables", '{"A=B": "1"}'),
        ("executor_environment_variables", '{"": "1"}'),
        ("executor_environment_variables", '{"A": "\\u0000"}'),
        ("max_completed_frameworks", "-1"),
        ("switch_user", "perhaps"),
    ],
)
def test_a_flag_that_does_not_parse_is_named(name: str, text: str) -> None:
    with pytest.raises(FlagError, match=f"--{name.replace('_', '-')}: "):
        load(AgentFlags, {**MASTER, name: text}, environ={})


def test_flags_are_shown_as_text() -> None:
    texts = shown(load(AgentFlags, {**MASTER, "executor_shutdown_grace_period": "90secs"}, environ={}))

    assert texts["executor_shutdown_grace_period"] == "90secs"
    assert texts["switch_user"] == "true"
    assert "hostname" not in texts


def test_the_environment_of_executors_is_read_and_its_values_are_not_shown() -> None:
    flags = load(AgentFlags, {**MASTER, "executor_environment_variables": '{"A": "secret"}'}, environ={})

    assert flags.executor_environment_variables == (("A", "secret"),)
    assert shown(flags)["executor_environment_variables"] == '{"A":"*"}'


@pytest.mark.parametrize(
    ("mem", "disk", "spare_mem", "spare_disk"),
    [(8, 100, 7168, 97280), (2, 10, 1024, 5120), (1, 8, 512, 4096)],
)
def test_a_machine_keeps_some_memory_and_disk_for_itself(mem: int, disk: int, spare_mem: int, spare_disk: int) -> None:
    found = detected(cpus=4, mem_bytes=mem * GIGABYTE, disk_bytes=disk * GIGABYTE)

    ports = Resources.parse("ports:[31000-32000]")
    assert found == Resources.of(cpus=4, mem=spare_mem, disk=spare_disk) + ports


def test_what_is_given_is_not_detected(tmp_path: Path) -> None:
    given = Resources.parse("cpus:2;cpus(role):1;mem:64;disk:1;ports:[1-2]")

    assert complete(given, str(tmp_path / "not" / "there")) == given


def test_what_is_not_given_is_detected(tmp_path: Path) -> None:
    found = complete(Resources.parse("cpus:2"), str(tmp_path))

    assert found.cpus == 2
    assert found.mem > 0
    assert set(found.names) == {"cpus", "disk", "mem", "ports"}
