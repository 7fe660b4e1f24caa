"""Who may ask an actor what: firewall, realms, authorization, and the order of requests that wait for them."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field

import pytest

from libprocess_py.future import Future, Promise
from libprocess_py.http.authentication import (
    READ_REALM,
    Authenticated,
    BasicAuthenticator,
    CombinedAuthenticator,
    Forbidden,
    Unauthorized,
    Verdict,
)
from libprocess_py.http.firewall import DisabledEndpoints
from libprocess_py.http.request import Request
from libprocess_py.http.response import Response
from libprocess_py.node import Node, NodeOptions
from libprocess_py.process import Process
from tests.conformance.runtime.harness import Harness

REALM = "vault"


class Vault(Process):
    """One route for everybody, one for those who are known, one for those who may."""

    def __init__(self) -> None:
        super().__init__("vault")
        self.seen: list[str] = []
        self.permission: Promise[bool] = Promise()
        self.door: Promise[Response] = Promise()

    def initialize(self) -> None:
        self.route("/", self.show, help="Open.")
        self.route("/known", self.show, help="For those who are known.", realm=REALM)
        self.route("/allowed", self.show, help="For those who may.", realm=REALM, authorize=self.may)
        self.route("/asked", self.show, help="Asks somebody first.", authorize=lambda _: self.permission)
        self.route("/door", lambda _: self.door, help="Waits.", realm=REALM)

    def show(self, request: Request) -> Response:
        self.seen.append(f"{request.path} {request.principal}")
        return Response.text(200, str(request.principal))

    def may(self, request: Request) -> bool:
        return request.principal == "ada"


@dataclass
class Slow:
    """Answers when the test says so, in the order that the test chooses."""

    verdicts: dict[str, Promise[Verdict]] = field(default_factory=dict)

    def authenticate(self, request: Request) -> Future[Verdict]:
        return self.verdicts.setdefault(request.headers["name"], Promise())


@dataclass
class Always:
    """One verdict for everybody."""

    verdict: Verdict

    def authenticate(self, request: Request) -> Verdict:
        return self.verdict


class Broken:
    """Fails."""

    def authenticate(self, request: Request) -> Verdict:
        raise RuntimeError("the directory of users is not there")


def a_vault(harness: Harness, options: NodeOptions | None = None) -> tuple[Node, Vault]:
    node, vault = harness.node(options), Vault()
    node.spawn(vault)
    harness.settle()
    return node, vault


def ask(node: Node, path: str, **headers: str) -> Future[Response]:
    return node.request(Request("GET", path, headers=headers))


def got(harness: Harness, future: Future[Response]) -> Response:
    harness.until(lambda: not future.is_pending)
    return future.get()


def basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


def test_a_realm_without_an_authenticator_leaves_its_routes_open(harness: Harness) -> None:
    node, _ = a_vault(harness)

    assert got(harness, ask(node, "/vault/known")).body == b"None"


def test_a_handler_sees_who_asks(harness: Harness) -> None:
    node, _ = a_vault(harness)
    node.authenticators.set(REALM, BasicAuthenticator(REALM, {"ada": "lovelace"}))

    assert got(harness, ask(node, "/vault/known", authorization=basic("ada", "lovelace"))).body == b"ada"
    assert got(harness, ask(node, "/vault")).body == b"None"


@pytest.mark.parametrize(
    "header",
    ["", "Basic", "Basic %%%", "Bearer abc", basic("ada", ""), basic("ada", "byron"), basic("", ""), basic("eve", "")],
)
def test_who_is_not_known_is_asked_to_show_something_and_never_reaches_the_actor(harness: Harness, header: str) -> None:
    node, vault = a_vault(harness)
    node.authenticators.set(REALM, BasicAuthenticator(REALM, {"ada": "lovelace"}))

    response = got(harness, ask(node, "/vault/known", authorization=header))

    assert response.status == 401
    assert response.header("www-authenticate") == 'Basic realm="vault"'
    assert vault.seen == []


def test_who_is_forbidden_is_told_why(harness: Harness) -> None:
    node, vault = a_vault(harness)
    node.authenticators.set(REALM, Always(Forbidden(message="Not on a Sunday.")))

    response = got(harness, ask(node, "/vault/known"))

    assert (response.status, response.body) == (403, b"Not on a Sunday.")
    assert vault.seen == []


def test_an_authenticator_may_be_replaced_and_taken_away(harness: Harness) -> None:
    node, _ = a_vault(harness)
    node.authenticators.set(REALM, Always(Forbidden()))
    node.authenticators.set(REALM, Always(Authenticated(principal="bob")))
    assert got(harness, ask(node, "/vault/known")).body == b"bob"

    node.authenticators.set(REALM, None)

    assert got(harness, ask(node, "/vault/known")).body == b"None"


def test_of_several_authenticators_the_first_that_knows_who_asks_decides(harness: Harness) -> None:
    node, _ = a_vault(harness)
    slow = Slow()
    unknown = Unauthorized(challenges=("Bearer",))
    node.authenticators.set(REALM, CombinedAuthenticator(Always(unknown), Always(Forbidden()), slow))
    future = ask(node, "/vault/known", name="a")
    harness.settle()

    slow.verdicts["a"].set(Authenticated(principal="ada"))

    assert got(harness, future).body == b"ada"


def test_of_several_authenticators_that_know_nobody_all_challenges_are_shown(harness: Harness) -> None:
    node, _ = a_vault(harness)
    challenges = [Always(Unauthorized(challenges=(name,))) for name in ("Bearer", "Basic")]
    node.authenticators.set(REALM, CombinedAuthenticator(*challenges, Always(Forbidden(message="No."))))

    response = got(harness, ask(node, "/vault/known"))

    assert response.status == 401
    assert response.headers == (("WWW-Authenticate", "Bearer"), ("WWW-Authenticate", "Basic"))


def test_several_refusals_and_no_challenge_are_a_refusal(harness: Harness) -> None:
    node, _ = a_vault(harness)
    both = CombinedAuthenticator(Always(Forbidden(message="No.")), Always(Forbidden(message="Never.")))
    node.authenticators.set(REALM, both)

    response = got(harness, ask(node, "/vault/known"))

    assert (response.status, response.body) == (403, b"No. Never.")


def test_an_authenticator_that_fails_lets_nobody_in(harness: Harness) -> None:
    node, vault = a_vault(harness)
    node.authenticators.set(REALM, Broken())

    response = got(harness, ask(node, "/vault/known"))

    assert response.status == 500
    assert b"directory" not in response.body
    assert vault.seen == []


def test_an_authenticator_that_gives_up_or_is_gone_lets_nobody_in(harness: Harness) -> None:
    node, vault = a_vault(harness)
    slow = Slow()
    node.authenticators.set(REALM, slow)
    futures = [ask(node, "/vault/known", name="first"), ask(node, "/vault/known", name="second")]
    harness.settle()

    slow.verdicts["first"].set_discarded()
    slow.verdicts["second"].abandon()

    assert [got(harness, future).status for future in futures] == [503, 503]
    assert vault.seen == []


def test_an_actor_sees_requests_in_the_order_in_which_they_came_however_late_some_are_known(harness: Harness) -> None:
    node, vault = a_vault(harness)
    slow = Slow()
    node.authenticators.set(REALM, slow)
    futures = [
        ask(node, "/vault/known", name="first"),
        ask(node, "/vault/known", name="second"),
        ask(node, "/vault"),
        ask(node, "/vault/none"),
    ]
    harness.settle()
    slow.verdicts["second"].set(Authenticated(principal="second"))
    harness.settle()
    assert [future.is_pending for future in futures] == [True] * 4

    slow.verdicts["first"].set(Authenticated(principal="first"))
    answers = [got(harness, future).status for future in futures]

    assert answers == [200, 200, 200, 404]
    assert vault.seen == ["/known first", "/known second", " None"]


def test_who_is_turned_away_holds_up_nobody(harness: Harness) -> None:
    node, vault = a_vault(harness)
    slow = Slow()
    node.authenticators.set(REALM, slow)
    first, second = ask(node, "/vault/known", name="first"), ask(node, "/vault/known", name="second")
    harness.settle()

    slow.verdicts["second"].set(Authenticated(principal="second"))
    slow.verdicts["first"].set(Forbidden())

    assert (got(harness, first).status, got(harness, second).status) == (403, 200)
    assert vault.seen == ["/known second"]


def test_a_client_that_gives_up_while_it_is_being_recognized_is_no_longer_asked_about(harness: Harness) -> None:
    node, _ = a_vault(harness)
    slow = Slow()
    node.authenticators.set(REALM, slow)
    future = ask(node, "/vault/known", name="first")
    harness.settle()

    future.discard()

    assert slow.verdicts["first"].discard_requested


def test_a_client_that_gives_up_leaves_its_place_though_the_authenticator_says_nothing(harness: Harness) -> None:
    node, vault = a_vault(harness)
    node.authenticators.set(REALM, Slow())
    first, second = ask(node, "/vault/known", name="first"), ask(node, "/vault")
    harness.settle()
    assert second.is_pending

    first.discard()

    assert got(harness, second).status == 200
    assert vault.seen == [" None"]


def test_those_who_wait_to_be_recognized_are_answered_when_the_actor_ends(harness: Harness) -> None:
    node, vault = a_vault(harness)
    node.authenticators.set(REALM, Slow())
    future = ask(node, "/vault/known", name="first")
    harness.settle()

    node.terminate(vault.pid)

    assert got(harness, future).status == 404


def test_who_is_known_may_still_not_be_allowed(harness: Harness) -> None:
    node, vault = a_vault(harness)
    node.authenticators.set(REALM, BasicAuthenticator(REALM, {"ada": "a", "bob": "b"}))

    ada = got(harness, ask(node, "/vault/allowed", authorization=basic("ada", "a")))
    bob = got(harness, ask(node, "/vault/allowed", authorization=basic("bob", "b")))

    assert (ada.status, bob.status) == (200, 403)
    assert vault.seen == ["/allowed ada"]


def test_permission_may_take_its_time(harness: Harness) -> None:
    node, vault = a_vault(harness)
    future = ask(node, "/vault/asked")
    harness.settle()
    assert vault.seen == []

    vault.permission.set(False)

    assert got(harness, future).status == 403
    assert vault.seen == []


def test_the_operator_may_ask_for_permission_where_the_route_does_not(harness: Harness) -> None:
    node, vault = a_vault(harness)
    node.authorizers["/vault"] = lambda request: request.peer == "10.0.0.1"
    node.authorizers["/metrics/snapshot"] = lambda _: False

    refused = ask(node, "/vault")
    allowed = node.request(Request("GET", "/vault", peer="10.0.0.1"))

    assert (got(harness, refused).status, got(harness, allowed).status) == (403, 200)
    assert got(harness, ask(node, "/metrics/snapshot")).status == 403
    assert vault.seen == [" None"]


def test_the_pages_of_the_runtime_can_be_closed_to_strangers(harness: Harness) -> None:
    node, _ = a_vault(harness)
    node.authenticators.set(READ_REALM, BasicAuthenticator(READ_REALM, {"ada": "lovelace"}))

    statuses = [
        got(harness, ask(node, path)).status for path in ("/metrics/snapshot", "/__processes__", "/help", "/help/vault")
    ]

    assert statuses == [401] * 4
    assert got(harness, ask(node, "/metrics/snapshot", authorization=basic("ada", "lovelace"))).status == 200


def test_a_request_that_came_before_its_route_passes_its_guards_too(harness: Harness) -> None:
    node, vault = harness.node(), Vault()
    node.authenticators.set(REALM, Always(Forbidden()))
    node.firewall.append(DisabledEndpoints(["/vault"]))
    node.spawn(vault)
    futures = [ask(node, path) for path in ("/vault/known", "/vault", "/vault/asked")]
    harness.settle()

    vault.permission.set(True)

    assert [got(harness, future).status for future in futures] == [403, 403, 200]
    assert vault.seen == ["/asked None"]


@pytest.mark.parametrize(
    "target", ["/vault/known", "/vault/known/", "//vault/known", "/vault/%6bnown", "/vault/known/x"]
)
def test_a_disabled_endpoint_is_refused_however_it_is_spelled(harness: Harness, target: str) -> None:
    node, vault = a_vault(harness)
    node.firewall.append(DisabledEndpoints(["/vault/known", "/metrics/snapshot"]))

    response = got(harness, ask(node, target))

    assert (response.status, response.body) == (403, b"Endpoint '/vault/known' is disabled.")
    assert vault.seen == []
    assert node.metrics.counter("libprocess/http/barred").value == 1


def test_a_disabled_endpoint_is_refused_through_the_delegate_and_others_are_not(harness: Harness) -> None:
    node, _ = a_vault(harness, NodeOptions(delegate="vault"))
    node.firewall.append(DisabledEndpoints(["/vault/known", "/metrics/snapshot"]))

    statuses = [got(harness, ask(node, path)).status for path in ("/known", "/metrics/snapshot", "/vault", "/")]

    assert statuses == [403, 403, 200, 200]


def test_the_first_rule_with_a_reason_decides(harness: Harness) -> None:
    node, _ = a_vault(harness)
    node.firewall.append(lambda request, endpoint: None)
    node.firewall.append(lambda request, endpoint: f"first, {endpoint} {request.path}")
    node.firewall.append(lambda request, endpoint: "second")

    assert got(harness, ask(node, "/vault/known/more")).body == b"first, /vault/known /vault/known/more"
