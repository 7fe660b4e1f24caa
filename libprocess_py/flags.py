"""Flags, each declared once: a frozen dataclass whose fields carry help, parser and the names they were called before.

A program's settings come from the command line (`--flag-name`) over the environment (`PREFIX_FLAG_NAME`) over the
default. A value `file:///path` is read from that file. Reading is pure over the mappings given, so tests need no
environment.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

T = TypeVar("T")

FILE_PREFIX: Final = "file://"


class FlagError(ValueError):
    """A flag that is unknown or whose value does not parse. Its text says as what it was set, and what was expected."""


def as_typed(value: object) -> str:
    """A text, a number, or `true` and `false`, as it is typed."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def flag(
    help: str,
    *,
    default: Any = dataclasses.MISSING,
    parse: Callable[[str], Any] = str,
    show: Callable[[Any], str] = as_typed,
    aliases: tuple[str, ...] = (),
) -> Any:
    """Declare a flag as a dataclass field. Without `default` it is required.

    `parse` raises ValueError on bad text. `show` is the way back, unless the value is secret.
    """
    metadata = {"help": help, "parse": parse, "show": show, "aliases": aliases}
    return dataclasses.field(default=default, metadata=metadata)


def shown(flags: Any) -> dict[str, str]:
    """The flags that are set, by name, as they are typed: what an endpoint shows."""
    return {
        field.name: field.metadata["show"](value)
        for field in dataclasses.fields(flags)
        if (value := getattr(flags, field.name)) is not None
    }


def parse_bool(text: str) -> bool:
    """`true`, `1`, `yes` or `false`, `0`, `no`, in any case."""
    lowered = text.strip().lower()
    if lowered in {"true", "1", "yes"}:
        return True
    if lowered in {"false", "0", "no"}:
        return False
    raise ValueError(f"expected true or false, got {text!r}")


def parse_count(text: str) -> int:
    """A whole number from 0. Raises ValueError."""
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"expected a number from 0, got {text!r}")
    return int(text)


def one_of(*allowed: str) -> Callable[[str], str]:
    """A parser that takes these words only."""

    def parse(text: str) -> str:
        if text not in allowed:
            raise ValueError(f"expected {' or '.join(allowed)}, got {text!r}")
        return text

    return parse


def option_name(field_name: str) -> str:
    """The spelling on the command line: `work_dir` is `--work-dir`."""
    return "--" + field_name.replace("_", "-")


def load(kind: type[T], given: Mapping[str, str], *, environ: Mapping[str, str], prefix: str = "MESOS_") -> T:
    """Build `kind` from command-line texts by field name, then `environ`, then defaults.

    Raises FlagError for an unknown name in `given`, a text that does not parse, or a required flag that nothing sets.
    """
    fields = {field.name: field for field in dataclasses.fields(kind)}  # type: ignore[arg-type]  # A dataclass type.
    former = {alias: name for name, field in fields.items() for alias in field.metadata["aliases"]}
    texts: dict[str, tuple[str, str]] = {}  # By field: as which option or variable it was set, and its text.
    for name, field in fields.items():
        for known in (*field.metadata["aliases"], name):
            if (variable := prefix + known.upper()) in environ:
                texts[name] = variable, environ[variable]
    for name, text in given.items():
        if former.get(name, name) not in fields:
            raise FlagError(f"{option_name(name)}: no such flag")
        texts[former.get(name, name)] = option_name(name), text
    missing = [
        option_name(name)
        for name, field in fields.items()
        if name not in texts and field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    ]
    if missing:
        raise FlagError(f"{missing[0]}: required, set it or {prefix}{missing[0][2:].replace('-', '_').upper()}")
    return kind(**{name: _parse(*text, parse=fields[name].metadata["parse"]) for name, text in texts.items()})


def _parse(where: str, text: str, *, parse: Callable[[str], Any]) -> Any:
    try:
        return parse(Path(text[len(FILE_PREFIX) :]).read_text() if text.startswith(FILE_PREFIX) else text)
    except (ValueError, OSError) as error:
        raise FlagError(f"{where}: {error}") from error
