"""The endpoint's answers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from allocators.explain.answer import answer, relative
from libprocess_py.http.request import Request
from libprocess_py.http.response import Response
from tests.support.explained import F1, Explained


def asked(scene: Explained, target: str) -> Response:
    request = Request.of("GET", f"/allocator/explain{target}", headers={}, body=b"", peer="")
    return answer(scene.allocator, request, now=scene.stage.now)


def told(scene: Explained, target: str) -> dict[str, Any]:
    response = asked(scene, target)
    assert response.status == 200, response.body
    document: dict[str, Any] = json.loads(response.body)
    return document


@pytest.fixture
def scene() -> Explained:
    scene = Explained()
    scene.framework("f1", "a", "b", suppressed_roles=["b"])
    scene.agent("n1")
    scene.agent("n2")
    scene.give_back("f1", filter_seconds=30)
    return scene


def test_json_names_each_reason_with_its_fields_and_a_sentence(scene: Explained) -> None:
    (explanation,) = told(scene, "?framework=f1&role=a&agent=n1")["explanations"]
    (agent,) = explanation["agents"]
    (blocker,) = agent["blockers"]

    assert blocker["reason"] == "refused"
    assert blocker["until"] == 30_000_000_000
    assert blocker["resources"][0]["name"] == "cpus"
    assert blocker["sentence"] == "the framework refused cpus:4;mem:1024; that ends in 30secs"


def test_without_a_role_every_role_of_the_framework_is_explained(scene: Explained) -> None:
    explanations = told(scene, "?framework=f1")["explanations"]

    assert [each["role"] for each in explanations] == ["a", "b"]
    assert [len(each["agents"]) for each in explanations] == [2, 2]
    assert [each["reason"] for each in explanations[1]["blockers"]] == ["suppressed"]


def test_the_text_is_for_people(scene: Explained) -> None:
    response = asked(scene, "?framework=f1&role=a&format=text")

    assert response.body.decode().splitlines() == [
        "Framework f1 under role a: no open offers; so far it was made 2 offers.",
        "It took part in 3 runs, which made 2 offers to it under the role and none to others.",
        "Nearest to an offer is agent n1.",
        "Time alone clears the way, in 30secs at the earliest.",
        "Agent n1:",
        "- the framework refused cpus:4;mem:1024; that ends in 30secs.",
        "Agent n2:",
        "- the framework refused cpus:4;mem:1024; that ends in 30secs.",
    ]


def test_a_watched_framework_comes_with_its_ledger(scene: Explained) -> None:
    assert "ledger" not in told(scene, "?framework=f1")

    scene.allocator.watch(F1)
    scene.do("advance_clock", seconds=1)

    assert told(scene, "?framework=f1")["ledger"]["runs"] == 1


@pytest.mark.parametrize(
    ("target", "status", "says"),
    [
        ("", 400, "query framework: expected the id of a framework"),
        ("?framework=", 400, "query framework: expected"),
        ("?framework=f1&format=xml", 400, "query format: expected one of json, text"),
        ("?framework=f1&roles=a", 400, "expected one of framework, role, agent, format"),
        ("?framework=f9", 404, "there is none"),
    ],
)
def test_a_question_that_makes_no_sense_is_told_what_was_expected(
    scene: Explained, target: str, *, status: int, says: str
) -> None:
    response = asked(scene, target)

    assert response.status == status
    assert says in response.body.decode()


def test_an_unknown_framework_under_a_role_is_explained(scene: Explained) -> None:
    (explanation,) = told(scene, "?framework=f9&role=a")["explanations"]

    assert [each["reason"] for each in explanation["blockers"]] == ["framework_unknown"]


def test_a_policy_that_does_not_explain_itself_says_so() -> None:
    request = Request.of("GET", "/allocator/explain?framework=f1", headers={}, body=b"", peer="")

    assert answer(object(), request, now=0).status == 501


def test_times_are_told_by_their_distance_from_now() -> None:
    tell = relative(5_000_000_000)

    assert [tell(5_000_000_000), tell(6_500_000_000), tell(0)] == ["now", "in 1500ms", "5secs ago"]
