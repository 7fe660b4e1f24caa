"""Log lines: an event, its fields, the node's time."""

from __future__ import annotations

import logging

import pytest

from libprocess_py.clock import Clock
from libprocess_py.log import EventLog


def _log() -> EventLog:
    return EventLog(Clock(lambda: 1_234), "master@10.0.0.1:5050")


def test_a_line_is_an_event_with_fields_and_the_actor(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        _log().info("agent registered", hostname="a1.example", attempt=2)

    (record,) = caplog.records
    assert record.getMessage() == "agent registered hostname=a1.example attempt=2 pid=master@10.0.0.1:5050"
    assert record.__dict__["node_ns"] == 1_234
    assert record.__dict__["actor"] == "master@10.0.0.1:5050"


def test_a_field_that_is_not_one_word_is_quoted(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        _log().warning("refused", name="two words\nand=a line", empty="")

    assert "name='two words\\nand=a line' empty=''" in caplog.text


def test_an_error_brings_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    try:
        raise RuntimeError("the cause")
    except RuntimeError as error:
        _log().error("handler failed", error=error)

    assert "Traceback" in caplog.text
    assert "the cause" in caplog.text


def test_a_line_below_the_level_is_not_written(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        _log().debug("dropped")

    assert caplog.records == []
