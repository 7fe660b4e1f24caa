"""`/__processes__`: who lives here, what waits and since when, where time goes while somebody asks."""

from __future__ import annotations

import json
import threading
from typing import Any

from libprocess_py import Message, Node, Process
from libprocess_py.http.request import Request
from libprocess_py.pid import PID
from libprocess_py.processes import DURATION_MAX_NS, LOOK_NS
from libprocess_py.runtime import ThreadedProcess, result, start_node
from tests.libprocess_py.still_driver import StillDriver, a_node, run
from tests.support.event_loop import on_loop

SECOND = 1_000_000_000


class Job(Message):
    number: int


class Worker(Process):
    """Works, and can be made to look at its node in the middle of it."""

    def __init__(self) -> None:
        super().__init__("worker")

    def job(self, sender: PID, job: Job) -> None:
        pass


def _get(node: Node, path: str, **query: str) -> Any:
    page = node.request(Request("GET", path, query=query))
    run(node)
    response = page.get()
    assert response.status == 200, response.body
    return json.loads(response.body)


def _pass(node: Node, driver: StillDriver, *, ns: int) -> None:
    driver.time += ns
    run(node)


def test_an_actor_shows_its_id_its_events_and_how_many_they_are() -> None:
    node, _ = a_node()
    node.spawn(Worker())
    _get(node, "/__processes__")
    node.request(Request("GET", "/__processes__"))

    node.send(PID("worker", node.address), Job(number=1))
    page = node.request(Request("GET", "/__processes__"))
    node.kernel.runnable.rotate(-1)  # Let `__processes__` have its turn before the worker.
    run(node)

    assert json.loads(page.get().body)[0]["id"] == "worker"


def test_handlers_are_timed_for_as_long_as_somebody_asked_and_no_longer() -> None:
    node, driver = a_node()
    worker = node.spawn(Worker())
    assert _get(node, "/__processes__/activity")["timing"] is False

    assert _get(node, "/__processes__/activity", duration="10secs")["timing"] is True
    node.send(worker, Job(number=1))
    shown = _get(node, "/__processes__/activity")
    _pass(node, driver, ns=10 * SECOND + LOOK_NS)

    (found,) = [actor for actor in shown["actors"] if actor["id"] == "worker"]
    assert found["count"] == 1
    assert found["costliest"]["name"] == "Job"
    assert found["depth"] == 0
    assert _get(node, "/__processes__/activity")["timing"] is False
    assert node.kernel.observer is None


def test_times_are_part_of_the_list_while_they_are_taken() -> None:
    node, _ = a_node()
    worker = node.spawn(Worker())
    _get(node, "/__processes__/activity", duration="10secs")

    node.send(worker, Job(number=1))
    run(node)

    (shown,) = [each for each in _get(node, "/__processes__") if each["id"] == "worker"]
    assert shown["handlers"]["Job"]["count"] == 1


def test_nobody_can_have_a_node_time_itself_for_ever() -> None:
    node, driver = a_node()
    _get(node, "/__processes__/activity", duration="52weeks")

    _pass(node, driver, ns=DURATION_MAX_NS + LOOK_NS)

    assert node.kernel.observer is None


def test_a_duration_that_is_none_is_told_so() -> None:
    node, _ = a_node()

    page = node.request(Request("GET", "/__processes__/activity", query={"duration": "soon"}))
    run(node)

    assert page.get().status == 400
    assert page.get().body.startswith(b"duration: ")


def test_an_actor_that_does_not_keep_up_shows_the_age_of_its_oldest_event() -> None:
    node, driver = a_node()
    worker = node.spawn(Worker())
    _get(node, "/__processes__/activity", duration="10secs")
    for number in range(20_000):
        node.send(worker, Job(number=number))
    for _ in range(4):  # Each serves two thousand, and then the other actor looks.
        node.step()
        driver.time += LOOK_NS

    page = node.request(Request("GET", "/__processes__/activity"))
    node.step(10)
    node.step(10)

    shown = json.loads(page.get().body)
    (found,) = [actor for actor in shown["actors"] if actor["id"] == "worker"]
    assert found["depth"] > 5_000
    assert found["oldest_ms"] >= 100


def test_timing_ends_with_the_actor_that_switched_it_on() -> None:
    node, _ = a_node()
    _get(node, "/__processes__/activity", duration="10secs")

    node.terminate(PID("__processes__", node.address))
    run(node)

    assert node.kernel.observer is None


class Blocker(ThreadedProcess):
    """Holds its own thread until it is let go."""

    def __init__(self) -> None:
        super().__init__("blocker")
        self.go = threading.Event()

    def hold(self) -> bool:
        return self.go.wait(20)


@on_loop
async def test_calls_that_wait_for_a_thread_are_counted_beside_the_events_that_wait_for_a_turn() -> None:
    async with await start_node() as node:
        blocker = Blocker()
        pid = node.spawn(blocker)
        held = [node.dispatch(pid, Blocker.hold) for _ in range(3)]

        await result(node.request(Request("GET", "/metrics/snapshot")))
        page = await result(node.request(Request("GET", "/__processes__")))
        blocker.go.set()
        for each in held:
            assert await result(each) is True

    (shown,) = [each for each in json.loads(page.body) if each["id"] == "blocker"]
    assert shown["calls"] >= 3
    assert shown["depth"] == 0
