"""What users import: `Cluster`, `ClusterExecutor`, `Scheduler`, `Resources`.

Names are resolved at first use, so that importing a lower layer (`mesos_py.protocol`) never loads a higher one. This
module must never import a layer when it is itself imported.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Final

EXPORTS: Final[Mapping[str, str]] = {}  # Public name -> the module that defines it.

__all__: list[str] = []


def __getattr__(name: str) -> object:
    """Import a public name from where it is defined, and keep it."""
    if name not in EXPORTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(importlib.import_module(EXPORTS[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *EXPORTS})
