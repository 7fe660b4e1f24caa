"""Durations in words, as options of commands."""

from __future__ import annotations

import click

from libprocess_py.duration import parse_duration


def parse_span(text: str, option: str) -> int:
    """Nanoseconds, more than none. Raises BadParameter naming the option."""
    try:
        ns = parse_duration(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=option) from error
    if ns <= 0:
        raise click.BadParameter(f"expected more than nothing, got {text!r}", param_hint=option)
    return ns
