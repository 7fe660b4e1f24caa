"""How classes and arguments travel: by reference where the other side has the same module, by value otherwise.

A class of an importable module is named, with a digest of the module's source: the other side imports it if its own
source is the same. Otherwise, and for classes of `__main__` or inside functions, the class itself travels by value
(cloudpickle), with what it uses of its module; other modules must be installed there. Twice the same class arrives as
one class, so that two actors that were shipped one after another understand each other's messages.

Unpickling runs whatever the sender wants. Nobody but `Spawner` calls `unpack`, see there.
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
import io
import pickle
import platform
import re
import sys
from functools import lru_cache, partial
from pathlib import Path
from types import CodeType
from typing import Any, Final

import cloudpickle
import cloudpickle.cloudpickle as by_value
import msgspec

from libprocess_py.core.mailbox import MethodTable
from libprocess_py.deploy.errors import SpawnFailed
from libprocess_py.deploy.messages import PAYLOAD_MAX, Platform
from libprocess_py.process import Process

MAIN: Final = "__main__"
PICKLE_PROTOCOL: Final = 5
NO_FILE: Final = "<dynamic-code>"  # What cloudpickle has in the place of a file's name.
DIGEST_BYTES: Final = 16
# What msgspec knows of a class whose values it has read or written: it finds that out anew, and it cannot be pickled.
CACHE: Final = "__msgspec_cache__"
# What `msgspec.Struct` makes of a declaration by itself; the rest of a class is set once the class is there.
STRUCT_OWN: Final = frozenset(
    ("__annotations__", "__dict__", "__weakref__", "__match_args__", "__slots__", "__module__", "__doc__", CACHE)
)
STRUCT_OPTIONS: Final = ("frozen", "omit_defaults", "tag", "tag_field")


class Differs(Exception):
    """The class is not here, or not the same: it has to come by value."""


def here() -> Platform:
    """This node's platform."""
    python = f"{sys.implementation.name} {'.'.join(platform.python_version_tuple()[:2])}"
    return Platform(python=python, cloudpickle=cloudpickle.__version__)


def name_of(kind: type) -> str:
    return f"{kind.__module__}:{kind.__qualname__}"


def is_importable(kind: type) -> bool:
    """Whether another process could get it by its name."""
    if kind.__module__ == MAIN or "<locals>" in kind.__qualname__:
        return False
    try:
        return attribute(sys.modules[kind.__module__], kind.__qualname__) is kind
    except (KeyError, AttributeError):
        return False


@lru_cache(maxsize=1_024)
def digest_of_module(name: str) -> str:
    """Of the source that the module was loaded from, as it was when this was first asked; empty if there is none."""
    path = getattr(sys.modules.get(name), "__file__", None)
    if path is None or not path.endswith(".py"):
        return ""
    return hashlib.blake2b(Path(path).read_bytes(), digest_size=DIGEST_BYTES).hexdigest()


def imported(name: str, digest: str) -> type[Process]:
    """Import `module:Class`. Raises Differs if it is not the one that is meant, SpawnFailed if it is no actor."""
    module_name, _, qualname = name.partition(":")
    try:
        kind: object = attribute(importlib.import_module(module_name), qualname)
    except ModuleNotFoundError as error:
        raise Differs(f"there is no module {error.name} here") from error
    except AttributeError as error:
        raise Differs(f"{module_name} has no {qualname} here") from error
    if digest_of_module(module_name) != digest:
        raise Differs(f"the source of {module_name} is another one here")
    return as_actor(kind, name)


def as_actor(kind: object, name: str) -> type[Process]:
    """Raises SpawnFailed if it is no class of actors."""
    if not (isinstance(kind, type) and issubclass(kind, Process)):
        raise SpawnFailed(f"{name}: expected a class derived from Process")
    return kind


def pack(value: object, *, module: str | None = None, same_platform: bool = True) -> bytes:
    """Pickle it, what belongs to `module` by value. Raises SpawnFailed for what cannot be sent.

    To a node of another platform only what can be imported there is sent: bytecode would mean something else.
    """
    buffer = io.BytesIO()
    shipped_module = sys.modules.get(module) if module not in (None, MAIN) else None
    if shipped_module is not None:
        cloudpickle.register_pickle_by_value(shipped_module)
    try:
        if same_platform:
            _Pickler(buffer, protocol=PICKLE_PROTOCOL).dump(value)
        else:
            pickle.Pickler(buffer, protocol=PICKLE_PROTOCOL).dump(value)
    except (pickle.PicklingError, TypeError, AttributeError, NameError, RecursionError) as error:
        raise SpawnFailed(f"what is to be sent cannot be pickled: {error}") from error
    finally:
        if shipped_module is not None:
            cloudpickle.unregister_pickle_by_value(shipped_module)
    if buffer.tell() > PAYLOAD_MAX:
        raise SpawnFailed(f"what is to be sent takes {buffer.tell()} bytes, at most {PAYLOAD_MAX}: send it in parts")
    return buffer.getvalue()


def unpack(payload: bytes) -> Any:
    """The inverse of `pack`. Only for a node that allows it, and what an authenticated peer has sent it."""
    return pickle.loads(payload)  # noqa: S301  # Spawner has looked at who sent it before it calls this.


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc]  # cloudpickle has no types.
    """cloudpickle, with what it does not know of our classes."""

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, CodeType):  # Tracebacks that come back name the file it was written in.
            make, arguments = by_value._code_reduce(obj)
            return make, tuple(obj.co_filename if each == NO_FILE else each for each in arguments)
        reduced = super().reducer_override(obj)
        if not (isinstance(obj, type) and isinstance(reduced, tuple)):
            return reduced
        if isinstance(obj, msgspec.StructMeta):
            return _reduced_struct(obj)
        if len(reduced) < 3:  # A class that is made by another call: it has no members of its own.
            return reduced
        make, arguments, (members, slots), *more = reduced
        members = {name: value for name, value in members.items() if name not in (CACHE, "_process_methods")}
        setter = _set_members_of_actor if issubclass(obj, Process) else more[-1]
        return make, arguments, (members, slots), None, None, setter


def _reduced_struct(kind: Any) -> tuple[Any, ...]:
    """A record cannot get its fields later, as cloudpickle would have it: they travel with the order to make it."""
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    annotations = inspect.get_annotations(kind)
    own = {name: fields[name] for name in annotations if name in fields}
    if any(re.search(rf"\b{kind.__name__}\b", str(annotations[name])) for name in own):
        raise pickle.PicklingError(f"{name_of(kind)}: a record that contains itself has to be imported there")
    namespace = {name: getattr(kind, name) for name in ("__module__", "__qualname__", "__doc__")}
    namespace["__annotations__"] = {name: field.type for name, field in own.items()}
    if "__post_init__" in vars(kind):
        namespace["__post_init__"] = _post_init
    values = {name: field.default for name, field in own.items() if field.default is not msgspec.NODEFAULT}
    factories = {name: field.default_factory for name, field in own.items() if name not in values}
    factories = {name: factory for name, factory in factories.items() if factory is not msgspec.NODEFAULT}
    members = {
        name: value
        for name, value in vars(kind).items()
        if name not in own and name not in STRUCT_OWN and not name.startswith("__struct")
    }
    options = {name: getattr(kind.__struct_config__, name) for name in STRUCT_OPTIONS}
    declared = (type(kind), kind.__name__, kind.__bases__, namespace, options)
    tracker = by_value._get_or_create_tracker_id(kind)
    arguments = (declared, (values, factories))
    return partial(_make_struct, tracker=tracker), arguments, members, None, None, _set_members


def _make_struct(declared: Any, defaults: tuple[dict[str, Any], dict[str, Any]], *, tracker: str) -> Any:
    values, factories = defaults
    meta, name, bases, namespace, options = declared
    fields = {name: msgspec.field(default_factory=factory) for name, factory in factories.items()}
    made = meta(name, bases, {**namespace, **values, **fields}, **options)
    return by_value._lookup_class_or_track(tracker, made)


def _post_init(record: Any) -> None:
    """A class of records looks for this once, when it is made; its own comes later, with its other members."""
    own = type(record).__post_init__
    if own is not _post_init:
        own(record)


def _set_members(kind: Any, members: dict[str, Any]) -> Any:
    for name, value in members.items():
        setattr(kind, name, value)
    return kind


def _set_members_of_actor(kind: Any, state: Any) -> Any:
    by_value._class_setstate(kind, state)
    kind._process_methods = MethodTable(kind)
    return kind


def attribute(module: object, qualname: str) -> object:
    found = module
    for name in qualname.split("."):
        found = getattr(found, name)
    return found
