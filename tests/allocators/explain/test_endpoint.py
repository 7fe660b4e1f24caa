"""The endpoint on the actor, over a request."""

from __future__ import annotations

import json

from allocators.allocator import SECOND_NS, AllocatorSettings
from allocators.allocator_process import AllocatorProcess
from allocators.hierarchical.allocator import HierarchicalAllocator
from libprocess_py.http.request import Request
from libprocess_py.http.response import Response
from libprocess_py.node import Node
from libprocess_py.pid import PID
from libprocess_py.sim.simulation import Simulation
from tests.support.allocator_builders import A_MACHINE, a_framework, an_agent
from tests.support.explained import F1, N1


class Served:
    """An allocator actor on a simulated node, with one framework that suppressed its role, and one agent."""

    def __init__(self) -> None:
        self.simulation = Simulation(seed=1)
        self.node: Node = self.simulation.node("10.0.0.1")
        process = AllocatorProcess(HierarchicalAllocator(AllocatorSettings()), allocation_interval_ns=SECOND_NS)
        self.pid: PID = self.node.spawn(process)
        self.node.dispatch(
            self.pid,
            AllocatorProcess.add_framework,
            F1,
            a_framework("a"),
            used={},
            active=True,
            suppressed_roles=("a",),
        )
        self.node.dispatch(self.pid, AllocatorProcess.add_agent, N1, an_agent(N1), total=A_MACHINE, used={})
        self.simulation.settle()

    def get(self, target: str) -> Response:
        future = self.node.request(Request.of("GET", target, headers={}, body=b"", peer=""))
        self.simulation.settle()
        return future.get()


def test_the_actor_answers_why_under_its_own_path() -> None:
    response = Served().get("/allocator/explain?framework=f1&role=a&agent=n1")

    assert response.status == 200
    (explanation,) = json.loads(response.body)["explanations"]
    assert [each["reason"] for each in explanation["blockers"]] == ["suppressed"]


def test_who_is_watched_through_the_actor_has_a_ledger_in_the_answer() -> None:
    served = Served()
    served.node.dispatch(served.pid, AllocatorProcess.watch, F1)
    served.simulation.settle()

    assert "ledger" in json.loads(served.get("/allocator/explain?framework=f1").body)

    served.node.dispatch(served.pid, AllocatorProcess.unwatch, F1)
    served.simulation.settle()

    assert "ledger" not in json.loads(served.get("/allocator/explain?framework=f1").body)
