"""Process trees: parsing is checked on text, looking on this very process."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from slave.containerizer.process_tree import ProcessStat, descendants, parse_stat, processes, with_environment

LINE = "42 ({name}) S 7 42 42 0 -1 4194560 90 80 0 0 11 12 13 14 20 0 3 0 500 8000000 250 1844 1 1 0 0"


def a_stat(pid: int, parent: int) -> ProcessStat:
    return parse_stat(LINE.format(name="x"))._replace(pid=pid, parent=parent)


@pytest.mark.parametrize("name", ["sh", "two words", "a) S 1 (b", "))", "("])
def test_any_command_name_leaves_the_fields_in_place(name: str) -> None:
    stat = parse_stat(LINE.format(name=name))

    assert stat == ProcessStat(
        pid=42,
        parent=7,
        user_ticks=11,
        system_ticks=12,
        reaped_user_ticks=13,
        reaped_system_ticks=14,
        threads=3,
        rss_pages=250,
    )


def test_descendants_are_all_below_and_nobody_else() -> None:
    seen = {pid: a_stat(pid, parent) for pid, parent in ((1, 0), (2, 1), (3, 2), (4, 2), (5, 4), (6, 1))}

    below = [stat.pid for stat in descendants(2, seen)]

    assert below == [3, 4, 5]
    assert descendants(9, seen) == ()


def test_this_process_is_seen_below_its_parent() -> None:
    below = descendants(os.getppid(), processes())

    assert os.getpid() in [stat.pid for stat in below]


def test_processes_are_found_by_what_they_were_started_with() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", "print(flush=True); input()"],
        env={"MARK": "7f3a"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as marked:
        assert marked.stdin is not None
        assert marked.stdout is not None
        marked.stdout.readline()

        assert with_environment("MARK", "7f3a") == (marked.pid,)
        assert with_environment("MARK", "7f3") == ()
        marked.stdin.close()
