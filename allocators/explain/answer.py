"""`GET /explain` of the allocator: the question in the query, the answer as JSON or, with `format=text`, for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from allocators.explain.explained import ExplainedPolicy
from allocators.explain.explanation import Explanation
from allocators.explain.sentences import paragraphs, sentence
from libprocess_py.duration import format_duration
from libprocess_py.http.request import Request
from libprocess_py.http.response import Response
from libprocess_py.message import to_builtins
from mesos_py.protocol.ids import AgentId, FrameworkId
from mesos_py.protocol.values import shown

HELP: Final = (
    "Why a framework is offered nothing: ?framework=ID [&role=ROLE] [&agent=ID] [&format=text]. "
    "Without a role: under each that the framework has."
)
FORMATS: Final = ("json", "text")
PARAMETERS: Final = ("framework", "role", "agent", "format")


def answer(policy: object, request: Request, *, now: int) -> Response:
    """What to say to that request."""
    if not isinstance(policy, ExplainedPolicy):
        return Response.text(501, "This allocation policy does not explain itself.\n")
    if problem := _problem(request.query):
        return Response.text(400, f"{problem}\n")
    query = request.query
    framework_id = FrameworkId(query["framework"])
    agent_id = AgentId(query["agent"]) if "agent" in query else None
    roles = (query["role"],) if "role" in query else policy.roles_of(framework_id)
    explanations = [policy.explain(framework_id, role, agent_id=agent_id, now=now) for role in roles]
    if not explanations:
        return Response.text(404, f"framework {shown(framework_id)}: there is none\n")
    if query.get("format", "json") == "text":
        return Response.text(200, "".join(f"{line}\n" for each in explanations for line in _lines(each)))
    ledger = policy.ledger(framework_id)
    told: dict[str, Any] = {"explanations": [as_json(each) for each in explanations]}
    return Response.json(told if ledger is None else {**told, "ledger": to_builtins(ledger)})


def _problem(query: Mapping[str, str]) -> str | None:
    for name in query:
        if name not in PARAMETERS:
            return f"query {shown(name)}: expected one of {', '.join(PARAMETERS)}"
    if not query.get("framework"):
        return "query framework: expected the id of a framework"
    if query.get("format", "json") not in FORMATS:
        return f"query format: expected one of {', '.join(FORMATS)}, got {shown(query['format'])}"
    return None


def as_json(explanation: Explanation) -> dict[str, Any]:
    """The record, with a sentence beside each reason."""
    told: dict[str, Any] = to_builtins(explanation)
    groups = [(explanation.blockers, told)]
    groups += [(agent.blockers, row) for agent, row in zip(explanation.agents, told.get("agents", ()), strict=True)]
    for blockers, row in groups:
        for blocker, fields in zip(blockers, row.get("blockers", ()), strict=True):
            fields["sentence"] = sentence(blocker, relative(explanation.now))
    return told


def _lines(explanation: Explanation) -> tuple[str, ...]:
    return tuple(paragraphs(explanation, relative(explanation.now)))


def relative(now: int) -> Callable[[int], str]:
    """Times as people tell them: how far they are from now."""

    def tell(time: int) -> str:
        if time == now:
            return "now"
        distance = format_duration(abs(time - now))
        return f"in {distance}" if time > now else f"{distance} ago"

    return tell
