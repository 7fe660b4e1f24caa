"""Functions that tests run on a cluster; the executors of `real_cluster` can import this module."""

from __future__ import annotations

import os
from pathlib import Path

from tests.support.waiting import until


class NotPicklable:
    def __reduce__(self) -> str:
        raise TypeError("it is not for travelling")


class FussyError(Exception):
    """Pickles, but does not unpickle: its `__init__` wants more than it passes on."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(f"{one} and {two}")


def square(number: int) -> int:
    return number * number


def add(one: int, two: int) -> int:
    return one + two


def divide(one: int, two: int) -> float:
    return one / two


def echo(value: bytes) -> bytes:
    return value


def make(size: int) -> bytes:
    return bytes(size)


def not_picklable() -> NotPicklable:
    return NotPicklable()


def raise_fussily() -> None:
    raise FussyError("this", "that")


def end_the_process(status: int) -> None:
    os._exit(status)


def own_pid() -> int:
    return os.getpid()


def pass_gate(gate: str, name: str) -> str:
    """Say that we came (a file beside the gate, with our pid), wait until the gate is there; who and where we are."""
    Path(f"{gate}.{name}.{os.getpid()}").touch()
    until(Path(gate).exists)
    return name
