"""Nothing that is lost is lost in silence: each reason is known, and told of in the documentation."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from libprocess_py import NOBODY, PID, Address, Message, Process
from libprocess_py.core.drops import REASONS
from libprocess_py.runtime.loop_node import start_node
from tests.libprocess_py.still_driver import a_node, run
from tests.support.event_loop import on_loop

ROOT: Final = Path(__file__).parents[3]
PAGE: Final = ROOT / "docs" / "libprocess" / "actors.md"


class Note(Message):
    pass


class Quiet(Process):
    def tell(self, to: PID) -> None:
        self.send(to, Note())


def test_every_reason_that_is_counted_anywhere_is_a_known_one() -> None:
    sources = "".join(path.read_text() for path in (ROOT / "libprocess_py").rglob("*.py"))

    counted = set(re.findall(r"libprocess/dropped/([a-z_]+)\"", sources))

    assert counted
    assert counted - set(REASONS) == set()


def test_the_page_on_actors_lists_every_reason_with_its_meaning() -> None:
    rows = dict(re.findall(r"^\| `([a-z_]+)` \| (.*) \|$", PAGE.read_text(), flags=re.MULTILINE))

    assert {reason: rows.get(reason) for reason in REASONS} == dict(REASONS)


def test_an_answer_to_nobody_is_counted() -> None:
    node, _ = a_node()
    pid = node.spawn(Quiet())

    node.dispatch(pid, Quiet.tell, NOBODY)
    run(node)

    assert node.metrics.counter("libprocess/dropped/no_sender").value == 1


def test_what_waited_for_an_actor_that_ended_is_counted_by_how_it_ended() -> None:
    node, _ = a_node()
    purged, drained = node.spawn(Quiet()), node.spawn(Quiet())

    node.terminate(drained, inject=False)
    node.send(drained, Note())
    node.send(purged, Note())
    node.terminate(purged)
    run(node)

    assert node.metrics.counter("libprocess/dropped/terminated").value == 1
    assert node.metrics.counter("libprocess/dropped/purged").value == 1


@on_loop
async def test_a_message_that_a_stopped_node_would_send_is_counted() -> None:
    node = await start_node()
    await node.stop()

    node.send(PID("elsewhere", Address("127.0.0.1", 9)), Note())

    assert node.metrics.counter("libprocess/dropped/node_stopped").value == 1


class Alert(Process):
    """Hears of what is lost, and of time."""

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self.lost: list[str] = []
        self.rung = 0

    def undelivered(self, to: PID, message: Message, *, reason: str) -> None:
        self.lost.append(reason)

    def ring(self) -> None:
        self.rung += 1


def test_whoever_has_the_id_of_a_sender_on_another_node_is_not_told_of_its_messages() -> None:
    node, _ = a_node()
    alert, ended = Alert("alert"), Quiet()
    node.spawn(alert)
    to = node.spawn(ended)
    for sender in (PID("alert", Address("10.0.0.2", 1)), alert.pid):
        node.send(to, Note(), sender=sender)

    node.terminate(to)
    run(node)

    assert node.metrics.counter("libprocess/dropped/purged").value == 2
    assert alert.lost == ["purged"]


def test_a_timer_of_an_actor_that_ends_is_no_loss() -> None:
    node, driver = a_node()
    alert = Alert("alert")
    node.spawn(alert)
    run(node)
    alert.delay(5, alert.ring)
    driver.time += 5
    node.kernel.fire(driver.time)

    node.terminate(alert.pid)
    run(node)

    assert alert.rung == 0
    assert not [name for name in node.metrics.counters() if "dropped" in name]
