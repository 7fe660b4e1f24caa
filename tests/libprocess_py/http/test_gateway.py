"""The way of a request to its actor, where it takes time."""

from __future__ import annotations

from libprocess_py.future import Future, Promise
from libprocess_py.http.authentication import Authenticated, Verdict
from libprocess_py.http.gateway import ADMISSION_NS_MAX
from libprocess_py.http.request import Request
from libprocess_py.http.response import Response
from libprocess_py.process import Process
from libprocess_py.sim import Simulation

REALM = "vault"


class Vault(Process):
    def __init__(self) -> None:
        super().__init__("vault")

    def initialize(self) -> None:
        self.route("/known", lambda request: Response.text(200, str(request.principal)), help="Closed.", realm=REALM)
        self.route("/open", lambda _: Response.text(200, "open"), help="Open.")


class Silent:
    """Never says who anybody is, until the test does."""

    def __init__(self) -> None:
        self.verdicts: list[Promise[Verdict]] = []

    def authenticate(self, request: Request) -> Future[Verdict]:
        self.verdicts.append(Promise())
        return self.verdicts[-1]


def test_an_authenticator_that_never_answers_holds_nobody_up_for_ever() -> None:
    simulation, silent = Simulation(seed=1), Silent()
    node = simulation.node("10.0.0.1")
    node.spawn(Vault())
    node.authenticators.set(REALM, silent)
    simulation.settle()
    closed, behind = (node.request(Request("GET", path)) for path in ("/vault/known", "/vault/open"))

    simulation.advance(ADMISSION_NS_MAX - 1)
    assert [closed.is_pending, behind.is_pending] == [True, True]
    simulation.advance(1)

    assert [closed.get().status, behind.get().status] == [503, 200]
    assert silent.verdicts[0].discard_requested
    silent.verdicts[0].set(Authenticated(principal="late"))
    simulation.settle()
    assert closed.get().status == 503


def test_nothing_is_left_of_an_admission_that_came_in_time() -> None:
    simulation, silent = Simulation(seed=1), Silent()
    node = simulation.node("10.0.0.1")
    node.spawn(Vault())
    node.authenticators.set(REALM, silent)
    simulation.settle()
    asked = node.request(Request("GET", "/vault/known"))

    silent.verdicts[0].set(Authenticated(principal="ada"))
    simulation.settle()

    assert asked.get().body == b"ada"
    assert len(node.kernel.timers) == 0
