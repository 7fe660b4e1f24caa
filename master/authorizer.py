"""Who may do what. The seam for authorization: today everybody may do everything."""

from __future__ import annotations

from typing import Protocol

from mesos_py.protocol.framework import FrameworkInfo
from mesos_py.protocol.task import TaskInfo


class Authorizer(Protocol):
    """Asked before something is done in a peer's name."""

    def may_launch(self, framework: FrameworkInfo, task: TaskInfo) -> bool:
        """Whether the framework's principal may run tasks as the task's user."""
        ...


class AllowAll:
    """Everybody may do everything."""

    def may_launch(self, framework: FrameworkInfo, task: TaskInfo) -> bool:
        return True
