"""Options of a command out of a flags dataclass, so that a setting is declared once for the program and its help.

`@flag_options(MasterFlags)` below `@click.command(...)` adds `--flag-name VALUE` for every field and calls the function
with the loaded dataclass as `flags`. Reading (command line over `MESOS_FLAG_NAME` over default) stays in
`libprocess_py.flags`; click only collects the texts.
"""

from __future__ import annotations

import dataclasses
import functools
import os
from collections.abc import Callable
from typing import Any, Final

import click

from libprocess_py.flags import FlagError, load, option_name, parse_bool

PREFIX: Final = "MESOS_"

Decorator = Callable[[Callable[..., object]], Callable[..., object]]


class BadFlag(click.ClickException):
    """A flag that does not load: one line, and the status of wrong usage."""

    exit_code = 2


def flag_options(kind: type[Any], *, prefix: str = PREFIX) -> Decorator:
    """Add the flags of `kind` to a command; its function is given them as `flags`, beside its other parameters.

    A flag that does not load ends the program with one line and status 2.
    """
    fields = dataclasses.fields(kind)
    names = [name for field in fields for name in (field.name, *field.metadata["aliases"])]
    switches = [field.name for field in fields if field.metadata["parse"] is parse_bool]

    def decorate(function: Callable[..., object]) -> Callable[..., object]:
        @functools.wraps(function)
        def run(**values: object) -> object:
            given = {name: text for name in names if isinstance(text := values.pop(name), str)}
            given |= {name: "false" for name in switches if values.pop(f"no_{name}")}
            try:
                flags = load(kind, given, environ=os.environ, prefix=prefix)
            except FlagError as error:
                raise BadFlag(str(error)) from error
            return function(flags=flags, **values)

        command: Callable[..., object] = run
        for field in reversed(fields):
            for option in reversed(_options(field, prefix)):
                command = option(command)
        return command

    return decorate


def default_text(field: dataclasses.Field[Any]) -> str | None:
    """The default as it would be typed; None where there is none to show."""
    if field.default is None or field.default is dataclasses.MISSING:
        return None
    text: str = field.metadata["show"](field.default)
    return text or None


def _options(field: dataclasses.Field[Any], prefix: str) -> list[Decorator]:
    """The option of a field, then hidden ones: its former names, and `--no-NAME` where it is true or false."""
    spelled = option_name(field.name)
    is_bool = field.metadata["parse"] is parse_bool
    settings: dict[str, Any] = {"flag_value": "true", "is_flag": False} if is_bool else {}
    metavar = "[true|false]" if is_bool else "VALUE"
    options: list[Decorator] = [
        click.option(spelled, field.name, help=_help(field, prefix), metavar=metavar, default=None, **settings)
    ]
    for alias in field.metadata["aliases"]:
        options.append(click.option(option_name(alias), alias, hidden=True, default=None, **settings))
    if is_bool:
        options.append(click.option(f"--no-{spelled[2:]}", f"no_{field.name}", is_flag=True, hidden=True))
    return options


def _help(field: dataclasses.Field[Any], prefix: str) -> str:
    required = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    default = "required" if required else default_text(field)
    notes = [f"{prefix}{field.name.upper()}"]
    if default is not None:
        notes.append(default if required else f"default: {default}")
    return f"{field.metadata['help']}  [{'; '.join(notes)}]"
