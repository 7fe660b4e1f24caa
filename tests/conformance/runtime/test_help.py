"""The pages about what can be asked of a node."""

from __future__ import annotations

import json

import pytest

from libprocess_py.http.help import Help
from libprocess_py.http.request import Request
from libprocess_py.http.response import Response
from libprocess_py.node import Node, NodeOptions
from libprocess_py.process import Process
from tests.conformance.runtime.harness import Harness

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


class Shop(Process):
    """Two routes, one of them told about in full."""

    def __init__(self, id: str = "shop") -> None:
        super().__init__(id)

    def initialize(self) -> None:
        help = Help(tldr="Buys <something>.", description="`amount=N`", authorization="Customers only.")
        self.route("/buy", self.answer, help=help, realm="till")
        self.route("/look", self.answer, help="Shows everything.", authorize=lambda _: True)

    def answer(self, _: Request) -> Response:
        return Response(200)


def page(harness: Harness, node: Node, *, path: str, accept: str = "*/*") -> Response:
    request = Request.of("GET", path, headers={"accept": accept}, body=b"", peer="127.0.0.1")
    future = node.request(request)
    harness.until(lambda: not future.is_pending)
    return future.get()


def test_the_list_names_every_route_of_every_actor_those_of_the_runtime_too(harness: Harness) -> None:
    node = harness.node()
    node.spawn(Shop())

    text = page(harness, node, path="/help").body.decode()

    assert "- [/shop/buy](/help/shop/buy): Buys <something>." in text
    for path in ("/__processes__", "/help", "/logging/toggle", "/metrics/snapshot", "/shop/look"):
        assert f"[{path}](/help{path})" in text


def test_a_page_tells_all_that_is_known_of_a_route(harness: Harness) -> None:
    node = harness.node()
    node.spawn(Shop())

    response = page(harness, node, path="/help/shop/buy")

    assert response.content_type == "text/markdown; charset=utf-8"
    assert response.body.decode() == (
        "## Usage\n\n    /shop/buy\n\n## TL;DR\n\nBuys <something>.\n\n## Description\n\n`amount=N`\n\n"
        "## Authentication\n\nWho asks has to be known in the realm `till`, if the node's operator says so.\n\n"
        "## Authorization\n\nCustomers only.\n"
    )
    assert "Not everybody may." in page(harness, node, path="/help/shop/look").body.decode()


def test_one_actor_can_be_asked_about(harness: Harness) -> None:
    node = harness.node()
    node.spawn(Shop())
    node.spawn(Shop("a/b (1)"))

    text = page(harness, node, path="/help/shop").body.decode()

    assert "/shop/buy" in text
    assert "(1)" not in text
    assert "Shows everything." in page(harness, node, path="/help/a%2Fb%20(1)/look").body.decode()


@pytest.mark.parametrize("path", ["/help", "/help/shop", "/help/shop/buy"])
def test_browsers_get_html_in_which_nothing_is_taken_for_markup(harness: Harness, path: str) -> None:
    node = harness.node()
    node.spawn(Shop())

    response = page(harness, node, path=path, accept=BROWSER)

    assert response.content_type == "text/html; charset=utf-8"
    assert b"Buys &lt;something&gt;." in response.body
    assert b"<something>" not in response.body


def test_programs_get_json(harness: Harness) -> None:
    node = harness.node()
    node.spawn(Shop())

    asked = json.loads(page(harness, node, path="/help", accept="application/json").body)
    named = json.loads(page(harness, node, path="/help/shop/look?format=json").body)

    assert [process["id"] for process in asked["processes"]] == ["__processes__", "help", "logging", "metrics", "shop"]
    assert [endpoint["name"] for endpoint in named["processes"][0]["endpoints"]] == ["/look"]


def test_a_form_that_there_is_not_is_refused(harness: Harness) -> None:
    node = harness.node()

    assert page(harness, node, path="/help?format=pdf").status == 406
    assert page(harness, node, path="/help", accept="application/pdf").status == 406


def test_help_is_gone_with_its_actor(harness: Harness) -> None:
    node = harness.node()
    pid = node.spawn(Shop())
    assert page(harness, node, path="/help/shop/buy").status == 200

    node.terminate(pid)
    harness.settle()

    assert page(harness, node, path="/help/shop/buy").status == 404
    assert page(harness, node, path="/help/shop").status == 404
    assert b"shop" not in page(harness, node, path="/help").body


def test_the_bare_root_of_a_node_is_the_list_unless_its_delegate_answers(harness: Harness) -> None:
    alone, with_delegate, with_root = (
        harness.node(),
        harness.node(NodeOptions(delegate="shop")),
        harness.node(NodeOptions(delegate="root")),
    )
    with_delegate.spawn(Shop())
    with_root.spawn(Root())
    harness.settle()

    assert b"/metrics/snapshot" in page(harness, alone, path="/").body
    assert b"/shop/buy" in page(harness, with_delegate, path="/").body
    assert page(harness, with_root, path="/").body == b"mine"
    assert page(harness, with_root, path="/help").status == 200


class Root(Process):
    """Answers at its root."""

    def __init__(self) -> None:
        super().__init__("root")

    def initialize(self) -> None:
        self.route("/", lambda _: Response.text(200, "mine"), help="Mine.")
