"""Attribute constraints of a framework, compiled once and asked for every agent (AL-17)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from allocators.hierarchical.expressions import DEFAULT_LIMITS, Expression, ExpressionLimits
from mesos_py.protocol.agent import AgentInfo
from mesos_py.protocol.offer_constraints import (
    AttributeConstraint,
    OfferConstraints,
    Predicate,
    Pseudo,
    RoleConstraints,
)

# Does it hold for the agent?
Claim: TypeAlias = Callable[[AgentInfo], bool]


class CompiledConstraints:
    """The constraints of one framework. By default there are none."""

    __slots__ = ("_groups", "_source")

    def __init__(self, constraints: OfferConstraints | None = None, limits: ExpressionLimits = DEFAULT_LIMITS) -> None:
        """ValueError naming what is malformed: empty lists of groups, empty groups, bad expressions."""
        self._source = constraints or OfferConstraints()
        self._groups: dict[str, tuple[tuple[Claim, ...], ...]] = {}
        for each in constraints.roles if constraints is not None else ():
            if each.role in self._groups:
                raise ValueError(f"constraints of role {each.role!r}: given twice")
            self._groups[each.role] = _compile_role(each, limits)

    @property
    def source(self) -> OfferConstraints:
        """What was compiled."""
        return self._source

    def exclude(self, role: str, agent: AgentInfo) -> bool:
        """Does the framework not want to hear of the agent under that role?"""
        groups = self._groups.get(role)
        return groups is not None and not any(all(claim(agent) for claim in group) for group in groups)

    def failing(self, role: str, agent: AgentInfo) -> tuple[tuple[int, AttributeConstraint], ...]:
        """Why the agent is excluded: every constraint that does not hold, with the number of its group."""
        if not self.exclude(role, agent):
            return ()
        (groups,) = (each.groups for each in self._source.roles if each.role == role)
        return tuple(
            (number, constraint)
            for number, group in enumerate(groups)
            for constraint, claim in zip(group.constraints, self._groups[role][number], strict=True)
            if not claim(agent)
        )


def problem_of(constraints: OfferConstraints, limits: ExpressionLimits = DEFAULT_LIMITS) -> str | None:
    """What is malformed, as a sentence, or None: for those who validate before they tell the allocator."""
    try:
        CompiledConstraints(constraints, limits)
    except ValueError as error:
        return str(error)
    return None


def _compile_role(constraints: RoleConstraints, limits: ExpressionLimits) -> tuple[tuple[Claim, ...], ...]:
    if not constraints.groups:
        raise ValueError(f"constraints of role {constraints.role!r}: expected at least one group")
    for group in constraints.groups:
        if not group.constraints:
            raise ValueError(f"constraints of role {constraints.role!r}: expected no empty group")
    return tuple(
        tuple(_compile(constraint, limits) for constraint in group.constraints) for group in constraints.groups
    )


def _compile(constraint: AttributeConstraint, limits: ExpressionLimits) -> Claim:
    if constraint.pseudo is None and not constraint.attribute:
        raise ValueError("constraint: expected the name of an attribute or a pseudo attribute")
    if constraint.predicate is Predicate.EXISTS:
        return lambda agent: _look_up(agent, constraint)[0]
    if constraint.predicate is Predicate.NOT_EXISTS:
        return lambda agent: not _look_up(agent, constraint)[0]
    holds = _text_predicate(constraint, limits)
    holds_if_absent = constraint.predicate in NEGATIVE

    def claim(agent: AgentInfo) -> bool:
        is_there, text = _look_up(agent, constraint)
        if not is_there:
            return holds_if_absent
        return text is None or holds(text)

    return claim


NEGATIVE: Final = (Predicate.TEXT_NOT_EQUALS, Predicate.TEXT_NOT_MATCHES)


def _text_predicate(constraint: AttributeConstraint, limits: ExpressionLimits) -> Callable[[str], bool]:
    value = constraint.value
    if constraint.predicate is Predicate.TEXT_EQUALS:
        return lambda text: text == value
    if constraint.predicate is Predicate.TEXT_NOT_EQUALS:
        return lambda text: text != value
    expression = Expression(value, limits)
    if constraint.predicate is Predicate.TEXT_MATCHES:
        return expression.matches
    return lambda text: not expression.matches(text)


def _look_up(agent: AgentInfo, constraint: AttributeConstraint) -> tuple[bool, str | None]:
    """Is the value there, and its text if it is text. Of several attributes of a name the first counts."""
    if constraint.pseudo is not None:
        text = PSEUDO[constraint.pseudo](agent)
        return text is not None, text
    attribute = agent.attributes.get(constraint.attribute)
    return attribute is not None, None if attribute is None else attribute.text


PSEUDO: Final[Mapping[Pseudo, Callable[[AgentInfo], str | None]]] = {
    Pseudo.HOSTNAME: lambda agent: agent.hostname,
    Pseudo.REGION: lambda agent: agent.region,
    Pseudo.ZONE: lambda agent: agent.zone,
}
