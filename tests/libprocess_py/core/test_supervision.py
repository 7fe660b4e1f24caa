"""What a supervisor decides, against a world that does as it is told and a list of who should be there."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from libprocess_py.core.supervision import (
    Backoff,
    ChildExists,
    Effect,
    Effects,
    End,
    Phase,
    Restart,
    Rules,
    Start,
    Stop,
    Strategy,
    Supervision,
    Wait,
)

SECOND = 1_000_000_000
RULES = Rules(restarts_max=3, window_ns=10 * SECOND, backoff=Backoff(first_ns=SECOND, max_ns=4 * SECOND, jitter=0.5))


class SupervisionAgainstAWorld(RuleBasedStateMachine):
    """The world holds what was asked of it until a rule does it; the model is who should be there, and nothing else."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0
        self.number = 0
        self.expected: dict[str, Restart] = {}  # Who is up when nothing is left to do, in order.
        self.up: list[str] = []
        self.starting: list[str] = []
        self.stopping: list[str] = []
        self.waiting: list[str] = []
        self.started_once: set[str] = set()
        self.doomed: set[str] = set()  # Who has to go down with a sibling, and is not down yet.
        self.counted: list[int] = []
        self.stopped = self.over = False
        self.failure: str | None = None

    @initialize(strategy=st.sampled_from(Strategy), kinds=st.lists(st.sampled_from(Restart), max_size=4))
    def begin(self, strategy: Strategy, kinds: list[Restart]) -> None:
        self.strategy = strategy
        self.books = Supervision(replace(RULES, strategy=strategy))
        self.add(kinds)

    # What others ask for

    @rule(kinds=st.lists(st.sampled_from(Restart), min_size=1, max_size=2))
    def add(self, kinds: list[Restart]) -> None:
        children = [(f"c{self.number + i}", kind) for i, kind in enumerate(kinds)]
        self.number += len(kinds)
        if not self.stopped:
            self.expected |= dict(children)
        self.perform(self.books.add(*children))

    @precondition(lambda self: self.expected)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        id = data.draw(st.sampled_from(sorted(self.expected)))
        del self.expected[id]
        self.perform(self.books.remove(id))

    @rule()
    def stop(self) -> None:
        self.stopped = True
        self.expected.clear()
        self.perform(self.books.stop())

    # What the world does

    @precondition(lambda self: self.starting)
    @rule(data=st.data(), fails=st.booleans())
    def start_is_over(self, data: st.DataObject, fails: bool) -> None:
        id = data.draw(st.sampled_from(self.starting))
        self.starting.remove(id)
        if fails:
            self.end(id, True)
        else:
            self.up.append(id)
            self.perform(self.books.started(id, now=self.now))

    @precondition(lambda self: self.stopping)
    @rule(data=st.data())
    def stop_is_over(self, data: st.DataObject) -> None:
        self.one_stopped(data.draw(st.sampled_from(self.stopping)))

    @precondition(lambda self: self.up)
    @rule(data=st.data(), failed=st.booleans())
    def ends_by_itself(self, data: st.DataObject, failed: bool) -> None:
        id = data.draw(st.sampled_from(self.up))
        self.up.remove(id)
        self.end(id, failed)

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def wait_is_over(self, data: st.DataObject) -> None:
        id = data.draw(st.sampled_from(self.waiting))
        self.waiting.remove(id)
        self.perform(self.books.waited(id))

    @rule(seconds=st.integers(0, 12))
    def time_passes(self, seconds: int) -> None:
        self.now += seconds * SECOND

    @rule(id=st.sampled_from(["c0", "nobody"]))
    def news_of_nobody_change_nothing(self, id: str) -> None:
        if id not in self.up + self.starting + self.stopping:
            assert self.books.ended(id, failed=True, now=self.now, draw=0.0) == ()
        if id not in self.starting:
            assert self.books.started(id, now=self.now) == ()
        if id not in self.waiting:
            assert self.books.waited(id) == ()

    @rule()
    def in_the_end_those_are_up_who_should_be(self) -> None:
        while self.starting or self.stopping or self.waiting:
            while self.stopping:
                self.one_stopped(self.stopping[0])
            if self.starting:
                id = self.starting.pop(0)
                self.up.append(id)
                self.perform(self.books.started(id, now=self.now))
            elif self.waiting:
                self.perform(self.books.waited(self.waiting.pop(0)))

        assert self.books.phases() == dict.fromkeys(self.expected, Phase.UP)
        assert self.over == self.stopped

    # The model

    def end(self, id: str, failed: bool) -> None:
        """A child ended while nobody had asked it to, or its start did not succeed."""
        kind = self.expected.get(id)
        doomed = id not in self.expected or id in self.doomed
        self.doomed.discard(id)
        returns = kind is Restart.PERMANENT or (kind is Restart.TRANSIENT and failed)
        if kind is Restart.TEMPORARY or (not returns and not doomed):
            self.expected.pop(id, None)
        recent = [at for at in self.counted if self.now - at < RULES.window_ns]
        if returns and not doomed and len(recent) >= RULES.restarts_max:
            self.stopped, self.failure = True, id
            self.expected.clear()
        elif returns and not doomed:
            self.doomed |= set(self.siblings(id)) & {*self.up, *self.starting}
        self.perform(self.books.ended(id, failed=failed, now=self.now, draw=0.0))

    def siblings(self, id: str) -> list[str]:
        there = list(self.expected)
        by_strategy = {
            Strategy.ONE_FOR_ONE: [],
            Strategy.REST_FOR_ONE: there[there.index(id) + 1 :],
            Strategy.ONE_FOR_ALL: there,
        }
        return by_strategy[self.strategy]

    def one_stopped(self, id: str) -> None:
        self.stopping.remove(id)
        self.doomed.discard(id)
        if self.expected.get(id) is Restart.TEMPORARY:
            del self.expected[id]
        self.perform(self.books.ended(id, failed=False, now=self.now, draw=0.0))

    def perform(self, effects: Effects) -> None:
        for effect in effects:
            match effect:
                case Start(id):
                    self.perform_start(id)
                case Stop(id):
                    assert not self.stopping, "one at a time"
                    (self.up if id in self.up else self.starting).remove(id)
                    self.stopping.append(id)
                case Wait(id, ns):
                    assert RULES.backoff.first_ns <= ns <= RULES.backoff.max_ns
                    self.waiting.append(id)
                    self.counted.append(self.now)
                case End(failure):
                    assert not self.over, "it ends once"
                    assert self.up + self.starting + self.stopping == [], "nobody is left behind"
                    assert (failure is not None) == (self.failure is not None)
                    self.over = True

    def perform_start(self, id: str) -> None:
        assert id not in self.up + self.starting + self.stopping
        assert id in self.expected, "only those start who are wanted"
        if self.expected[id] is Restart.TEMPORARY:
            assert id not in self.started_once, "a temporary child starts once"
        if self.strategy is not Strategy.ONE_FOR_ONE:
            before = list(self.expected)[: list(self.expected).index(id)]
            assert set(before) <= set(self.up), "those before it are up"
        self.started_once.add(id)
        self.starting.append(id)

    @invariant()
    def the_books_are_sound(self) -> None:
        if hasattr(self, "books"):
            self.books.check()
            recent = [at for at in self.counted if self.now - at < RULES.window_ns]
            assert len(recent) <= RULES.restarts_max


TestSupervisionAgainstAWorld = SupervisionAgainstAWorld.TestCase


@pytest.mark.long
@pytest.mark.timeout(1_200)
def test_no_long_history_parts_the_books_from_the_world() -> None:
    many = settings(max_examples=3_000, stateful_step_count=80, deadline=None)

    run_state_machine_as_test(SupervisionAgainstAWorld, settings=many)


def test_a_backoff_doubles_up_to_its_bound_and_chance_takes_a_part_off() -> None:
    backoff = Backoff(first_ns=100, max_ns=500, factor=2, jitter=0.5)

    assert [backoff.delay(attempt, 0.0) for attempt in range(5)] == [100, 200, 400, 500, 500]
    assert backoff.delay(10_000, 1.0) == 250


def test_a_backoff_begins_anew_when_a_child_stayed_up() -> None:
    books = Supervision(replace(RULES, backoff=Backoff(first_ns=100, max_ns=1_000, jitter=0.0)))
    books.add(("a", Restart.PERMANENT))
    books.started("a", now=0)
    waits: list[Effect] = []
    for up_for in (10, 10, 1_000):
        now = len(waits) * 10_000
        books.started("a", now=now)
        waits += books.ended("a", failed=True, now=now + up_for, draw=0.0)
        books.waited("a")

    assert waits == [Wait("a", 100), Wait("a", 200), Wait("a", 100)]


def test_a_child_of_an_id_that_is_taken_is_refused_and_nobody_added() -> None:
    books = Supervision(RULES)
    books.add(("a", Restart.PERMANENT))

    with pytest.raises(ChildExists, match="child 'a': there is one of that id"):
        books.add(("b", Restart.PERMANENT), ("a", Restart.PERMANENT))

    assert list(books.phases()) == ["a"]


def test_rest_for_one_takes_those_down_that_come_after_the_last_one_first() -> None:
    books = Supervision(replace(RULES, strategy=Strategy.REST_FOR_ONE))
    books.add(*((id, Restart.PERMANENT) for id in "abcd"))
    for id in "abcd":
        books.started(id, now=0)

    told = books.ended("b", failed=True, now=0, draw=0.0)
    told += books.ended("d", failed=False, now=0, draw=0.0)
    told += books.ended("c", failed=False, now=0, draw=0.0)
    told += books.waited("b")
    told += books.started("b", now=0)

    assert told == (Wait("b", SECOND), Stop("d"), Stop("c"), Start("b"), Start("c"))
    assert books.phases()["a"] is Phase.UP
