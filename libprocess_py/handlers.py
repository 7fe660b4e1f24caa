"""Which methods of an actor handle which messages. Their annotations say it, and are read once, when the class is made.

```python
def ping(self, sender: PID, message: Ping) -> None: ...
```

A handler is a public method that takes `sender`, a PID, and one thing more, which is annotated with a message type or a
union of several. What looks like that and is annotated with anything else is an error rather than a method that nobody
calls. Methods that take something else, or that begin with an underscore, are nobody's business but the actor's.

An override handles what its own annotation says, or, if it has none that can be read (a decorator in between), what the
method that it overrides handled; `name = None` in a subclass handles it no more.
"""

from __future__ import annotations

import builtins
import inspect
import sys
from collections.abc import Callable, Mapping
from types import FunctionType, UnionType
from typing import Any, Final, Union, get_args, get_origin

from libprocess_py.core.mailbox import Mailbox
from libprocess_py.message import Message
from libprocess_py.pid import PID

SENDER: Final = "sender"
PARAMETERS: Final = 3  # self, sender, message.

# Frames between a class statement and us: those of the classes and metaclasses that take part in making it.
_MAKERS: Final = ("handled_by", "__init_subclass__", "__new__")

_YIELDS: Final = inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR

Names = Mapping[str, tuple[type[Message], ...]]  # By name of a method: what it handles.


def handled_by(actor: type[Mailbox]) -> tuple[Names, dict[type, Callable[..., object]]]:
    """What the class itself declares, and all its handlers by message type. TypeError for a handler that is unclear."""
    own = _declared(actor, _locals_of_definition())
    names: dict[type[Message], str] = {}
    for base in reversed(actor.__mro__):
        declared = own if base is actor else _declared_before(base)
        names = {kind: name for kind, name in names.items() if name not in declared}
        names.update((kind, name) for name, kinds in declared.items() for kind in kinds)
    return own, {kind: getattr(actor, name) for kind, name in names.items() if getattr(actor, name) is not None}


def handler_function(member: object) -> FunctionType | None:
    """The function below its decorators, if its parameters are those of a handler, whatever their types are."""
    while (wrapped := getattr(member, "__wrapped__", None)) is not None:
        member = wrapped
    if type(member) is not FunctionType:
        return None
    code = member.__code__
    more = code.co_kwonlyargcount or code.co_flags & (inspect.CO_VARARGS | inspect.CO_VARKEYWORDS)
    return member if code.co_argcount == PARAMETERS and not more and code.co_varnames[1] == SENDER else None


def _declared_before(base: type) -> Names:
    """Of a base. One that is no actor itself, but is mixed into some, was not looked at when it was made."""
    return base._process_declared if issubclass(base, Mailbox) else _declared(base, {})


def _declared(owner: type, local: Mapping[str, object]) -> Names:
    declared: dict[str, tuple[type[Message], ...]] = {}
    taken: dict[type[Message], str] = {}
    for name, member in vars(owner).items():
        function = None if name.startswith("_") else handler_function(member)
        if function is None:
            continue
        kinds = _Method(owner, name, function=function, local=local).kinds()
        if kinds and function is member and function.__code__.co_flags & _YIELDS:
            raise TypeError(f"{owner.__qualname__}.{name} yields: nothing would run it. Await in an async def instead")
        for kind in kinds:
            if kind in taken:
                raise TypeError(f"{owner.__qualname__}: both {taken[kind]} and {name} handle {kind.__name__}")
            taken[kind] = name
        if kinds:
            declared[name] = kinds
    return declared


def _locals_of_definition() -> Mapping[str, object]:
    """What the function that holds the class statement calls by name: classes in functions name their neighbours."""
    frame = sys._getframe(1)
    while frame.f_code.co_name in _MAKERS and frame.f_back is not None:
        frame = frame.f_back
    return {} if frame.f_locals is frame.f_globals else frame.f_locals


class _Method:
    """A method that has the parameters of a handler."""

    def __init__(self, owner: type, name: str, *, function: FunctionType, local: Mapping[str, object]) -> None:
        self._function = function
        self._name = f"{owner.__qualname__}.{name}"
        self._scopes = (vars(owner), local, function.__globals__, vars(builtins))

    def kinds(self) -> tuple[type[Message], ...]:
        """The message types that it handles: none if it is no handler. TypeError if that cannot be told."""
        annotations, parameter = self._function.__annotations__, self._function.__code__.co_varnames[2]
        if not self._takes_sender():
            return ()
        if parameter not in annotations:
            raise TypeError(f"{self._name}: parameter {parameter!r} has no annotation: expected a type of message")
        kinds = _each(self._resolved(parameter, annotations[parameter]))
        if not all(map(_is_message, kinds)):
            raise TypeError(
                f"{self._name}: parameter {parameter!r} is annotated {annotations[parameter]}: expected a class "
                "derived from Message, or a union of such, since a method that takes a sender handles messages"
            )
        return kinds

    def _takes_sender(self) -> bool:
        """Whether its sender is a PID. TypeError if it looks like a handler all the same: nobody would call it."""
        annotations, parameter = self._function.__annotations__, self._function.__code__.co_varnames[2]
        if SENDER in annotations:
            sender = self._resolved(SENDER, annotations[SENDER])
            if PID in get_args(sender):
                raise TypeError(
                    f"{self._name}: parameter 'sender' is annotated {annotations[SENDER]}: expected PID, since "
                    "there always is one: NOBODY for a message that comes from outside any actor"
                )
            return sender is PID
        try:
            told = self._resolved(parameter, annotations.get(parameter))
        except TypeError:
            return False
        if any(map(_is_message, _each(told))):
            raise TypeError(f"{self._name}: parameter 'sender' has no annotation: expected PID")
        return False

    def _resolved(self, parameter: str, annotation: Any) -> Any:
        if not isinstance(annotation, str):
            return annotation
        for scope in self._scopes:  # Nearly all are one name.
            if annotation in scope:
                return scope[annotation]
        seen = {name: value for scope in reversed(self._scopes[:2]) for name, value in scope.items()}
        try:
            return eval(annotation, self._function.__globals__, seen)  # noqa: S307  # Whoever wrote it wrote the class.
        except Exception as error:
            raise TypeError(
                f"{self._name}: parameter {parameter!r} is annotated {annotation}, which means nothing where the class "
                f"is made ({error}): import it at run time too"
            ) from error


def _each(told: Any) -> tuple[Any, ...]:
    told = getattr(told, "__value__", told)  # A `type` statement gives a name to it.
    return get_args(told) if get_origin(told) in (Union, UnionType) else (told,)


def _is_message(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, Message) and kind is not Message
