"""The text that says how a simulated task behaves."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from mesos_py.protocol.task import CommandInfo
from slave.containerizer.task_model import Fate, TaskModel, is_model, model_of, parse_model
from tests.slave.builders import a_command_task


def test_a_model_is_read() -> None:
    assert parse_model("simulate duration=1.5secs exit=3 fate=forever") == TaskModel(
        duration_ns=1_500_000_000, exit_status=3, fate=Fate.RUNS_FOREVER
    )


@pytest.mark.parametrize(
    "part", ["duration=1", "duration=", "exit=256", "exit=-1", "exit=x", "fate=odd", "speed=1", "x"]
)
def test_a_part_that_is_wrong_is_named(part: str) -> None:
    with pytest.raises(ValueError, match=part.partition("=")[0]):
        parse_model(f"simulate {part}")


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("simulate", True), ("simulate exit=1", True), ("simulated", False), ("", False), ("ls", False)],
)
def test_only_the_first_word_makes_a_model(text: str, is_one: bool) -> None:
    assert is_model(text) == is_one


def test_a_label_comes_before_the_command() -> None:
    task = replace(a_command_task("t1", "simulate exit=1"), labels=(("other", "x"), ("simulate", "exit=2")))

    assert model_of(task).exit_status == 2


def test_any_other_command_ends_well_at_once() -> None:
    assert model_of(a_command_task("t1", "make all")) == TaskModel()
    assert model_of(replace(a_command_task(), command=CommandInfo(value=""))) == TaskModel()
