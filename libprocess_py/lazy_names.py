"""Public names of a package that are imported when they are first used, so that importing the package costs nothing.

Type checkers cannot follow this: for them such a package has the imports too, under TYPE_CHECKING.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module


def lazily(package: str, homes: Mapping[str, str]) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """The `__getattr__` and `__dir__` of a package, from its public names and the modules that define them."""
    namespace = vars(sys.modules[package])

    def get(name: str) -> object:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = namespace[name] = getattr(import_module(homes[name]), name)  # The next use does not come here.
        return value

    def names() -> list[str]:
        """So that help() and completion know the names that nobody used yet."""
        return sorted({*namespace, *homes})

    return get, names
