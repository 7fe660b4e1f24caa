"""Ctrl-C during the demo: raised once, and never between making a thing and noting it."""

from __future__ import annotations

import os
import signal

import pytest

from mesos_py.cli.demo.interrupts import STOP_SIGNALS, Interrupted, Interrupts


@pytest.mark.parametrize("number", STOP_SIGNALS)
def test_a_stop_signal_raises(number: signal.Signals) -> None:
    with Interrupts(), pytest.raises(Interrupted):
        os.kill(os.getpid(), number)


def test_a_deferred_signal_is_raised_at_the_end_of_the_block() -> None:
    noted: list[str] = []

    def make_and_note(interrupts: Interrupts) -> None:
        with interrupts.deferred():
            os.kill(os.getpid(), signal.SIGINT)
            noted.append("made")
        noted.append("not reached")

    with Interrupts() as interrupts, pytest.raises(Interrupted):
        make_and_note(interrupts)

    assert noted == ["made"]


def test_only_the_first_signal_raises() -> None:
    with Interrupts():
        with pytest.raises(Interrupted):
            os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)


def test_the_handlers_from_before_are_back_afterwards() -> None:
    before = [signal.getsignal(number) for number in STOP_SIGNALS]

    with Interrupts():
        pass

    assert [signal.getsignal(number) for number in STOP_SIGNALS] == before
