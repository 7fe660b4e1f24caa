"""The story: what became of whom, within bounds."""

from __future__ import annotations

from master.core.story import Story, Transition
from mesos_py.protocol.task import TaskState
from tests.master.builders import SECOND, an_update
from tests.master.core_cluster import CoreCluster


def test_a_subject_keeps_its_last_transitions() -> None:
    story = Story(lines_max=2)

    for at in range(3):
        story.note("task t", f"step {at}", now=at)

    assert story.of("task t") == (Transition(1, "step 1"), Transition(2, "step 2"))


def test_the_subject_that_was_silent_longest_is_forgotten_first() -> None:
    story = Story(subjects_max=2)

    for subject in ("a", "b", "a", "c"):
        story.note(subject, "moved", now=0)

    assert [len(story.of(subject)) for subject in ("a", "b", "c")] == [2, 0, 1]
    assert len(story) == 2


def test_the_story_of_a_task_says_why_it_is_gone() -> None:
    cluster = CoreCluster()
    agent, _ = cluster.an_agent()
    _, id = cluster.a_framework()
    cluster.a_task(id)
    cluster.send(agent, an_update(id, "t", state=TaskState.RUNNING))

    cluster.advance(75 * SECOND)

    assert [line.what for line in cluster.books.story.of("task t")] == [
        "launched on m-S0",
        "TASK_RUNNING",
        "TASK_LOST: The agent is unreachable",
    ]


def test_the_news_are_those_of_the_last_event() -> None:
    cluster = CoreCluster()
    cluster.an_agent()
    pid, id = cluster.a_framework()

    cluster.exit(pid)

    assert cluster.books.story.news == [(f"framework {id}", f"disconnected from {pid}")]
