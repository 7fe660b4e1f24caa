"""`Group`: who is in, who is told, who waits for its size."""

from __future__ import annotations

from libprocess_py import PID, Message, Process
from libprocess_py.coordination import Group
from libprocess_py.sim import Simulation


class Hello(Message):
    number: int


class Member(Process):
    """Notes what it hears."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[tuple[PID, int]] = []

    def hello(self, sender: PID, hello: Hello) -> None:
        self.heard.append((sender, hello.number))


class Speaker(Process):
    """Speaks to its group, and strikes off whoever is lost."""

    def __init__(self, *members: PID) -> None:
        super().__init__()
        self.first = members

    def initialize(self) -> None:
        self.group = Group(self, self.first)

    def exited(self, pid: PID) -> None:
        self.group.remove(pid)


def _group(size: int) -> tuple[Simulation, Speaker, list[Member]]:
    simulation = Simulation(seed=1)
    members = [Member() for _ in range(size)]
    pids = [simulation.node(f"10.0.0.{number}").spawn(member) for number, member in enumerate(members, start=2)]
    speaker = Speaker(*pids)
    simulation.node("10.0.0.1").spawn(speaker)
    simulation.settle()
    return simulation, speaker, members


def test_a_broadcast_reaches_every_member_but_those_left_out() -> None:
    simulation, speaker, members = _group(3)

    sent = speaker.group.broadcast(Hello(number=7), without=[members[1].pid])
    simulation.advance(1_000_000_000)

    assert sent == 2
    assert [member.heard for member in members] == [[(speaker.pid, 7)], [], [(speaker.pid, 7)]]


def test_the_owner_is_linked_to_its_members_and_decides_what_a_lost_one_means() -> None:
    simulation, speaker, members = _group(2)
    shrunk = speaker.group.watch(lambda size: size < 2)

    simulation.crash(members[0].node)
    simulation.advance(1_000_000_000)

    assert shrunk.get() == 1
    assert speaker.group.members == (members[1].pid,)


def test_a_watch_is_ready_at_once_or_when_the_size_meets_its_condition() -> None:
    _, speaker, members = _group(3)
    group = speaker.group
    grown = group.watch(lambda size: size > 3)
    emptied = group.watch(lambda size: size == 0)

    assert group.watch(lambda size: size == 3).get() == 3
    for member in members:
        group.remove(member.pid)
        group.remove(member.pid)

    assert emptied.get() == 0
    assert grown.is_pending
    assert len(group) == 0


def test_a_watch_that_is_discarded_is_forgotten() -> None:
    _, speaker, members = _group(1)
    watch = speaker.group.watch(lambda size: size == 0)

    watch.discard()
    speaker.group.remove(members[0].pid)

    assert watch.is_discarded


def test_a_member_that_joins_twice_is_one_member() -> None:
    _, speaker, members = _group(1)

    speaker.group.add(members[0].pid)

    assert members[0].pid in speaker.group
    assert len(speaker.group) == 1
