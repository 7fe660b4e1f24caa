"""Topologies on virtual time: started by each host for itself, or by a controller for all of them."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from libprocess_py import PID, Node, NodeOptions, Policy
from libprocess_py.deploy import Spawner
from libprocess_py.deploy.deployment import Linker, deployment
from libprocess_py.deploy.remotes import Remotes
from libprocess_py.deploy.topology import Topology, TopologyError, parse_topology
from libprocess_py.sim import Simulation
from libprocess_py.supervisor import Supervisor
from tests.libprocess_py.deploy.actors import SECOND, Counter, Linked

MODULE = "tests.libprocess_py.deploy.actors"
LEFT, RIGHT = PID[Any].parse("counter@10.0.0.1:5050"), PID[Any].parse("user@10.0.0.2:5050")


def a_topology(kind: str = "Counter") -> Topology:
    """A counter on the left, and one on the right that adds to it and is linked to it."""
    user = {"host": "right", "class": f"{MODULE}:Linked", "args": [{"pid": "counter"}, 5], "links": ["counter"]}
    return parse_topology(
        {
            "hosts": {"left": "10.0.0.1:5050", "right": "10.0.0.2:5050"},
            "actors": {"user": user, "counter": {"host": "left", "class": f"{MODULE}:{kind}", "args": [10]}},
        }
    )


class Hosts:
    """The two hosts of the topology, and whoever starts it."""

    def __init__(self) -> None:
        self.simulation = Simulation(seed=1)
        self.left, self.right = self.start("10.0.0.1"), self.start("10.0.0.2")

    def start(self, ip: str) -> Node:
        node = self.simulation.node(ip, options=NodeOptions(policy=Policy.END_ACTOR))
        node.spawn(Spawner(allow=True))
        Remotes.of(node)
        return node

    def deploy(self, node: Node, host: str | None) -> PID[Supervisor]:
        pid = node.spawn(deployment(node, a_topology(), host=host))
        self.simulation.advance(2 * SECOND)
        return pid

    def total(self) -> int:
        """What the counter has."""
        total = self.left.dispatch(LEFT, Counter.add, 0)
        self.simulation.settle()
        return total.get()

    def heard(self) -> list[str]:
        """Of whose end the other one has heard."""
        heard = self.right.dispatch(RIGHT, Linked.heard)
        self.simulation.settle()
        return heard.get()


def test_each_host_starts_its_own_actors_in_any_order_and_links_them_once_both_run() -> None:
    hosts = Hosts()

    hosts.deploy(hosts.right, "right")
    hosts.deploy(hosts.left, "left")
    assert hosts.heard() == []
    hosts.left.terminate(LEFT)
    hosts.simulation.advance(2 * SECOND)

    assert hosts.heard() == ["counter"]


def test_nobody_goes_on_waiting_for_a_link_of_an_actor_that_is_gone() -> None:
    hosts = Hosts()
    top = hosts.deploy(hosts.right, "right")
    linker = hosts.right.kernel.mailboxes["__linker__"]
    assert isinstance(linker, Linker)
    assert list(linker._wanted) == [RIGHT]

    hosts.right.dispatch(top, Supervisor.stop)
    hosts.simulation.settle()

    assert linker._wanted == {}


def test_an_actor_of_a_file_is_supervised_and_linked_anew_when_it_is_back() -> None:
    hosts = Hosts()
    hosts.deploy(hosts.left, "left")
    hosts.deploy(hosts.right, "right")
    assert hosts.total() == 15

    hosts.right.dispatch(RIGHT, Linked.fail)
    hosts.simulation.advance(2 * SECOND)
    assert hosts.total() == 20
    hosts.left.terminate(LEFT)
    hosts.simulation.advance(2 * SECOND)

    assert hosts.heard() == ["counter"]
    assert hosts.total() == 10


def test_a_controller_starts_everything_from_a_third_node_and_supervises_it() -> None:
    hosts = Hosts()
    controller = hosts.start("10.0.0.3")

    hosts.deploy(controller, None)

    assert hosts.total() in (10, 15)  # The other one may have added before there was a counter.
    hosts.left.terminate(LEFT)
    hosts.simulation.advance(2 * SECOND)
    assert hosts.total() == 10
    assert hosts.heard() == ["counter"]


def test_a_controller_starts_actors_again_on_a_host_that_came_back() -> None:
    hosts = Hosts()
    hosts.deploy(hosts.start("10.0.0.3"), None)

    hosts.simulation.crash(hosts.left)
    hosts.simulation.advance(SECOND)
    hosts.left = hosts.start("10.0.0.1")
    hosts.simulation.advance(10 * SECOND)

    assert hosts.total() == 10


def test_a_controller_may_run_on_one_of_the_hosts() -> None:
    hosts = Hosts()

    hosts.deploy(hosts.right, None)
    assert hosts.heard() == []
    hosts.left.terminate(LEFT)
    hosts.simulation.advance(2 * SECOND)

    assert hosts.heard() == ["counter"]


def test_that_a_host_is_away_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    hosts = Hosts()
    hosts.simulation.crash(hosts.left)

    hosts.deploy(hosts.right, None)
    hosts.simulation.advance(60 * SECOND)

    assert caplog.text.count("host not reached") == 1


def test_a_controller_takes_over_what_a_former_one_has_left_running() -> None:
    hosts = Hosts()
    former = hosts.start("10.0.0.3")
    hosts.deploy(former, None)
    hosts.left.dispatch(LEFT, Counter.add, 1_000)

    hosts.simulation.crash(former)
    hosts.deploy(hosts.start("10.0.0.4"), None)

    assert hosts.total() > 1_000
    hosts.left.terminate(LEFT)
    hosts.simulation.advance(2 * SECOND)
    assert hosts.total() == 10


def test_a_controller_that_stops_ends_what_it_started_everywhere() -> None:
    hosts = Hosts()
    controller = hosts.start("10.0.0.3")
    top = hosts.deploy(controller, None)

    stopped = controller.dispatch(top, Supervisor.stop)
    hosts.simulation.advance(2 * SECOND)

    assert stopped.get() is True
    assert "counter" not in hosts.left.kernel.mailboxes
    assert "user" not in hosts.right.kernel.mailboxes


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("Nobody", "actors.counter.class: module '.*actors' has no attribute 'Nobody'"),
        ("Part", "actors.counter.class: expected a class derived from Process, got .*actors:Part"),
    ],
)
def test_a_class_that_cannot_be_had_is_told_before_anything_starts(kind: str, expected: str) -> None:
    hosts = Hosts()

    with pytest.raises(TopologyError, match=expected):
        deployment(hosts.left, a_topology(kind), host="left")
