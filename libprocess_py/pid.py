"""The address of an actor: `id@ip:port`.

A PID is all that one actor ever holds of another; whether it names a neighbour in the same node, an actor of another
simulated node or one on another host is decided below the actors. Ids are segments of a URL path, so whatever a path
segment may not hold is percent-encoded in `path` and decoded again by `unquote`; the text form `id@ip:port` keeps the
id as it is, and goes into a header line: so an id holds no line breaks nor other control characters, and no space at
either end. The first `@` from the right ends the id, because an ip or port never holds one. IPv6 addresses stand in
brackets.

For type checkers a PID is one of a class of actors: `spawn(Account())` gives a `PID[Account]`, and only methods of
Account are dispatched to it. A bare `PID`, such as one that came in a message, is one of any. At run time there is one
class.
"""

from __future__ import annotations

import ipaddress
from functools import total_ordering
from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple, Self
from urllib.parse import quote

if TYPE_CHECKING:
    from typing_extensions import TypeVar  # Type checkers bring it; for run time it is not worth a requirement.

    T_co = TypeVar("T_co", default=Any, covariant=True)
else:
    from typing import TypeVar

    T_co = TypeVar("T_co", covariant=True)

PORT_MAX: Final = 65_535  # TCP ports are sixteen bits.
ID_LENGTH_MAX: Final = 255  # Ids become path segments and file names; both end at 255 bytes on common systems.


class Address(NamedTuple):
    """Where a node listens, as its peers reach it: an IP address in text form and a TCP port."""

    ip: str
    port: int

    def __str__(self) -> str:
        return f"[{self.ip}]:{self.port}" if ":" in self.ip else f"{self.ip}:{self.port}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `ip:port` or `[ip6]:port`. Raises ValueError naming the part that is wrong."""
        host, separator, port = text.rpartition(":")
        if not separator:
            raise ValueError(f"address {text!r}: expected ip:port")
        host = host[1:-1] if host.startswith("[") and host.endswith("]") else host
        try:
            ip = str(ipaddress.ip_address(host))
        except ValueError:
            raise ValueError(f"address {text!r}: {host!r} is not an IP address") from None
        if not (port.isascii() and port.isdigit() and int(port) <= PORT_MAX):
            raise ValueError(f"address {text!r}: port {port!r} is not a number from 0 to {PORT_MAX}")
        return cls(ip, int(port))


@total_ordering
class PID(Generic[T_co]):
    """An actor's address, immutable and hashable; ordered by id, then ip, then port. Equal text means equal PID."""

    __slots__ = ("_hash", "address", "id")

    id: str
    address: Address
    _hash: int

    def __init__(self: PID[Any], id: str, address: Address) -> None:
        if not (id.isprintable() and id and id[0] != " " and id[-1] != " " and len(id) <= ID_LENGTH_MAX):
            raise ValueError(
                f"process id {id!r}: expected 1 to {ID_LENGTH_MAX} printable characters, no space at either end"
            )
        _set_id(self, id)
        _set_address(self, address)

    if not TYPE_CHECKING:

        def __class_getitem__(cls, actor: object) -> type[PID]:
            """Itself: codecs and `isinstance` need to know of one class only."""
            return cls

    @classmethod
    def parse(cls, text: str) -> PID:
        """Read `id@ip:port`. Raises ValueError naming the part that is wrong."""
        id, separator, address = text.rpartition("@")
        if not separator:
            raise ValueError(f"pid {text!r}: expected id@ip:port")
        return cls(id, Address.parse(address))

    @property
    def path(self) -> str:
        """The id as one URL path segment. Parentheses stay readable: `slave(1)` is everybody's agent."""
        return quote(self.id, safe="()")

    def to_wire(self) -> str:
        return str(self)

    @classmethod
    def from_wire(cls, value: object) -> PID:
        if not isinstance(value, str):
            raise ValueError("expected a pid as text, id@ip:port")
        return cls.parse(value)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"PID is immutable: {name}")

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return isinstance(other, PID) and self.id == other.id and self.address == other.address

    def __lt__(self, other: PID) -> bool:
        return (self.id, self.address) < (other.id, other.address)

    def __hash__(self) -> int:
        try:
            return self._hash
        except AttributeError:  # Many a PID is never looked up, so the first look makes it.
            _set_hash(self, hash((self.id, self.address)))
            return self._hash

    def __str__(self) -> str:
        return f"{self.id}@{self.address}"

    def __repr__(self) -> str:
        return f"PID({str(self)!r})"

    def __reduce__(self) -> tuple[object, ...]:
        return PID, (self.id, self.address)


def numbered(id: str, address: Address) -> PID[Any]:
    """As `PID(id, address)`, unchecked: for ids whose prefix was checked with an earlier number."""
    pid: PID[Any] = _new(PID)
    _set_id(pid, id)
    _set_address(pid, address)
    return pid


# The slots' own setters, for the two above: every spawn makes a PID, and object.__setattr__ takes twice as long.
_new = object.__new__
_set_id, _set_address, _set_hash = (PID.__dict__[slot].__set__ for slot in ("id", "address", "_hash"))
