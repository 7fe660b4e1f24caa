"""Reading `AllocatorSettings.parameters`: texts by name, of which only the chosen policy knows the meaning."""

from __future__ import annotations

from math import isfinite

from allocators.allocator import AllocatorSettings


def no_parameters(settings: AllocatorSettings) -> None:
    """Raises ValueError if the operator gave any: a policy that takes none must not look as if it obeyed them."""
    if settings.parameters:
        raise ValueError(f"allocator parameter {next(iter(settings.parameters))!r}: this policy takes none")


def numbers(settings: AllocatorSettings) -> dict[str, float]:
    """All parameters as finite numbers. Raises ValueError naming the first that is none."""
    found: dict[str, float] = {}
    for name, text in settings.parameters.items():
        try:
            found[name] = float(text)
        except ValueError:
            raise ValueError(f"allocator parameter {name!r}: expected a number, got {text!r}") from None
        if not isfinite(found[name]):
            raise ValueError(f"allocator parameter {name!r}: expected a finite number, got {text!r}")
    return found


def positive_numbers(settings: AllocatorSettings) -> dict[str, float]:
    """All parameters as numbers above zero. Raises ValueError naming the first that is none."""
    found = numbers(settings)
    for name, number in found.items():
        if number <= 0:
            raise ValueError(f"allocator parameter {name!r}: expected a number above zero, got {number:g}")
    return found
