"""Every row of cases/roles.json: names of roles and their hierarchy, told from outside."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest

from mesos_py.protocol.roles import ancestors, is_descendant, validate_role

Row = dict[str, Any]
ROWS: Final[list[Row]] = json.loads((Path(__file__).parent / "cases" / "roles.json").read_text())["rows"]


def outcome_of(row: Row) -> Any:
    match row["check"]:
        case ["valid", role]:
            return validate_role(role) is None
        case ["ancestors", role]:
            return list(ancestors(role))
        case ["strict_subrole", role, ancestor]:
            return is_descendant(role, ancestor)
    raise AssertionError(f"unknown check {row['check']!r}")


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_a_row_about_roles_comes_out_as_expected(row: Row) -> None:
    assert outcome_of(row) == row["expect"]
