"""The file `actors.toml`: which actors run on which hosts.

```toml
[hosts]
left = "10.0.0.1:5051"
right = "10.0.0.2:5051"

[actors.counter]
host = "left"
class = "shop.words:Counter"

[actors.splitter]
host = "right"
class = "shop.words:Splitter"
args = [{pid = "counter"}, 100]    # {pid = NAME} stands for the PID of that actor.
restart = "transient"              # Or permanent, the default, or temporary.
links = ["counter"]                # It hears of their end, once they have been started.

[supervision]                      # Of the actors of one host; all of it may be left out.
strategy = "rest_for_one"
restarts_max = 5
window = "1mins"
backoff = {first = "100ms", max = "30secs"}
```

An actor's id is its name, so its PID is known before it runs. Errors name the key and what was expected there.
"""

from __future__ import annotations

import enum
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

from libprocess_py.core.supervision import Backoff, Restart, Rules, Strategy
from libprocess_py.duration import parse_duration
from libprocess_py.pid import PID, Address
from libprocess_py.runtime.addresses import resolved

E = TypeVar("E", bound=enum.Enum)

HOSTS: Final = "hosts"
ACTORS: Final = "actors"
SUPERVISION: Final = "supervision"


class TopologyError(ValueError):
    """The file says something that cannot be. The text names the key and what was expected."""


@dataclass(frozen=True, slots=True)
class Actor:
    """One actor of the file."""

    name: str
    host: str
    kind: str  # "module:Class"
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    restart: Restart = Restart.PERMANENT
    links: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Topology:
    """The file, checked. Actors are in its order."""

    hosts: Mapping[str, Address]
    actors: tuple[Actor, ...]
    rules: Rules
    folder: Path | None = None  # Of the file: modules beside it are found.

    def on(self, host: str) -> tuple[Actor, ...]:
        """The actors of that host."""
        return tuple(actor for actor in self.actors if actor.host == host)

    def pid(self, name: str) -> PID[Any]:
        """The PID of an actor of the file, whether or not it runs."""
        host = next(actor.host for actor in self.actors if actor.name == name)
        return PID(name, self.hosts[host])


def read_topology(path: Path) -> Topology:
    """Read the file. Raises TopologyError, whose text begins with the path."""
    try:
        return parse_topology(tomllib.loads(path.read_text()), folder=path.resolve().parent)
    except OSError as error:
        raise TopologyError(f"{path}: {error.strerror}") from error
    except ValueError as error:  # A TOMLDecodeError, with line and column, or one of ours.
        raise TopologyError(f"{path}: {error}") from error


def parse_topology(told: Mapping[str, Any], *, folder: Path | None = None) -> Topology:
    """Read what the file holds. Raises TopologyError."""
    table = _Table("", told, allowed=(HOSTS, ACTORS, SUPERVISION))
    hosts = {name: _address(f"{HOSTS}.{name}", text) for name, text in table.required(HOSTS, dict).items()}
    actors_told = table.required(ACTORS, dict)
    pids: dict[str, PID] = {}
    hosts_of: dict[str, str] = {}
    for name, each in actors_told.items():
        where = f"{ACTORS}.{name}"
        host = _actor_table(where, each).required("host", str)
        if host not in hosts:
            raise TopologyError(f"{where}.host: expected one of {_listed(hosts)}, got {host!r}")
        hosts_of[name] = host
        try:
            pids[name] = PID(name, hosts[host])
        except ValueError as error:
            raise TopologyError(f"{where}: {error}") from error
    actors = tuple(_actor(name, each, pids=pids, host=hosts_of[name]) for name, each in actors_told.items())
    return Topology(hosts, actors, _rules(table.optional(SUPERVISION, dict, default={})), folder)


class _Table:
    """A table of the file, of which only some keys are known."""

    def __init__(self, where: str, told: object, *, allowed: tuple[str, ...]) -> None:
        if not isinstance(told, dict):
            raise TopologyError(f"{where}: expected a table, got {told!r}")
        self._where = f"{where}." if where else ""
        self._told = told
        for key in told:
            if key not in allowed:
                raise TopologyError(f"{self._where}{key}: no such key; expected one of {_listed(allowed)}")

    def required(self, key: str, kind: type[Any]) -> Any:
        if key not in self._told:
            raise TopologyError(f"{self._where}{key}: required; expected {_WORDS[kind]}")
        return self.optional(key, kind, default=None)

    def optional(self, key: str, kind: type[Any], *, default: Any) -> Any:
        value = self._told.get(key, default)
        if key in self._told and (not isinstance(value, kind) or isinstance(value, bool)):
            raise TopologyError(f"{self._where}{key}: expected {_WORDS[kind]}, got {value!r}")
        return value

    def one_of(self, key: str, kind: type[E], *, default: E) -> E:
        text = self.optional(key, str, default=default.value)
        if text not in {each.value for each in kind}:
            raise TopologyError(
                f"{self._where}{key}: expected {' or '.join(each.value for each in kind)}, got {text!r}"
            )
        return kind(text)

    def parsed(self, key: str, parse: Callable[[str], int], *, default: int) -> int:
        text = self.optional(key, str, default=None)
        try:
            return default if text is None else parse(text)
        except ValueError as error:
            raise TopologyError(f"{self._where}{key}: {error}") from error


_WORDS: Final[Mapping[type[Any], str]] = {
    str: "a text",
    int: "a whole number",
    list: "a list",
    dict: "a table",
}


def _actor_table(where: str, told: object) -> _Table:
    return _Table(where, told, allowed=("host", "class", "args", "kwargs", "restart", "links"))


def _actor(name: str, told: object, *, pids: Mapping[str, PID], host: str) -> Actor:
    where = f"{ACTORS}.{name}"
    table = _actor_table(where, told)
    kind = table.required("class", str)
    module, colon, qualname = kind.partition(":")
    if not (colon and all(part.isidentifier() for part in (*module.split("."), *qualname.split(".")))):
        raise TopologyError(f"{where}.class: expected module:Class, got {kind!r}")
    links = tuple(table.optional("links", list, default=[]))
    for link in links:
        if not isinstance(link, str) or link not in pids or link == name:
            raise TopologyError(f"{where}.links: expected the names of other actors, got {link!r}")
    args = table.optional("args", list, default=[])
    kwargs = table.optional("kwargs", dict, default={})
    return Actor(
        name,
        host,
        kind,
        args=tuple(_argument(f"{where}.args[{index}]", each, pids=pids) for index, each in enumerate(args)),
        kwargs={key: _argument(f"{where}.kwargs.{key}", each, pids=pids) for key, each in kwargs.items()},
        restart=table.one_of("restart", Restart, default=Restart.PERMANENT),
        links=links,
    )


def _argument(where: str, told: Any, *, pids: Mapping[str, PID]) -> Any:
    """The value, with the PIDs that it names."""
    if isinstance(told, list):
        return [_argument(f"{where}[{index}]", each, pids=pids) for index, each in enumerate(told)]
    if not isinstance(told, dict):
        return told
    if set(told) != {"pid"}:
        return {key: _argument(f"{where}.{key}", each, pids=pids) for key, each in told.items()}
    name = told["pid"]
    if not isinstance(name, str) or name not in pids:
        raise TopologyError(f"{where}.pid: expected one of {_listed(pids)}, got {name!r}")
    return pids[name]


def _rules(told: object) -> Rules:
    table = _Table(SUPERVISION, told, allowed=("strategy", "restarts_max", "window", "backoff"))
    where = f"{SUPERVISION}.backoff"
    backoff = _Table(where, table.optional("backoff", dict, default={}), allowed=("first", "max"))
    usual = Rules()
    restarts_max = table.optional("restarts_max", int, default=usual.restarts_max)
    if restarts_max < 0:
        raise TopologyError(f"{SUPERVISION}.restarts_max: expected a number from 0, got {restarts_max}")
    return Rules(
        table.one_of("strategy", Strategy, default=usual.strategy),
        restarts_max,
        table.parsed("window", _positive_duration, default=usual.window_ns),
        Backoff(
            backoff.parsed("first", _positive_duration, default=usual.backoff.first_ns),
            backoff.parsed("max", _positive_duration, default=usual.backoff.max_ns),
        ),
    )


def _positive_duration(text: str) -> int:
    ns = parse_duration(text)
    if ns <= 0:
        raise ValueError(f"duration {text!r}: expected more than nothing")
    return ns


def _address(where: str, text: object) -> Address:
    try:
        if not isinstance(text, str):
            raise ValueError(f"expected host:port, got {text!r}")
        return Address.parse(resolved(text))
    except ValueError as error:
        raise TopologyError(f"{where}: {error}") from error


def _listed(names: Mapping[str, object] | tuple[str, ...]) -> str:
    return ", ".join(names) or "nothing, since there is none"
