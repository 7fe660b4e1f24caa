"""Coroutines of actors: whatever is told may wait, and goes on in a turn of its actor, or is closed with it."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from libprocess_py import PID, MailboxClosed, Message, Process, Promise
from tests.libprocess_py.still_driver import StillDriver, a_node, run


class Wake(Message):
    pass


class Patient(Process):
    """Waits for its gate in everything it is told."""

    def __init__(self) -> None:
        super().__init__("patient")
        self.gate: Promise[str] = Promise()
        self.story: list[str] = []

    async def wake(self, sender: PID, message: Wake) -> None:
        await self.wait("message")

    async def ring(self) -> None:
        await self.wait("timer")

    async def exited(self, pid: PID) -> None:  # type: ignore[override]  # As every handler it may wait.
        await self.wait("exited")

    async def wait(self, what: str, *, politely: bool = True) -> str:
        assert politely
        try:
            self.story.append(f"{what} {await self.gate}")
        except MailboxClosed:
            self.story.append(f"{what} in vain")
        finally:
            self.story.append(f"{what} over")
        return what


def tell(patient: Patient, driver: StillDriver, *, what: str) -> None:
    node = patient.node
    if what == "message":
        node.send(patient.pid, Wake())
    elif what == "timer":
        patient.delay(5, patient.ring)
        driver.time += 5
    elif what == "exited":
        patient.link(PID("nobody", node.address))
    elif what == "dispatch":
        node.dispatch(patient.pid, Patient.wait, "dispatch")
    else:
        node.dispatch(patient.pid, Patient.wait, "keywords", politely=True)


KINDS = ["message", "timer", "exited", "dispatch", "keywords"]


@pytest.mark.parametrize("what", KINDS)
def test_whatever_an_actor_is_told_may_wait_and_goes_on_when_the_wait_is_over(what: str) -> None:
    node, driver = a_node()
    patient = Patient()
    node.spawn(patient)
    run(node)

    tell(patient, driver, what=what)
    run(node)
    assert patient.story == []
    patient.gate.set("came")
    assert patient.story == [], "not on top of whoever brings the value"
    run(node)

    assert patient.story == [f"{what} came", f"{what} over"]
    assert not node.kernel.coroutines.waiting("patient")


@pytest.mark.parametrize("what", KINDS)
def test_who_awaits_what_is_abandoned_goes_on(what: str) -> None:
    node, driver = a_node()
    patient = Patient()
    node.spawn(patient)
    tell(patient, driver, what=what)
    run(node)

    patient.gate.abandon()
    run(node)

    assert patient.story == [f"{what} in vain", f"{what} over"]


@pytest.mark.parametrize("has_come", [False, True])
def test_a_coroutine_is_closed_when_its_actor_ends_and_asks_nobody_to_go_on(has_come: bool) -> None:
    node, driver = a_node()
    patient = Patient()
    node.spawn(patient)
    run(node)
    for what in KINDS:
        tell(patient, driver, what=what)
    answer = node.dispatch(patient.pid, Patient.wait, "dispatch")
    run(node)
    if has_come:
        patient.gate.set("too late")

    node.terminate(patient.pid)
    run(node)

    assert answer.abandoned

    assert sorted(patient.story) == sorted(f"{what} over" for what in [*KINDS, "dispatch"])
    assert patient.gate.discard_requested is not has_come
    assert node.kernel.coroutines.suspended == {}


class Foreign:
    """What an event loop would make of a wait: nothing that a kernel can resume."""

    def __await__(self) -> Generator[object, None, None]:
        yield object()


class Astray(Process):
    def __init__(self) -> None:
        super().__init__()
        self.cleaned = False

    async def wait(self, first: Promise[None] | None) -> None:
        try:
            if first is not None:
                await first
            await Foreign()
        finally:
            self.cleaned = True


@pytest.mark.parametrize("is_later", [False, True])
def test_who_awaits_what_is_no_future_of_ours_is_told_so_and_cleaned_up(is_later: bool) -> None:
    node, _ = a_node()
    astray = Astray()
    pid = node.spawn(astray)
    gate: Promise[None] = Promise()
    answer = node.dispatch(pid, Astray.wait, gate if is_later else None)
    run(node)

    gate.set(None)
    run(node)

    assert isinstance(answer.failure, TypeError)
    assert "an actor awaits futures of libprocess_py, not object" in str(answer.failure)
    assert astray.cleaned
    assert node.kernel.coroutines.suspended == {}
