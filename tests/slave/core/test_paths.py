"""The sandbox layout."""

from __future__ import annotations

import posixpath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesos_py.protocol.ids import AgentId, ContainerId, ExecutorId, FrameworkId, id_problem
from slave.core.paths import executor_directory, latest_link, run_directory

IDS = st.text(min_size=1, max_size=20).filter(lambda text: id_problem(text) is None)


def test_a_run_lies_where_mesos_puts_it() -> None:
    executor = executor_directory("/work", AgentId("S0"), framework_id=FrameworkId("F0"), executor_id=ExecutorId("e1"))

    assert run_directory(executor, ContainerId("c1")) == "/work/slaves/S0/frameworks/F0/executors/e1/runs/c1"
    assert latest_link(executor) == "/work/slaves/S0/frameworks/F0/executors/e1/runs/latest"


@given(IDS, IDS, IDS, IDS.filter(lambda text: text != "latest"))
def test_no_run_leaves_the_work_directory(agent: str, framework: str, executor: str, container: str) -> None:
    directory = executor_directory(
        "/work", AgentId(agent), framework_id=FrameworkId(framework), executor_id=ExecutorId(executor)
    )

    run = run_directory(directory, ContainerId(container))

    assert posixpath.normpath(run) == run
    assert run.startswith("/work/slaves/")
    assert run.count("/") == 9


@pytest.mark.parametrize("bad", ["..", ".", "", "a/b"])
def test_an_id_that_hides_a_path_is_our_own_error(bad: str) -> None:
    with pytest.raises(AssertionError):
        executor_directory("/work", AgentId("S0"), framework_id=FrameworkId(bad), executor_id=ExecutorId("e"))
