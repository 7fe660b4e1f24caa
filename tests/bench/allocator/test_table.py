"""What people see: units, bounds and marks."""

from __future__ import annotations

from rich.console import Console

from bench.allocator.table import missed, tables_of
from bench.report import Report
from tests.bench.allocator.reports import a_report


def shown(report: Report) -> dict[str, list[str]]:
    """The cells of each row by the name of the case."""
    console = Console(width=200)
    with console.capture() as capture:
        for table in tables_of(report, width=200):
            console.print(table)
    rows = (line.split("│")[1:-1] for line in capture.get().splitlines())
    return {cells[0].strip(): [cell.strip() for cell in cells[1:]] for cells in rows if cells}


def test_a_row_stands_beside_the_originals_figure_and_the_bounds() -> None:
    row = shown(a_report())["cold_1000x50_one"]

    assert row == ["3", "8 ms", "10 ms", "50 ms", "1 ms", "100 MB", "0.05", "0.077", "0.05", "0.02", "met"]


def test_what_is_within_the_aim_or_beyond_the_bound_is_marked() -> None:
    rows = shown(a_report())

    assert rows["empty_10000x1000_own"][-1] == "aim met"
    assert rows["cold_10000x1000_own"][-1] == "MISSED"
    assert rows["memory_10000x1000_own"][-3:] == ["500 MB", "200 MB", "aim met"]


def test_a_target_of_the_slowest_runs_is_not_met_by_a_fast_median() -> None:
    assert shown(a_report())["churn_5000x90x300"][-1] == "MISSED"
    assert missed(a_report()) == ["cold_10000x1000_own", "churn_5000x90x300"]


def test_cases_without_a_target_have_no_mark_and_come_last() -> None:
    rows = shown(a_report())

    assert rows["refuse_1000x50_one"][1:4] == ["3 us", "3 us", "3 us"]
    assert rows["refuse_1000x50_one"][-3:] == ["", "", ""]
    assert list(rows)[-1] == "memory_1000x50_one"


def test_on_an_ordinary_terminal_two_tables_fit_and_lose_no_case_or_mark() -> None:
    console = Console(width=80)
    with console.capture() as capture:
        for table in tables_of(a_report(), width=80):
            console.print(table)
    lines = capture.get().splitlines()

    assert max(map(len, lines)) <= 80
    assert "…" not in capture.get()
    rows = {line.split()[0]: line.split()[1:] for line in lines if line.strip()}
    assert rows["cold_10000x1000_own"] == ["200", "ms", "1", "5.6", "0.6", "0.2", "MISSED"]
    assert rows["refuse_1000x50_one"][:2] == ["3", "us"]
