"""A peer that has authenticated, and says anything at all: the actors that listen to it live on."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libprocess_py import PID, Address, Message
from libprocess_py.deploy.messages import (
    REMOTES_ID,
    SPAWNER_ID,
    Abandoned,
    Answered,
    Call,
    End,
    Ended,
    Failed,
    Failure,
    Find,
    Found,
    Hello,
    Platform,
    Spawn,
    Spawned,
    Unknown,
    Watch,
    Welcome,
)
from libprocess_py.deploy.shipping import here
from libprocess_py.message import encode
from tests.libprocess_py.deploy.actors import SECOND, Counter, World

WORDS = st.one_of(st.text(max_size=5), st.sampled_from(["a", "__spawner__", "__remotes__", "../x", "tests:World"]))
ADDRESSES = st.builds(Address, st.sampled_from(["10.0.0.1", "10.0.0.2", "10.0.0.9"]), st.sampled_from([1, 5050]))
PIDS = st.builds(PID, st.sampled_from(["a", "counter(1)", "__spawner__"]), ADDRESSES)
PLATFORMS = st.builds(Platform, python=WORDS, cloudpickle=WORDS, protocol=st.integers())
FAILURES = st.builds(Failure, kind=WORDS, text=WORDS, traceback=WORDS)
RAW = st.sampled_from([b"1", b"null", b'{"a":[]}', b'"x"', b"[1,2]"]).map(msgspec.Raw)
QUESTIONS = st.one_of(
    st.builds(Hello, call=WORDS, platform=PLATFORMS),
    st.builds(Spawn, call=WORDS, kind=WORDS, digest=WORDS, id=WORDS, policy=WORDS, python=WORDS, payload=st.binary()),
    st.builds(Call, call=WORDS, id=WORDS, method=WORDS, payload=st.binary()),
    st.builds(Find, call=WORDS, id=WORDS),
    st.builds(Watch, id=WORDS),
    st.builds(End, id=WORDS, inject=st.booleans()),
)
ANSWERS = st.one_of(
    st.builds(Welcome, call=WORDS, platform=PLATFORMS, allows_spawn=st.booleans()),
    st.builds(Spawned, call=WORDS, pid=PIDS),
    st.builds(Unknown, call=WORDS, why=WORDS),
    st.builds(Answered, call=WORDS, value=RAW),
    st.builds(Abandoned, call=WORDS),
    st.builds(Failed, call=WORDS, failure=FAILURES, refused=st.booleans()),
    st.builds(Found, call=WORDS, there=st.booleans()),
    st.builds(Ended, id=WORDS, failure=st.none() | FAILURES),
)


@settings(max_examples=100)
@given(questions=st.lists(QUESTIONS, max_size=8), sender=PIDS)
def test_a_spawner_lives_through_any_question(questions: list[Message], sender: PID) -> None:
    world = World(allow=False)
    bystander = world.there.spawn(Counter(id="a"))

    for question in questions:
        world.there.deliver(SPAWNER_ID, sender, name=question.wire_name, body=encode(question), authenticated=True)
        world.simulation.advance(SECOND)

    assert SPAWNER_ID in world.there.kernel.mailboxes
    assert bystander.id in world.there.kernel.mailboxes
    assert world.there.metrics.counter("libprocess/failures").value == 0


@pytest.mark.parametrize("payload", [b"", b"\x80", b"N.", b"(NNNt.", b"(N)}t.", b"(NK\x01}t.", b"(N)K\x01t."])
def test_a_spawner_lives_through_payloads_that_mean_nothing(payload: bytes) -> None:
    world = World()
    world.there.spawn(Counter(id="a"))
    python = here().python
    spawn = Spawn(call="1", kind="x:Y", python=python, payload=payload)
    call = Call(call="2", id="a", method="add", payload=payload)

    for question in (spawn, call, msgspec.structs.replace(spawn, policy="NONE"), msgspec.structs.replace(spawn, id="")):
        world.there.deliver(
            SPAWNER_ID, world.watcher.pid, name=question.wire_name, body=encode(question), authenticated=True
        )
        world.simulation.advance(SECOND)

    assert SPAWNER_ID in world.there.kernel.mailboxes
    assert world.there.metrics.counter("libprocess/failures").value <= 1  # A call may reach the actor, and fail there.


# A spawn and a call are under way, whose numbers a strange peer may know: they were put to it.
@settings(max_examples=100)
@given(answers=st.lists(st.tuples(ANSWERS, st.integers(0, 5)), max_size=8), sender=PIDS)
def test_who_asks_lives_through_any_answer(answers: list[tuple[Message, int]], sender: PID) -> None:
    world = World()
    remote = world.connect()
    session = world.here.kernel.mailboxes[REMOTES_ID]._session  # type: ignore[attr-defined]  # It is a Remotes.
    remote.spawn(Counter)
    world.here.dispatch(PID("a", world.there.address), Counter.add, 1)

    for answer, number in answers:
        known = {"call": f"{session}/{number}"} if number and "call" in answer.__struct_fields__ else {}
        body = encode(msgspec.structs.replace(answer, **known))
        world.here.deliver(REMOTES_ID, sender, name=answer.wire_name, body=body, authenticated=True)
        world.simulation.settle()
    world.simulation.advance(10 * SECOND)

    assert REMOTES_ID in world.here.kernel.mailboxes
    assert world.here.metrics.counter("libprocess/failures").value == 0
    world.here.kernel.links.check()
