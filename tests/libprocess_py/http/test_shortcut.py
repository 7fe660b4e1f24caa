"""A request that repeats itself is answered as the first one was, whatever has happened since."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from libprocess_py.core.failures import ActorFailed, Policy
from libprocess_py.core.mailbox import Mailbox
from libprocess_py.events import KIND_NAMES, Event
from libprocess_py.future import Promise
from libprocess_py.http.authentication import Unauthorized, Verdict
from libprocess_py.http.request import Request
from libprocess_py.http.response import Response
from libprocess_py.process import Process
from libprocess_py.runtime.awaiting import result
from libprocess_py.runtime.loop_node import LoopNode, start_node
from tests.support.event_loop import on_loop
from tests.support.wire_actors import Answer, RawClient

GET = b"GET /clerk/next HTTP/1.1\r\nHost: a\r\n\r\n"


class Clerk(Process):
    """Answers with numbers that count up, unless the test has it do something else."""

    def __init__(self) -> None:
        super().__init__("clerk")
        self.asked: list[Request] = []
        self.before: Callable[[], Response | Promise[Response] | None] = lambda: None
        self.told: list[str] = []

    def initialize(self) -> None:
        self.route("/next", self.next, help="The next number.")

    def next(self, request: Request) -> Response | Promise[Response]:
        self.asked.append(request)
        return self.before() or Response.text(200, str(len(self.asked)))

    def tell(self, what: str) -> None:
        self.told.append(what)

    def finalize(self) -> None:
        self.told.append("the end")


class Watcher:
    """Sees events."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def before(self, mailbox: Mailbox, event: Event) -> bool:
        self.seen.append(KIND_NAMES[event[0]])
        return True

    def after(self, mailbox: Mailbox, event: Event) -> None:
        """Nothing of interest."""


class Stern:
    """Knows nobody."""

    def authenticate(self, request: Request) -> Verdict:
        return Unauthorized(challenges=("Basic",))


async def asked(client: RawClient, times: int) -> list[str]:
    """Ask one by one; what was answered."""
    return [_shown(await client.ask(GET)) for _ in range(times)]


async def asked_together(client: RawClient, times: int) -> list[str]:
    """Ask so many times with one write."""
    client.say(GET * times)
    return [_shown(await client.answer()) for _ in range(times)]


def _shown(answer: Answer) -> str:
    return answer.body.decode() if answer.status == 200 else str(answer.status)


def requests_of(node: LoopNode) -> int:
    return node.metrics.counter("libprocess/http/requests").value


@on_loop
async def test_the_same_request_again_and_again_is_answered_each_time() -> None:
    async with await start_node() as node, await RawClient.connect(node.address) as client:
        node.spawn(clerk := Clerk())

        answers = await asked(client, 5) + await asked_together(client, 40) + await asked(client, 3)

        assert answers == [str(number) for number in range(1, 49)]
        assert requests_of(node) == len(clerk.asked) == 48
        assert {request.path for request in clerk.asked} == {"/next"}
        assert {request.peer for request in clerk.asked} == {"127.0.0.1"}


@on_loop
async def test_a_repeated_request_that_comes_in_two_pieces_is_one_request() -> None:
    async with await start_node() as node, await RawClient.connect(node.address) as client:
        node.spawn(Clerk())
        await asked(client, 3)

        client.say(GET + GET[:20])
        first = _shown(await client.answer())
        client.say(GET[20:])
        second = _shown(await client.answer())

        assert [first, second, *await asked(client, 2)] == ["4", "5", "6", "7"]


@on_loop
async def test_what_the_actor_was_told_before_comes_before_the_repeated_request() -> None:
    async with await start_node() as node, await RawClient.connect(node.address) as client:
        pid = node.spawn(clerk := Clerk())
        await asked(client, 2)
        order: list[list[str]] = []

        def before() -> None:
            order.append(list(clerk.told))

        clerk.before = before
        client.say(GET)
        node.dispatch(pid, Clerk.tell, "first")
        await client.answer()

        assert order == [["first"]]


@on_loop
async def test_a_repeated_request_whose_answer_comes_later_keeps_its_place() -> None:
    async with await start_node() as node, await RawClient.connect(node.address) as client:
        node.spawn(clerk := Clerk())
        await asked(client, 2)
        late: Promise[Response] = Promise()

        def before() -> Promise[Response] | None:
            if len(clerk.asked) == 3:
                return late
            late.set(Response.text(200, "late"))
            return None

        clerk.before = before

        assert await asked_together(client, 3) == ["late", "4", "5"]
        assert await asked(client, 1) == ["6"]


@on_loop
async def test_a_handler_that_raises_on_a_repeated_request_ends_its_actor() -> None:
    async with await start_node() as node, await RawClient.connect(node.address) as client:
        pid = node.spawn(clerk := Clerk())
        await asked(client, 2)
        ended = node.wait(pid)

        def before() -> None:
            raise RuntimeError("out of numbers")

        clerk.before = before

        assert await asked_together(client, 2) == ["500", "404"]
        assert await result(ended)
        assert clerk.told == []  # It failed: it does not say goodbye.
        assert await asked(client, 2) == ["404", "404"]


@on_loop
async def test_a_handler_that_ends_its_actor_still_answers_the_repeated_request() -> None:
    async with await start_node() as node, await RawClient.connect(node.address) as client:
        node.spawn(clerk := Clerk())
        await asked(client, 2)
        clerk.before = clerk.terminate

        assert await asked_together(client, 2) == ["3", "404"]
        assert clerk.told == ["the end"]


@on_loop
async def test_the_next_actor_of_that_id_answers_the_repeated_request() -> None:
    async with await start_node() as node, await RawClient.connect(node.address) as client:
        pid = node.spawn(Clerk())
        await asked(client, 3)
        node.terminate(pid)
        await result(node.wait(pid))

        node.spawn(second := Clerk())

        assert await asked(client, 2) == ["1", "2"]
        assert len(second.asked) == 2


@on_loop
async def test_rules_that_come_later_hold_for_a_repeated_request() -> None:
    async with await start_node() as node, await RawClient.connect(node.address) as client:
        node.spawn(Clerk())
        open_answers = await asked(client, 2)

        node.firewall.append(lambda request, endpoint: "closed")
        barred = await asked(client, 2)
        node.firewall.clear()
        node.authorizers["/clerk/next"] = lambda request: False
        unauthorized = await asked(client, 2)
        node.authorizers.clear()
        again = await asked(client, 2)

        assert (open_answers, barred, unauthorized, again) == (["1", "2"], ["403"] * 2, ["403"] * 2, ["3", "4"])


@on_loop
async def test_a_route_that_is_replaced_by_one_with_a_realm_asks_who_repeats_a_request() -> None:
    async with await start_node() as node, await RawClient.connect(node.address) as client:
        node.spawn(clerk := Clerk())
        node.authenticators.set("vault", Stern())
        await asked(client, 2)

        clerk.route("/next", clerk.next, help="The same, closed.", realm="vault")

        assert await asked(client, 2) == ["401", "401"]


@on_loop
async def test_an_observer_sees_every_repeated_request() -> None:
    async with await start_node() as node, await RawClient.connect(node.address) as client:
        node.spawn(Clerk())
        await asked(client, 2)
        node.observe(watcher := Watcher())

        await asked(client, 3)

        assert watcher.seen == ["http"] * 3


@on_loop
async def test_what_cannot_be_sent_answers_a_repeated_request_500() -> None:
    async with await start_node() as node, await RawClient.connect(node.address) as client:
        node.spawn(clerk := Clerk())
        await asked(client, 2)
        odd = [
            Response(200, b"", "text/plain\r\nSmuggled: yes"),
            Response(200, headers=(("A", "b\r\nSmuggled: yes"),)),
            Response(200, "text"),  # type: ignore[arg-type]  # A handler without types may do so.
        ]
        clerk.before = odd.pop

        assert await asked(client, 3) == ["500"] * 3


@on_loop
async def test_a_policy_that_aborts_the_node_holds_for_a_repeated_request() -> None:
    async with await start_node() as node, await RawClient.connect(node.address) as client:
        node.spawn(clerk := Clerk(), Policy.FAIL)
        await asked(client, 2)
        aborted: asyncio.Future[BaseException] = asyncio.get_running_loop().create_future()
        node.driver.on_abort = aborted.set_result

        def before() -> None:
            raise RuntimeError("out of numbers")

        clerk.before = before
        client.say(GET)

        assert isinstance(await aborted, ActorFailed)
