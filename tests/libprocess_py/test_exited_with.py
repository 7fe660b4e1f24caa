"""Who is linked can ask why: in good order, by a failure, or because nobody can know."""

from __future__ import annotations

from libprocess_py import PID, ConnectionLost, Node, NodeOptions, NoSuchProcess, Policy, Process
from libprocess_py.sim import Simulation

SECOND = 1_000_000_000


class Curious(Process):
    """Keeps why others ended."""

    def __init__(self) -> None:
        super().__init__()
        self.why: list[Exception | None] = []

    def watch(self, to: PID) -> None:
        self.link(to)

    def exited_with(self, pid: PID, failure: Exception | None) -> None:
        self.why.append(failure)


class Fragile(Process):
    def fail(self) -> None:
        raise ValueError("broken")


def _watched(simulation: Simulation, node: Node, *, target: PID) -> Curious:
    curious = Curious()
    node.dispatch(node.spawn(curious), Curious.watch, target)
    simulation.settle()
    return curious


def _a_node(simulation: Simulation, ip: str = "10.0.0.1") -> Node:
    return simulation.node(ip, options=NodeOptions(policy=Policy.END_ACTOR))


def test_an_end_in_good_order_has_no_reason() -> None:
    simulation = Simulation(seed=1)
    node = _a_node(simulation)
    target = node.spawn(Fragile())
    curious = _watched(simulation, node, target=target)

    node.terminate(target)
    simulation.settle()

    assert curious.why == [None]


def test_the_reason_of_a_failure_is_what_was_raised() -> None:
    simulation = Simulation(seed=1)
    node = _a_node(simulation)
    target = node.spawn(Fragile())
    curious = _watched(simulation, node, target=target)

    failure = node.dispatch(target, Fragile.fail)
    simulation.settle()

    assert curious.why == [failure.failure]
    assert str(curious.why[0]) == "broken"


def test_a_node_that_is_gone_is_a_lost_connection() -> None:
    simulation = Simulation(seed=1)
    node, there = _a_node(simulation), _a_node(simulation, "10.0.0.2")
    curious = _watched(simulation, node, target=there.spawn(Fragile()))

    simulation.crash(there)
    simulation.advance(SECOND)

    assert [type(why) for why in curious.why] == [ConnectionLost]


def test_an_actor_that_never_was_is_told_as_such() -> None:
    simulation = Simulation(seed=1)
    node = _a_node(simulation)

    curious = _watched(simulation, node, target=PID("nobody", node.address))

    assert [type(why) for why in curious.why] == [NoSuchProcess]
