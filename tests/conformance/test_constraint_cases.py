"""Every row of cases/constraints.json: is the agent excluded by the framework's attribute constraints?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest

from allocators.hierarchical.constraints import CompiledConstraints, problem_of
from mesos_py.protocol.agent import AgentInfo
from mesos_py.protocol.resources import NOTHING
from tests.support.allocator_replay import attributes_of, constraints_of

Row = dict[str, Any]
PATH: Final = Path(__file__).parent / "cases" / "constraints.json"
ROWS: Final[list[Row]] = json.loads(PATH.read_text())["rows"]


def outcome_of(row: Row) -> Any:
    constraints = constraints_of(row["constraints"])
    if problem_of(constraints) is not None:
        return "invalid"
    domain = row.get("domain") or {}
    agent = AgentInfo(
        hostname=row.get("hostname", "host"),
        port=5051,
        resources=NOTHING,
        attributes=attributes_of(row.get("attributes", {})),
        region=domain.get("region"),
        zone=domain.get("zone"),
    )
    return CompiledConstraints(constraints).exclude(row["role"], agent)


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_a_row_about_constraints_comes_out_as_expected(row: Row) -> None:
    assert outcome_of(row) == row["expect"]
