"""Every row of cases/resources.json: the algebra of resources, quantities and limits, told from outside."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from mesos_py.protocol.quantities import Limits, Quantities
from mesos_py.protocol.reservations import Reservation, ReservationType, sorted_labels
from mesos_py.protocol.resource_selection import find, shrink
from mesos_py.protocol.resources import Resources
from mesos_py.protocol.values import from_milli
from tests.support.resource_notation import resources_of

Row = dict[str, Any]
ROWS: Final[list[Row]] = json.loads((Path(__file__).parent / "cases" / "resources.json").read_text())["rows"]

OPERATORS: Final[Mapping[str, Callable[..., Any]]] = {
    "reserved": Resources.reserved,
    "unreserved": Resources.unreserved,
    "revocable": Resources.revocable,
    "non_revocable": Resources.non_revocable,
    "shared": Resources.shared,
    "non_shared": Resources.non_shared,
    "persistent": Resources.persistent,
    "scalars": Resources.scalars,
    "get": Resources.get,
    "allocatable_to": Resources.allocatable_to,
    "allocate": Resources.allocate,
    "unallocate": Resources.unallocate,
    "to_unreserved": Resources.to_unreserved,
    "pop_reservation": Resources.pop_reservation,
}

QUANTITY_CHECKS: Final[Mapping[str, tuple[type, type, Callable[[Any, Any], Any]]]] = {
    "q+": (Quantities, Quantities, lambda a, b: a + b),
    "q-": (Quantities, Quantities, lambda a, b: a - b),
    "q_contains": (Quantities, Quantities, lambda a, b: a.contains(b)),
    "l-": (Limits, Quantities, lambda a, b: a - b),
    "l_contains": (Limits, Limits, lambda a, b: a.contains(b)),
    "l_contains_q": (Limits, Quantities, lambda a, b: a.contains_quantities(b)),
}


class Evaluator:
    """Works out the expressions of one row."""

    def __init__(self, row: Row) -> None:
        self._names: Mapping[str, Any] = row.get("let", {})

    def resources(self, expression: Any) -> Resources:
        found = self.maybe(expression)
        assert found is not None, "only a check for `none` may meet a failed search"
        return found

    def maybe(self, expression: Any) -> Resources | None:
        """None if a search failed."""
        if isinstance(expression, str):
            return self.maybe(self._names[expression])
        if isinstance(expression, list) and expression and isinstance(expression[0], str):
            return self._apply(expression[0], expression[1:])
        return resources_of(expression)

    def _apply(self, operator: str, arguments: list[Any]) -> Resources | None:
        match operator:
            case "+":
                return Resources.sum(map(self.resources, arguments))
            case "-":
                first, *others = map(self.resources, arguments)
                for other in others:
                    first = first - other
                return first
            case "repeat+":
                start, times, step = arguments
                return Resources.sum([self.resources(start), *[self.resources(step)] * times])
            case "repeat-":
                start, times, step = arguments
                value = self.resources(start)
                for _ in range(times):
                    value = value - self.resources(step)
                return value
            case "find":
                return find(self.resources(arguments[0]), self.resources(arguments[1]))
            case "shrink_quantities":
                return shrink(self.resources(arguments[0]), Quantities.from_wire(arguments[1]))
            case "shrink_limits":
                return shrink(self.resources(arguments[0]), Limits.from_wire(arguments[1]))
            case "push_reservation":
                return self.resources(arguments[0]).push_reservation(_reservation(arguments[1]))
        applied: Resources = OPERATORS[operator](self.resources(arguments[0]), *arguments[1:])
        return applied


def _reservation(value: Row) -> Reservation:
    return Reservation(
        role=value["role"],
        type=ReservationType(value.get("type", "dynamic").upper()),
        principal=value.get("principal"),
        labels=sorted_labels(value.get("labels", {}).items()),
    )


def _is_valid(expression: Any, evaluator: Evaluator) -> bool:
    try:
        evaluator.resources(expression)
    except ValueError:
        return False
    return True


def _quantity_outcome(what: str, arguments: list[Any]) -> Any:
    first, second, check = QUANTITY_CHECKS[what]
    outcome = check(first.from_wire(arguments[0]), second.from_wire(arguments[1]))  # type: ignore[attr-defined]  # Both types have it.
    return outcome if isinstance(outcome, bool) else outcome.as_floats()


def outcome_of(row: Row) -> Any:
    """What the row's check comes to, in the form of its `expect`."""
    what, *arguments = row["check"]
    if what in QUANTITY_CHECKS:
        return _quantity_outcome(what, arguments)
    evaluator = Evaluator(row)
    match what, arguments:
        case "valid", [expression]:
            return _is_valid(expression, evaluator)
        case "none", [expression]:
            return evaluator.maybe(expression) is None
        case "value", [expression]:
            return evaluator.resources(expression) == resources_of(row["expect"]) and row["expect"]
        case "one_of", [expression]:
            return evaluator.resources(expression) in map(resources_of, row["expect"]) and row["expect"]
    return Measures(evaluator, evaluator.resources(arguments[0])).measure(what, *arguments[1:])


class Measures:
    """What can be asked of resources."""

    def __init__(self, evaluator: Evaluator, value: Resources) -> None:
        self._evaluator = evaluator
        self._value = value

    def measure(self, what: str, argument: Any = None) -> Any:
        value = self._value
        match what:
            case "equal":
                return value == self._evaluator.resources(argument)
            case "contains":
                return value.contains(self._evaluator.resources(argument))
            case "contains_quantities":
                return value.quantities.contains(Quantities.from_wire(argument))
            case "empty":
                return not value
            case "size":
                return value.size
            case "copies":
                return value.copies(next(iter(self._evaluator.resources(argument))))
            case "scalar":
                return from_milli(value.scalar_quantities[argument])
            case "quantities":
                return value.quantities.as_floats()
            case "names":
                return sorted(value.names)
        raise AssertionError(f"unknown check {what!r}")


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_a_row_of_the_algebra_comes_out_as_expected(row: Row) -> None:
    assert outcome_of(row) == row["expect"]
