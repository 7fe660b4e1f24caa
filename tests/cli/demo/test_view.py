"""The demo's pictures: what they show is what the master says."""

from __future__ import annotations

from rich.console import Console

from mesos_py.cli.demo.view import Snapshot, live_view, plain_line, read_snapshot, result_table, snapshot_of
from mesos_py.frameworks.cluster_executor.scheduler import Progress
from mesos_py.frameworks.examples.stdlib_census import PackageCount

STATE = {
    "slaves": [
        {
            "hostname": "agent2",
            "active": False,
            "resources": {"cpus": 2.0, "mem": 1024.0},
            "used_resources": {"cpus": 0.0, "mem": 0.0},
        },
        {
            "hostname": "agent1",
            "active": True,
            "resources": {"cpus": 2.0, "mem": 1024.0},
            "used_resources": {"cpus": 1.5, "mem": 128.0},
        },
    ],
    "frameworks": [{"tasks": [{"state": "TASK_RUNNING"}], "completed_tasks": [{"state": "TASK_FINISHED"}]}],
    "completed_frameworks": [{"tasks": [], "completed_tasks": [{"state": "TASK_FINISHED"}]}],
}


def drawn(thing: object) -> str:
    console = Console(width=120)
    with console.capture() as capture:
        console.print(thing)
    return capture.get()


def test_agents_and_tasks_by_state_are_read_from_the_state_page() -> None:
    snapshot = snapshot_of(STATE)

    assert [(row.hostname, row.active, row.cpus) for row in snapshot.agents] == [
        ("agent1", True, (1.5, 2.0)),
        ("agent2", False, (0.0, 2.0)),
    ]
    assert snapshot.tasks == (("TASK_FINISHED", 2), ("TASK_RUNNING", 1))


def test_the_live_view_shows_lost_agents_used_cpus_and_progress() -> None:
    text = drawn(live_view(snapshot_of(STATE), Progress(done=3, lost=1), total=10, elapsed_s=2.5))

    assert "agent2 (lost)" in text
    assert "1.5 of 2" in text
    assert "TASK_RUNNING 1" in text
    assert "3/10 batches" in text
    assert "1 lost and rerun" in text


def test_a_narrow_terminal_is_shown_less_and_every_line_fits() -> None:
    console = Console(width=50)
    with console.capture() as capture:
        console.print(live_view(snapshot_of(STATE), Progress(done=3), total=10, elapsed_s=2.5, width=50))

    text = capture.get()
    assert "memory" not in text
    assert "3/10 batches" in text
    assert "agent2 (lost)" in text


def test_without_a_terminal_the_same_is_one_line() -> None:
    line = plain_line(snapshot_of(STATE), Progress(done=3), total=10, elapsed_s=2.5)

    assert line.split() == ["2.5", "s", "3/10", "batches", "1", "agents", "1.5", "cpus", "in", "use"]


def test_without_a_terminal_losses_are_told_when_there_are_any() -> None:
    line = plain_line(snapshot_of(STATE), Progress(done=3, lost=2), total=10, elapsed_s=2.5)

    assert line.endswith("  2 lost and rerun")


def test_a_master_that_does_not_answer_gives_no_snapshot() -> None:
    assert read_snapshot("127.0.0.1:1") is None


def test_the_result_ends_with_the_sum_over_all_packages() -> None:
    rows = [PackageCount(f"p{n}", 1, 1000, 2, 3, f"f{n}", n, 0) for n in range(20)]

    text = drawn(result_table(rows))

    assert "the 15 largest of 20" in text
    total = next(line for line in text.splitlines() if line.startswith(" all"))
    assert "20,000" in total
    assert "f19" in total


def test_an_empty_cluster_can_be_drawn() -> None:
    assert "none yet" in drawn(live_view(Snapshot(), Progress(), total=0, elapsed_s=0.0))
