"""The driver of a program with threads: its calls return when they should."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from libprocess_py.pid import PID, Address
from libprocess_py.process import Process
from libprocess_py.runtime.background import BackgroundNode
from libprocess_py.runtime.settings import NodeSettings
from mesos_py.frameworks.scheduler.callbacks import Driver, Scheduler
from mesos_py.frameworks.scheduler.core import DriverStatus
from mesos_py.frameworks.scheduler.threaded import SchedulerDriver
from mesos_py.protocol.framework import FrameworkInfo
from mesos_py.protocol.ids import OfferId
from mesos_py.protocol.messages.master_framework import FrameworkError, FrameworkSubscription

NOBODY_THERE = PID("master", Address("127.0.0.1", 1))
PATIENCE_S = 20.0  # A driver that hangs fails the test instead of the run.


class Bouncer(Process):
    """A master that lets nobody in."""

    def subscription(self, sender: PID, message: FrameworkSubscription) -> None:
        self.send(sender, FrameworkError(message="not you"))


class Listener(Scheduler):
    def __init__(self) -> None:
        self.errors: list[str] = []

    def error(self, driver: Driver, message: str) -> None:
        self.errors.append(message)


@pytest.fixture
def bouncer() -> Iterator[PID]:
    with BackgroundNode(NodeSettings(ip="127.0.0.1")) as node:
        yield node.call(lambda: node.node.spawn(Bouncer("master"))).result()


def a_driver(master: PID) -> tuple[SchedulerDriver, Listener]:
    listener = Listener()
    info = FrameworkInfo(user="u", name="n")
    return SchedulerDriver(listener, info, master=str(master.address), ip="127.0.0.1"), listener


def test_a_driver_that_is_refused_does_not_keep_its_program_waiting(bouncer: PID) -> None:
    driver, listener = a_driver(bouncer)
    driver.start()

    assert driver.join(PATIENCE_S) is DriverStatus.ABORTED
    assert listener.errors == ["not you"]
    assert driver.stop() is DriverStatus.ABORTED


def test_an_aborted_driver_has_ended_for_those_who_wait() -> None:
    driver, _ = a_driver(NOBODY_THERE)
    driver.start()

    driver.abort()

    assert driver.join(PATIENCE_S) is DriverStatus.ABORTED
    driver.abort()


def test_a_driver_stops_once() -> None:
    driver, _ = a_driver(NOBODY_THERE)
    driver.start()

    assert driver.stop() is DriverStatus.STOPPED
    assert driver.stop() is DriverStatus.STOPPED


class Broken(Scheduler):
    def error(self, driver: Driver, message: str) -> None:
        raise LookupError(f"cannot live with {message!r}")


def a_broken_driver(master: PID) -> SchedulerDriver:
    info = FrameworkInfo(user="u", name="n")
    return SchedulerDriver(Broken(), info, master=str(master.address), ip="127.0.0.1")


def test_a_callback_that_raises_raises_where_the_program_waits(bouncer: PID) -> None:
    driver = a_broken_driver(bouncer)
    driver.start()

    with pytest.raises(LookupError, match="cannot live with 'not you'"):
        driver.join(PATIENCE_S)
    with pytest.raises(LookupError):
        driver.stop()
    driver.abort()


def test_a_mistake_of_the_driver_itself_does_not_keep_its_program_waiting() -> None:
    driver, _ = a_driver(NOBODY_THERE)
    driver.start()

    driver.call(lambda process: process.delay(0, process.acknowledge, None))  # type: ignore[arg-type]  # The mistake.

    with pytest.raises(RuntimeError, match="the log has the traceback"):
        driver.join(PATIENCE_S)


def test_a_later_call_that_raises_raises_where_the_program_waits() -> None:
    driver, _ = a_driver(NOBODY_THERE)
    driver.start()

    driver.call(lambda process: process.later(0, lambda: 1 // 0))

    with pytest.raises(ZeroDivisionError):
        driver.join(PATIENCE_S)


def test_one_offer_id_in_place_of_a_tuple_of_them_is_an_error_of_the_caller() -> None:
    driver, _ = a_driver(NOBODY_THERE)
    driver.start()

    declined = driver.call(lambda process: process.decline(OfferId("o1")))  # type: ignore[arg-type]  # The mistake.

    with pytest.raises(TypeError, match="expected a tuple of offer ids, got the text 'o1'"):
        declined.result(PATIENCE_S)
    driver.stop()
