"""Explanations in sentences, for people."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from allocators.explain.blockers import (
    AgentGone,
    AgentInactive,
    AgentLacksCapability,
    AwaitsRun,
    BelowMinimum,
    Blocker,
    ConstraintFailed,
    ForbiddenByPolicy,
    FrameworkInactive,
    FrameworkLacksCapability,
    FrameworkUnknown,
    HeldAsHeadroom,
    InUse,
    LimitReached,
    NoAgents,
    NotSubscribed,
    NotWhitelisted,
    OfferedTo,
    Overcommitted,
    Paused,
    Recovering,
    Refused,
    ReservedForOther,
    SharedOnce,
    Suppressed,
)
from allocators.explain.explanation import AgentExplanation, Explanation
from mesos_py.protocol.offer_constraints import AttributeConstraint, Predicate

# How a time is told: the node's nanoseconds to a phrase such as "in 5secs".
When = Callable[[int], str]
AGENTS_TOLD_MAX: Final = 20  # In sentences. Whoever wants all of them asks for JSON.


def sentence(blocker: Blocker, when: When) -> str:
    """The reason, as a sentence without its full stop."""
    text = _about_resources(blocker, when)
    return text if text is not None else _about_others(blocker)


def _about_resources(blocker: Blocker, when: When) -> str | None:
    match blocker:
        case Refused():
            return f"the framework refused {blocker.resources}; that ends {_when(blocker.until, when)}"
        case OfferedTo():
            since = "for long" if blocker.since is None else f"(offered {when(blocker.since)})"
            return f"{blocker.resources} is offered to {_holder(blocker)} {since}{_standings(blocker)}"
        case InUse():
            return f"{blocker.resources} is in use by {_holder(blocker)}"
        case ReservedForOther():
            return f"{blocker.resources} is reserved for role {blocker.role}"
        case Overcommitted():
            return f"the agent has {blocker.resources} less than what is held there"
        case BelowMinimum():
            least = " or ".join(str(each) for each in blocker.minimum) or "anything at all"
            return f"what is left, {_amount(blocker.resources)}, is no offer: it would have to contain {least}"
        case SharedOnce():
            return f"{blocker.resources} was offered to somebody else in the last run, and is offered once in each"
        case LimitReached():
            then = "had" if blocker.last_run else "has"
            return f"role {blocker.role} may have {blocker.limits} at most, and {then} {_amount(blocker.consumed)}"
        case HeldAsHeadroom():
            owed = ", ".join(f"{each.role} ({each.quantities})" for each in blocker.roles)
            then = "was" if blocker.last_run else "is"
            free = _amount(blocker.available)
            return f"of {free} that is free in the cluster, it {then} kept for what guarantees lack: {owed}"
        case AwaitsRun():
            run = _when(blocker.until, when)
            return f"nothing is in the way: the next run, {run} at the latest, offers it to whoever comes first"
        case Recovering():
            return (
                f"after a failover {blocker.agents_known} agents are back, and offers wait for {blocker.agents_needed} "
                f"of them or end {_when(blocker.until, when)}"
            )
    return None


def _about_others(blocker: Blocker) -> str:
    match blocker:
        case NotSubscribed():
            return f"the framework does not have the role; it has {', '.join(blocker.roles)}"
        case NotWhitelisted():
            return f"host {blocker.hostname} is not in the whitelist"
        case AgentLacksCapability():
            return f"the agent lacks the capability {blocker.capability}"
        case FrameworkLacksCapability():
            hidden = f"; {blocker.resources} is hidden from it" if blocker.resources else ""
            return f"the framework lacks the capability {blocker.capability.value}{hidden}"
        case ConstraintFailed():
            return f"a constraint of the framework (group {blocker.group}) does not hold: {_claim(blocker.constraint)}"
    return PLAIN[type(blocker)]


PLAIN: Final[dict[type[Blocker], str]] = {
    AgentGone: "there is no such agent",
    AgentInactive: "the agent is not active",
    ForbiddenByPolicy: "the policy keeps the agent from this role",
    FrameworkInactive: "the framework is not active",
    FrameworkUnknown: "there is no such framework",
    NoAgents: "there are no agents",
    Paused: "the allocator is paused",
    Suppressed: "the framework suppressed offers under the role",
}


def _holder(blocker: OfferedTo | InUse) -> str:
    return f"framework {blocker.framework_id} under role {blocker.role}"


def _standings(blocker: OfferedTo) -> str:
    if blocker.ours is None or blocker.theirs is None:
        return ""
    ours, theirs = blocker.ours, blocker.theirs
    return f" (share of {theirs.path} {theirs.share:.4g}, of {ours.path} {ours.share:.4g})"


def _when(time: int | None, when: When) -> str:
    return "some time" if time is None else when(time)


def _amount(amount: object) -> str:
    return str(amount) or "nothing"


CLAIMS: Final = {
    Predicate.EXISTS: "is there",
    Predicate.NOT_EXISTS: "is not there",
    Predicate.TEXT_EQUALS: "equals",
    Predicate.TEXT_NOT_EQUALS: "does not equal",
    Predicate.TEXT_MATCHES: "matches",
    Predicate.TEXT_NOT_MATCHES: "does not match",
}


def _claim(constraint: AttributeConstraint) -> str:
    name = constraint.attribute if constraint.pseudo is None else f"@{constraint.pseudo.value}"
    value = f" {constraint.value!r}" if constraint.value else ""
    return f"{name} {CLAIMS[constraint.predicate]}{value}"


def summary(explanation: Explanation, when: When) -> Iterator[str]:
    """The answer without its reasons: how it stands, what is nearest, what time alone does."""
    offered = [agent for agent in explanation.agents if agent.offered]
    yield f"Framework {explanation.framework_id} under role {explanation.role}: {_verdict(explanation, len(offered))}."
    if (counters := explanation.counters) is not None:
        yield (
            f"It took part in {_counted(counters.runs, 'run')}, which made {_counted(counters.offers, 'offer')} to it"
            f" under the role and {counters.offers_to_others or 'none'} to others."
        )
    if explanation.nearest is not None and len(explanation.agents) > 1:
        yield f"Nearest to an offer is agent {explanation.nearest}."
    if explanation.earliest is not None:
        yield f"Time alone clears the way, {when(explanation.earliest)} at the earliest."
    elif explanation.next_change is not None:
        yield f"Something ends by itself {when(explanation.next_change)}, but that is not enough."


def paragraphs(explanation: Explanation, when: When) -> Iterator[str]:
    """The whole answer, line by line."""
    yield from summary(explanation, when)
    for blocker in explanation.blockers:
        yield f"- {sentence(blocker, when)}."
    for agent in explanation.agents[:AGENTS_TOLD_MAX]:
        yield from _agent_lines(agent, when)
    if len(explanation.agents) > AGENTS_TOLD_MAX:
        yield f"... and {explanation.agents_total - AGENTS_TOLD_MAX} more agents. How often each reason stands:"
        for count in explanation.counts:
            yield f"- {count.reason}: {count.agents} agents"


def _verdict(explanation: Explanation, offered: int) -> str:
    made = f"so far it was made {_counted(explanation.offers_made, 'offer')}"
    return f"{_counted(offered, 'open offer')}; {made}"


def _counted(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


def _agent_lines(agent: AgentExplanation, when: When) -> Iterator[str]:
    if agent.offered:
        since = "" if agent.since is None else f" ({when(agent.since)})"
        yield f"Agent {agent.agent_id}: {agent.offered} is offered to it{since}."
        return
    if not agent.blockers:
        yield f"Agent {agent.agent_id}: nothing of its own is in the way."
        return
    yield f"Agent {agent.agent_id}:"
    for blocker in agent.blockers:
        yield f"- {sentence(blocker, when)}."
