"""A node that does not take what it is told: whoever waits for an answer hears that there is none."""

from __future__ import annotations

from typing import Final

from libprocess_py import PID, Address, MailboxFull, Message, Node, Process
from libprocess_py.core.drops import PEER_QUEUE_FULL
from libprocess_py.deploy import Spawner
from libprocess_py.deploy.messages import (
    REMOTES_ID,
    SPAWNER_ID,
    Answered,
    Call,
    Ended,
    Failed,
    Find,
    Found,
    Hello,
    Watch,
    Welcome,
)
from libprocess_py.deploy.shipping import here, pack
from libprocess_py.message import decode, encode
from tests.libprocess_py.deploy.actors import Counter
from tests.libprocess_py.still_driver import StillDriver, a_node, run

PEER: Final = Address("10.0.0.2", 5050)
HALF_A_MINUTE: Final = 30_000_000_000


def told(node: Node, to: str, *, message: Message) -> None:
    """The other node says it, by the actor whose business it is."""
    sender = SPAWNER_ID if to == REMOTES_ID else REMOTES_ID
    node.deliver(to, PID(sender, PEER), name=message.wire_name, body=encode(message), authenticated=True)
    run(node)


def later(node: Node, driver: StillDriver) -> None:
    driver.time += HALF_A_MINUTE
    run(node)


def test_a_result_that_has_no_room_is_a_failure_once_there_is_some() -> None:
    node, driver = a_node()
    node.spawn(Spawner(allow=True))
    node.spawn(Counter(7, id="counter"))
    told(node, SPAWNER_ID, message=Watch(id="counter"))

    driver.refuses = PEER_QUEUE_FULL
    told(node, SPAWNER_ID, message=Call(call="a", id="counter", method="parts", payload=pack((None, (), {}))))
    told(node, SPAWNER_ID, message=Find(call="b", id="counter"))
    node.terminate(PID("counter", node.address))
    later(node, driver)
    assert driver.sent == []
    driver.refuses = None
    later(node, driver)

    names = [name for _, _, name, _ in driver.sent]
    assert names == [each.wire_name for each in (Failed, Found, Ended)]
    failed = decode(Failed, driver.sent[0][3])
    assert (failed.call, failed.failure.kind) == ("a", "libprocess_py.errors.MailboxFull")
    later(node, driver)
    assert len(driver.sent) == 3


def test_a_question_that_has_no_room_fails_and_a_watch_is_said_again() -> None:
    node, driver = a_node()
    node.spawn(watcher := Process())
    remote = node.connect(PEER)
    run(node)
    hello = decode(Hello, driver.sent[0][3])
    told(node, REMOTES_ID, message=Welcome(call=hello.call, platform=here(), allows_spawn=True))
    counter = remote.get().pid("counter")

    driver.refuses = PEER_QUEUE_FULL
    total = node.dispatch(counter, Counter.add, 1)
    node.dispatch(watcher.pid, Process.link, counter)
    run(node)
    driver.refuses = None
    later(node, driver)

    assert isinstance(total.failure, MailboxFull)
    assert str(total.failure).startswith("10.0.0.2:5050: a question was dropped")
    assert [name for _, _, name, _ in driver.sent[1:]] == [Watch.wire_name]


def test_what_a_result_says_is_not_asked_for_twice() -> None:
    node, driver = a_node()
    node.spawn(Spawner(allow=True))
    node.spawn(Counter(7, id="counter"))

    told(node, SPAWNER_ID, message=Call(call="a", id="counter", method="parts", payload=pack((None, (), {}))))
    later(node, driver)

    assert [name for _, _, name, _ in driver.sent] == [Answered.wire_name]
