"""The sandbox layout (AG-15): where an executor's run lives below the work directory, and how it is shown.

    <work_dir>/slaves/<agent>/frameworks/<framework>/executors/<executor>/runs/<container>
    <work_dir>/slaves/<agent>/frameworks/<framework>/executors/<executor>/runs/latest -> <container>

Every part is an id that passed `id_problem`, so no path made here leaves the work directory.
"""

from __future__ import annotations

from typing import Final

from mesos_py.protocol.ids import AgentId, ContainerId, ExecutorId, FrameworkId, id_problem

LATEST: Final = "latest"
STDOUT: Final = "stdout"
STDERR: Final = "stderr"


def executor_directory(work_dir: str, agent_id: AgentId, *, framework_id: FrameworkId, executor_id: ExecutorId) -> str:
    """Where all runs of an executor lie."""
    for name in (agent_id, framework_id, executor_id):
        assert id_problem(name) is None, f"{name!r} {id_problem(name)}"
    return f"{work_dir}/slaves/{agent_id}{virtual_executor(framework_id, executor_id)}"


def run_directory(executor: str, container_id: ContainerId) -> str:
    """The sandbox of one run."""
    assert id_problem(container_id) is None
    assert container_id != LATEST
    return f"{executor}/runs/{container_id}"


def latest_link(executor: str) -> str:
    """The symbolic link to the newest run."""
    return f"{executor}/runs/{LATEST}"


def virtual_executor(framework_id: FrameworkId, executor_id: ExecutorId) -> str:
    """The name of an executor in the `/files` endpoints, which does not show where the work directory is."""
    return f"/frameworks/{framework_id}/executors/{executor_id}"
