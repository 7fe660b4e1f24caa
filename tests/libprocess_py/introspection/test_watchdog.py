"""The watchdog: a handler that holds up everybody else is named while it does, with its stack."""

from __future__ import annotations

import asyncio
import logging
import threading

import pytest

from libprocess_py import Process
from libprocess_py.introspection.watchdog import Watchdog
from libprocess_py.runtime import LoopNode, NodeSettings, result, run, start_node
from tests.libprocess_py import still_driver
from tests.support.event_loop import on_loop

SLOW_NS = 100


class Looker(Process):
    """Has itself looked at while its handler runs."""

    def __init__(self) -> None:
        super().__init__("looker")
        self.watchdog: Watchdog

    def hold(self, *times: int) -> None:
        for now in times:
            self.watchdog.look(now)


def words(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if "handler holds the loop" in record.getMessage()]


def test_a_handler_is_told_of_when_it_is_slow_and_each_time_it_is_twice_as_slow(
    caplog: pytest.LogCaptureFixture,
) -> None:
    node, _ = still_driver.a_node()
    looker = Looker()
    looker.watchdog = Watchdog(node.kernel, node.log, slow_ns=SLOW_NS)
    pid = node.spawn(looker)

    node.dispatch(pid, Looker.hold, 0, 99, 100, 150, 199, 200, 399, 400)
    still_driver.run(node)

    assert len(words(caplog)) == 3
    assert "actor=looker name=Looker.hold" in words(caplog)[0]
    assert " hold < " in words(caplog)[0]
    assert "test_watchdog.py:" in words(caplog)[0]


def test_different_handlers_of_one_turn_are_not_taken_for_one_that_is_slow(caplog: pytest.LogCaptureFixture) -> None:
    node, _ = still_driver.a_node()
    looker = Looker()
    looker.watchdog = Watchdog(node.kernel, node.log, slow_ns=SLOW_NS)
    pid = node.spawn(looker)

    for now in range(0, 1_000, 60):
        node.dispatch(pid, Looker.hold, now, now + 59)
    still_driver.run(node)

    assert words(caplog) == []


class Blocked(Process):
    """Waits for the log to tell of it: what a handler must never do."""

    def __init__(self, told: threading.Event) -> None:
        super().__init__("blocked")
        self.told = told

    def block(self) -> bool:
        return self.told.wait(60)


class Told(logging.Handler):
    def __init__(self, told: threading.Event) -> None:
        super().__init__()
        self.told = told
        self.message = ""

    def emit(self, record: logging.LogRecord) -> None:
        if "handler holds the loop" in record.getMessage():
            self.message = record.getMessage()
            self.told.set()


def test_a_real_node_that_is_asked_to_names_a_handler_while_it_blocks() -> None:
    told = threading.Event()
    handler = Told(told)

    async def main(node: LoopNode) -> int:
        return int(await result(node.dispatch(node.spawn(Blocked(told)), Blocked.block)))

    logging.getLogger("libprocess_py").addHandler(handler)
    try:
        status = run(main, NodeSettings(slow_handler=20_000_000))
    finally:
        logging.getLogger("libprocess_py").removeHandler(handler)

    assert status == 1
    assert "actor=blocked name=Blocked.block" in handler.message
    assert "block" in handler.message.partition("stack=")[2]


@on_loop
async def test_the_watchdog_ends_with_its_node() -> None:
    async with await start_node(NodeSettings(slow_handler=1_000_000)):
        watching = [thread for thread in threading.enumerate() if thread.name == "libprocess-watchdog"]
        assert len(watching) == 1

    await asyncio.get_running_loop().run_in_executor(None, watching[0].join, 60)
    assert not watching[0].is_alive()
