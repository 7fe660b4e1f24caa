"""What runs on a pykka thread is told and asked by its PID, wherever the caller is: a neighbour, another node, a plain
thread, another pykka actor. Once for each of the two that do: a `ThreadedProcess`, and a pykka actor with a PID."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pykka
import pytest

from libprocess_py import PID, Future, Message, Node, Process
from libprocess_py.auth.core.secret import Secret
from libprocess_py.deploy import Spawner
from libprocess_py.runtime.adopted import adopt
from libprocess_py.runtime.background import BackgroundNode
from libprocess_py.runtime.settings import NodeSettings
from libprocess_py.runtime.threads import ThreadedProcess
from tests.support.pykka_actors import none_left

SETTINGS = NodeSettings(secrets=(Secret(b"ours" * 8),))
ANSWER_S = 10.0  # They come within milliseconds.


class Add(Message):
    """To a tally; it answers with the same."""

    number: int


class OnThread(ThreadedProcess):
    """A tally on a pykka thread."""

    def __init__(self) -> None:
        super().__init__()
        self.total = 0

    def add(self, number: int) -> int:
        self.total += number
        return self.total

    def threads(self) -> list[str]:
        return [threading.current_thread().name]

    def told(self, sender: PID, add: Add) -> None:
        self.send(sender, Add(number=self.add(add.number)))


class Pykka(pykka.ThreadingActor):
    """The same, as programs have it that were written for pykka."""

    def __init__(self) -> None:
        super().__init__()
        self._total = 0

    def on_receive(self, message: Any) -> Add:
        return Add(number=self.add(message.number))

    def add(self, number: int) -> int:
        self._total += number
        return self._total

    def threads(self) -> list[str]:
        return [threading.current_thread().name]


class Neighbour(Process):
    """Tells and asks in its own turns."""

    def __init__(self) -> None:
        super().__init__()
        self.answered = threading.Event()
        self.answer = 0

    def ask(self, tally: PID, add: Callable[..., int]) -> Future[int]:
        return self.dispatch(tally, add, 1)

    def tell(self, tally: PID) -> None:
        self.send(tally, Add(number=1))

    def told(self, sender: PID, add: Add) -> None:
        self.answer = add.number
        self.answered.set()


class Client(pykka.ThreadingActor):
    """A pykka actor that asks by a PID, and blocks until it has the answer as pykka actors do."""

    def __init__(self, background: BackgroundNode) -> None:
        super().__init__()
        self._background = background

    def ask(self, tally: PID, add: Callable[..., int]) -> int:
        return asked(self._background, tally, add=add)


def asked(background: BackgroundNode, tally: PID, *, add: Callable[..., int]) -> int:
    """From the thread on which this is called, whichever that is."""
    return background.call(background.node.dispatch, tally, add, 1).result(ANSWER_S)


@pytest.fixture(autouse=True)
def _nothing_runs_on() -> Iterator[None]:
    """Looked at when the nodes have stopped."""
    with none_left():
        yield


@pytest.fixture(params=[OnThread, Pykka])
def kind(request: pytest.FixtureRequest) -> type[OnThread | Pykka]:
    chosen: type[OnThread | Pykka] = request.param
    return chosen


@pytest.fixture
def here() -> Iterator[BackgroundNode]:
    with BackgroundNode(SETTINGS) as background:
        yield background


@pytest.fixture
def there() -> Iterator[BackgroundNode]:
    with BackgroundNode(SETTINGS) as background:
        background.call(background.node.spawn, Spawner(allow=True)).result()
        yield background


def a_tally(background: BackgroundNode, kind: type[OnThread | Pykka]) -> PID[Any]:
    node = background.node
    if issubclass(kind, pykka.Actor):
        return background.call(adopt, node, kind.start(), messages=[Add]).result()
    return background.call(node.spawn, kind()).result()


def told_and_asked(background: BackgroundNode, tally: PID, *, kind: type[OnThread | Pykka]) -> tuple[int, int]:
    """What a neighbour of that node is answered to a message, and then to a call."""
    neighbour, node = Neighbour(), background.node
    pid = background.call(node.spawn, neighbour).result()
    background.call(node.dispatch, pid, Neighbour.tell, tally).result(ANSWER_S)
    assert neighbour.answered.wait(ANSWER_S)
    return neighbour.answer, background.call(node.dispatch, pid, Neighbour.ask, tally, kind.add).result(ANSWER_S)


def test_it_has_a_pid_and_a_pykka_thread_of_its_own(here: BackgroundNode, kind: type[OnThread | Pykka]) -> None:
    first, second = a_tally(here, kind), a_tally(here, kind)

    threads = {here.call(here.node.dispatch, tally, kind.threads).result(ANSWER_S)[0] for tally in (first, second)}

    assert first != second
    assert len(threads - {threading.current_thread().name, here._thread.name}) == 2
    assert len(pykka.ActorRegistry.get_all()) == 2


def test_a_neighbour_tells_and_asks_it(here: BackgroundNode, kind: type[OnThread | Pykka]) -> None:
    assert told_and_asked(here, a_tally(here, kind), kind=kind) == (1, 2)


def test_an_actor_of_another_node_tells_and_asks_it(
    here: BackgroundNode, there: BackgroundNode, kind: type[OnThread | Pykka]
) -> None:
    tally = a_tally(there, kind)
    here.call(here.node.connect, there.node.address).result(ANSWER_S)

    assert told_and_asked(here, tally, kind=kind) == (1, 2)


def test_plain_threads_ask_it(here: BackgroundNode, kind: type[OnThread | Pykka]) -> None:
    tally = a_tally(here, kind)

    with ThreadPoolExecutor(4) as threads:
        totals = [threads.submit(asked, here, tally, add=kind.add) for _ in range(40)]

    assert sorted(total.result() for total in totals) == list(range(1, 41))


def test_a_plain_thread_tells_it(here: BackgroundNode, kind: type[OnThread | Pykka]) -> None:
    tally = a_tally(here, kind)

    here.call(here.node.send, tally, Add(number=5)).result(ANSWER_S)

    assert asked(here, tally, add=kind.add) == 6


def test_a_pykka_actor_asks_it_here_and_on_another_node(
    here: BackgroundNode, there: BackgroundNode, kind: type[OnThread | Pykka]
) -> None:
    near, far = a_tally(here, kind), a_tally(there, kind)
    here.call(here.node.connect, there.node.address).result(ANSWER_S)
    client = Client.start(here)

    totals = [client.proxy().ask(tally, kind.add).get(timeout=ANSWER_S) for tally in (near, far, near)]
    client.stop()

    assert totals == [1, 1, 2]


def test_a_pykka_actor_with_a_pid_asks_another_one(here: BackgroundNode, kind: type[OnThread | Pykka]) -> None:
    tally = a_tally(here, kind)
    client = here.call(adopt, here.node, Client.start(here)).result()

    total = here.call(here.node.dispatch, client, Client.ask, tally, kind.add).result(ANSWER_S)

    assert total == 1


def test_whoever_is_linked_to_it_hears_of_its_end(
    here: BackgroundNode, there: BackgroundNode, kind: type[OnThread | Pykka]
) -> None:
    tally = a_tally(there, kind)
    here.call(here.node.connect, there.node.address).result(ANSWER_S)
    ended = threading.Event()

    class Mourner(Process):
        def initialize(self) -> None:
            self.link(tally)

        def exited_with(self, pid: PID, failure: Exception | None) -> None:
            if pid == tally and failure is None:
                ended.set()

    here.call(here.node.spawn, Mourner()).result()
    asked(here, tally, add=kind.add)
    node: Node = here.node
    here.call(node.terminate, tally).result()

    assert ended.wait(ANSWER_S)
