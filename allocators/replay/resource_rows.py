"""Rows about the algebra of resources, quantities and limits: expressions, and checks of what they come to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from allocators.replay.expectations import shown_amounts
from allocators.replay.notation import notation_of, number_of, reservation_of, resources_of
from allocators.replay.reading import Fields, FormatError
from allocators.replay.verdict import Mismatch, compare, written
from mesos_py.protocol.quantities import Limits, Quantities
from mesos_py.protocol.resource_selection import find, shrink
from mesos_py.protocol.resources import Resources
from mesos_py.protocol.values import shown

TIMES_MAX: Final = 1_000_000  # Of a repetition: rounding errors would show long before.


def _popped(value: Resources) -> Resources:
    if value.unreserved():
        raise ValueError("pop_reservation: expected reserved resources only")
    return value.pop_reservation()


# Operators on resources whose further arguments are plain values, and how many of them there may be.
OPERATORS: Final[Mapping[str, tuple[range, Callable[..., Resources]]]] = {
    "reserved": (range(2), Resources.reserved),
    "unreserved": (range(1), Resources.unreserved),
    "revocable": (range(1), Resources.revocable),
    "non_revocable": (range(1), Resources.non_revocable),
    "shared": (range(1), Resources.shared),
    "non_shared": (range(1), Resources.non_shared),
    "persistent": (range(1), Resources.persistent),
    "scalars": (range(1), Resources.scalars),
    "get": (range(1, 2), Resources.get),
    "allocatable_to": (range(1, 2), Resources.allocatable_to),
    "allocate": (range(1, 2), Resources.allocate),
    "unallocate": (range(1), Resources.unallocate),
    "to_unreserved": (range(1), Resources.to_unreserved),
    "pop_reservation": (range(1), _popped),
    "push_reservation": (range(1, 2), lambda value, top: value.push_reservation(reservation_of(top))),
    "shrink_quantities": (range(1, 2), lambda value, target: shrink(value, Quantities.from_wire(target))),
    "shrink_limits": (range(1, 2), lambda value, target: shrink(value, Limits.from_wire(target))),
}

# Checks on plain amounts: how to read both sides, and what to ask.
Read = Callable[[object], Any]
AMOUNT_CHECKS: Final[Mapping[str, tuple[Read, Read, Callable[[Any, Any], Any]]]] = {
    "q+": (Quantities.from_wire, Quantities.from_wire, Quantities.__add__),
    "q-": (Quantities.from_wire, Quantities.from_wire, Quantities.__sub__),
    "q_contains": (Quantities.from_wire, Quantities.from_wire, Quantities.contains),
    "l-": (Limits.from_wire, Quantities.from_wire, Limits.__sub__),
    "l_contains": (Limits.from_wire, Limits.from_wire, Limits.contains),
    "l_contains_q": (Limits.from_wire, Quantities.from_wire, Limits.contains_quantities),
}


class Evaluator:
    """Works out the expressions of one row: ValueError for resources that cannot be, FormatError for what is none."""

    def __init__(self, row: Fields) -> None:
        self._row = row
        self._names = row.fields("let", optional=True).values

    def error(self, problem: str) -> FormatError:
        return self._row.error("check", problem)

    def resources(self, expression: object) -> Resources:
        """What the expression comes to."""
        found = self.found(expression)
        if found is None:
            raise ValueError("a search found too little")
        return found

    def found(self, expression: object) -> Resources | None:
        """The same. None if a search failed."""
        if isinstance(expression, str):
            if expression not in self._names:
                raise self.error(f"expected a name of `let`, got {shown(expression)}")
            return self.found(self._names[expression])
        if isinstance(expression, list) and expression and isinstance(expression[0], str):
            return self._apply(expression[0], expression[1:])
        return resources_of(expression)

    def _apply(self, operator: str, arguments: list[Any]) -> Resources | None:
        match operator, arguments:
            case "+", _:
                return Resources.sum(map(self.resources, arguments))
            case "-", [first, *others]:
                value = self.resources(first)
                for other in others:
                    value = value - self.resources(other)
                return value
            case (("repeat+" | "repeat-"), [start, int(times), step]) if 0 <= times <= TIMES_MAX:
                return self._repeat(operator, self.resources(start), times=times, step=self.resources(step))
            case "find", [pool, *targets] if targets:
                return find(self.resources(pool), Resources.sum(map(self.resources, targets)))
        if operator not in OPERATORS or not arguments or len(arguments) - 1 not in OPERATORS[operator][0]:
            raise self.error(f"expected an operator and its arguments, got {shown([operator, *arguments])}")
        return OPERATORS[operator][1](self.resources(arguments[0]), *arguments[1:])

    @staticmethod
    def _repeat(operator: str, value: Resources, *, times: int, step: Resources) -> Resources:
        for _ in range(times):
            value = value + step if operator == "repeat+" else value - step
        return value


def check_resources(row: Fields) -> Mismatch | None:
    """A row of kind `resources`."""
    check = row.need("check")
    if not isinstance(check, list) or not check or not isinstance(check[0], str):
        raise row.error("check", f"expected [what, arguments...], got {shown(check)}")
    what, *arguments = check
    if what == "valid":
        return compare(what, row.need("expect"), got=_is_valid(Evaluator(row), arguments))
    try:
        return _check(row, what, arguments=arguments)
    except ValueError as error:
        return Mismatch(what, written(row.need("expect")), f"invalid: {error}")


def _check(row: Fields, what: str, *, arguments: list[Any]) -> Mismatch | None:
    evaluator, expected = Evaluator(row), row.need("expect")
    match what, arguments:
        case "none", [expression]:
            return compare(what, expected, got=evaluator.found(expression) is None)
        case "value", [expression]:
            return _equal(what, [resources_of(expected)], got=evaluator.resources(expression))
        case "one_of", [expression] if isinstance(expected, list):
            return _equal(what, list(map(resources_of, expected)), got=evaluator.resources(expression))
        case _, [first, second] if what in AMOUNT_CHECKS:
            read_first, read_second, ask = AMOUNT_CHECKS[what]
            return _compare_amounts(what, expected, got=ask(read_first(first), read_second(second)))
        case _, [expression, *others] if what in MEASURES and len(others) == MEASURES[what][0]:
            value = evaluator.resources(expression)
            return _compare_amounts(what, expected, got=MEASURES[what][1](value, *others, evaluator))
    raise evaluator.error(f"expected a check and its arguments, got {shown([what, *arguments])}")


# What can be asked of resources, with how many further arguments.
MEASURES: Final[Mapping[str, tuple[int, Callable[..., Any]]]] = {
    "equal": (1, lambda value, other, evaluator: value == evaluator.resources(other)),
    "contains": (1, lambda value, other, evaluator: value.contains(evaluator.resources(other))),
    "contains_quantities": (1, lambda value, least, _: value.quantities.contains(Quantities.from_wire(least))),
    "empty": (0, lambda value, _: not value),
    "size": (0, lambda value, _: value.size),
    "copies": (1, lambda value, one, evaluator: _copies(value, evaluator.resources(one))),
    "scalar": (1, lambda value, name, _: number_of(value.scalar_quantities[name])),
    "quantities": (0, lambda value, _: value.quantities),
    "names": (0, lambda value, _: sorted(value.names)),
}


def _copies(value: Resources, one: Resources) -> int:
    if one.size != 1 or not one.shared():
        raise ValueError(f"copies: expected one shared resource, got {one}")
    return value.copies(next(iter(one)))


def _compare_amounts(what: str, expected: Any, *, got: Any) -> Mismatch | None:
    if isinstance(got, Quantities | Limits):
        return compare(what, shown_amounts(type(got).from_wire(expected)), got=shown_amounts(got))
    return compare(what, sorted(expected) if what == "names" else expected, got=got)


def _equal(what: str, alternatives: list[Resources], *, got: Resources) -> Mismatch | None:
    if got in alternatives:
        return None
    return Mismatch(what, " or ".join(written(notation_of(each)) for each in alternatives), written(notation_of(got)))


def _is_valid(evaluator: Evaluator, arguments: list[Any]) -> bool:
    if len(arguments) != 1:
        raise evaluator.error("expected one argument of valid")
    try:
        evaluator.resources(arguments[0])
    except ValueError:
        return False
    return True
