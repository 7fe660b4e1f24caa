"""What users import: `Cluster`, `ClusterExecutor`, `Scheduler`, `Resources`.

Names are resolved at first use, so that importing a lower layer (`mesos_py.protocol`) never loads a higher one. This
module must never import a layer when it is itself imported.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mesos_py.frameworks.cluster_executor.executor import ClusterExecutor as ClusterExecutor
    from mesos_py.frameworks.scheduler.callbacks import Scheduler as Scheduler
    from mesos_py.protocol.resources import Resources as Resources
    from mesos_py.simulation.cluster import Cluster as Cluster

# Public name -> the module that defines it; the imports above say the same to the type checker.
EXPORTS: Final[Mapping[str, str]] = {
    "Cluster": "mesos_py.simulation.cluster",
    "ClusterExecutor": "mesos_py.frameworks.cluster_executor.executor",
    "Resources": "mesos_py.protocol.resources",
    "Scheduler": "mesos_py.frameworks.scheduler.callbacks",
}

__all__ = ["Cluster", "ClusterExecutor", "Resources", "Scheduler"]


def __getattr__(name: str) -> object:
    """Import a public name from where it is defined, and keep it."""
    if name not in EXPORTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(importlib.import_module(EXPORTS[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *EXPORTS})
