"""The calls of a ClusterExecutor: each is answered once, whatever is lost on the way."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from msgspec.structs import replace

from mesos_py.frameworks.cluster_executor.core import CallBook, Failed, Finished, Resubmitted, Stray
from mesos_py.protocol.ids import AgentId, ExecutorId, TaskId
from mesos_py.protocol.resources import Resources
from mesos_py.protocol.task import CommandInfo, ExecutorInfo, Reason, Source, TaskState
from tests.support.offers import a_status, an_offer

RUNNER = ExecutorInfo(
    executor_id=ExecutorId("functions"), command=CommandInfo(value="run"), resources=Resources.parse("cpus:0.5")
)


def a_book(*, attempts_max: int = 3) -> CallBook:
    return CallBook(Resources.parse("cpus:1;mem:10"), RUNNER, attempts_max=attempts_max)


def test_calls_are_packed_as_many_as_fit_beside_the_executor() -> None:
    book = a_book()
    for _ in range(5):
        book.submit(b"")

    placements, unused = book.place(
        [an_offer(1, agent="a", resources="cpus:3.5;mem:100"), an_offer(2, agent="b", resources="cpus:1;mem:100")]
    )

    assert [(placement.agent_id, len(placement.calls)) for placement in placements] == [("a", 3)]
    assert unused == ["m-O2"]  # No room there for a call beside the executor's half cpu.
    assert (book.waiting, book.running) == (2, 3)


def test_offers_of_one_agent_are_used_together() -> None:
    book = a_book()
    book.submit(b"")

    placements, unused = book.place(
        [an_offer(1, agent="a", resources="cpus:1.5"), an_offer(2, agent="a", resources="mem:10")]
    )

    assert placements[0].offer_ids == ("m-O1", "m-O2")
    assert unused == []


def test_an_executor_that_lives_needs_no_room_again_until_it_is_lost() -> None:
    book = a_book()
    for _ in range(3):
        book.submit(b"")
    exact = "cpus:1;mem:10"
    book.place([an_offer(1, agent="a", resources="cpus:1.5;mem:10")])

    reused, _ = book.place([an_offer(2, agent="a", resources=exact)])
    book.executor_lost(AgentId("a"))
    refused, _ = book.place([an_offer(3, agent="a", resources=exact)])

    assert len(reused) == 1
    assert refused == []


def test_a_finished_task_answers_its_call() -> None:
    book = a_book()
    number = book.submit(b"")
    book.place([an_offer(1, agent="a", resources="cpus:2;mem:10")])

    outcome = book.status(a_status("1.1", TaskState.FINISHED))

    assert outcome == Finished(number, TaskId("1.1"), b"sealed")
    assert book.status(a_status("1.1", TaskState.FINISHED)) is None


def test_a_finish_without_an_answer_waits_for_the_one_that_has_it() -> None:
    book = a_book()
    number = book.submit(b"")
    book.place([an_offer(1, agent="a", resources="cpus:2;mem:10")])

    reconciled = book.status(replace(a_status("1.1", TaskState.FINISHED, source=Source.MASTER), data=b""))

    assert reconciled is None
    assert book.status(a_status("1.1", TaskState.FINISHED)) == Finished(number, TaskId("1.1"), b"sealed")


def test_a_lost_task_is_tried_again_under_a_new_id_and_at_last_given_up() -> None:
    book = a_book(attempts_max=2)
    book.submit(b"")
    book.place([an_offer(1, agent="a", resources="cpus:2;mem:10")])

    first = book.status(a_status("1.1", TaskState.LOST, source=Source.MASTER))
    placements, _ = book.place([an_offer(2, agent="b", resources="cpus:2;mem:10")])
    second = book.status(a_status("1.2", TaskState.LOST, source=Source.MASTER))

    assert isinstance(first, Resubmitted)
    assert placements[0].calls[0].task_id == "1.2"
    assert isinstance(second, Failed)
    assert "lost 2 times" in second.message


def test_a_task_that_went_down_with_its_executor_is_tried_again_but_not_one_that_the_executor_failed() -> None:
    book = a_book()
    book.submit(b"")
    book.submit(b"")
    book.place([an_offer(1, agent="a", resources="cpus:3;mem:20")])
    reason = Reason.EXECUTOR_TERMINATED

    with_executor = book.status(a_status("1.1", TaskState.FAILED, source=Source.AGENT, reason=reason))
    by_executor = book.status(a_status("2.1", TaskState.FAILED))

    assert isinstance(with_executor, Resubmitted)
    assert isinstance(by_executor, Failed)


def test_an_earlier_attempt_that_turns_up_again_is_a_stray() -> None:
    book = a_book()
    book.submit(b"")
    book.place([an_offer(1, agent="a", resources="cpus:2;mem:10")])
    book.status(a_status("1.1", TaskState.UNREACHABLE, source=Source.MASTER))

    assert book.status(a_status("1.1", TaskState.RUNNING)) == Stray(TaskId("1.1"), None)


@given(st.integers(1, 20), st.integers(0, 19))
def test_only_a_waiting_call_can_be_cancelled(calls: int, placed: int) -> None:
    book = a_book()
    numbers = [book.submit(b"") for _ in range(calls)]
    book.place([an_offer(1, agent="a", resources=f"cpus:{min(placed, calls) + 0.5};mem:1000")])

    cancelled = [book.cancel(number) for number in numbers]

    assert sum(cancelled) == calls - min(placed, calls)
    book.check()


class CallMachine(RuleBasedStateMachine):
    """Offers, losses and answers in any order: every call ends exactly once, or is still waiting or running."""

    @initialize()
    def start(self) -> None:
        self.book = a_book()
        self.submitted = 0
        self.ended: list[int] = []
        self.running: list[TaskId] = []
        self.offers = 0

    @rule(count=st.integers(1, 5))
    def submit(self, count: int) -> None:
        for _ in range(count):
            self.book.submit(b"")
        self.submitted += count

    @rule(agent=st.sampled_from(["a", "b"]), cpus=st.integers(0, 4))
    def offer(self, agent: str, cpus: int) -> None:
        self.offers += 1
        placements, unused = self.book.place(
            [an_offer(self.offers, agent=agent, resources=f"cpus:{cpus + 0.5};mem:1000")]
        )
        self.running += [call.task_id for placement in placements for call in placement.calls]
        assert bool(placements) != bool(unused)

    @rule(data=st.data(), state=st.sampled_from(list(TaskState)), source=st.sampled_from(list(Source)))
    def status(self, data: st.DataObject, state: TaskState, source: Source) -> None:
        if not self.running:
            return
        task_id = data.draw(st.sampled_from(self.running))
        outcome = self.book.status(a_status(task_id, state, source=source))
        if isinstance(outcome, Finished | Failed):
            self.ended.append(outcome.number)

    @rule(agent=st.sampled_from(["a", "b"]))
    def lose_executor(self, agent: str) -> None:
        self.book.executor_lost(AgentId(agent))

    @invariant()
    def every_call_is_in_one_place(self) -> None:
        self.book.check()
        assert len(self.ended) == len(set(self.ended)), "a call ended twice"
        assert self.submitted == self.book.waiting + self.book.running + len(self.ended)


TestCalls = CallMachine.TestCase
