"""Which methods handle which messages: by annotation, through inheritance, and what is refused when a class is made."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeAlias, Union

import pytest

import libprocess_py
from libprocess_py import NOBODY, PID, Message, Process, Record

if TYPE_CHECKING:
    from decimal import Decimal as OnlyForCheckers


class First(Message):
    pass


class Second(Message):
    pass


class Third(Message):
    pass


class Detail(Record):
    pass


Late: TypeAlias = First | Third


def handled(actor: type[Process]) -> dict[str, str]:
    """By message, the method that is called."""
    return {kind.__name__: handler.__qualname__.rpartition("<locals>.")[2] for kind, handler in _handlers(actor)}


def _handlers(actor: type[Process]) -> list[tuple[type, Callable[..., object]]]:
    return sorted(actor._process_handlers.items(), key=lambda item: item[0].__name__)


class Base(Process):
    def first(self, sender: PID, message: First) -> str:
        return "base"

    def second(self, sender: PID, message: Second) -> str:
        return "base"


def test_a_method_that_takes_a_sender_and_a_message_handles_that_message() -> None:
    assert handled(Base) == {"First": "Base.first", "Second": "Base.second"}


def test_a_union_is_handled_by_one_method_however_it_is_written() -> None:
    class Bars(Process):
        def any(self, sender: PID, message: First | Second) -> None: ...

    class Named(Process):
        def any(self, sender: PID[Base], message: Late) -> None: ...

    class Typing(Process):
        def any(self, sender: PID, message: Union[First, Second]) -> None: ...  # noqa: UP007  # Old, but legal.

    assert handled(Bars) == {"First": "Bars.any", "Second": "Bars.any"}
    assert handled(Named) == {"First": "Named.any", "Third": "Named.any"}
    assert handled(Typing) == {"First": "Typing.any", "Second": "Typing.any"}


def test_a_message_that_is_declared_beside_or_inside_the_class_is_found() -> None:
    class Beside(Message):
        pass

    class Actor(Process):
        class Inside(Message):
            pass

        def beside(self, sender: PID, message: Beside) -> None: ...
        def inside(self, sender: PID, message: Inside) -> None: ...
        def qualified(self, sender: libprocess_py.PID, message: First) -> None: ...

    assert handled(Actor) == {"Beside": "Actor.beside", "First": "Actor.qualified", "Inside": "Actor.inside"}


def test_what_does_not_take_a_sender_is_no_handler() -> None:
    class Quiet(Process):
        def say(self, to: PID, message: First) -> None: ...
        def less(self, sender: PID) -> None: ...
        def keyword(self, sender: PID, *, message: First) -> None: ...
        def words(self, sender: PID, *messages: First) -> None: ...
        def named(self, sender: str, message: First) -> None: ...
        def bare(self, sender, message): ...  # type: ignore[no-untyped-def]  # As programs without types have it.
        def _helper(self, sender: PID, message: First) -> None: ...

    assert handled(Quiet) == {}


def test_an_override_takes_over() -> None:
    class Derived(Base):
        def first(self, sender: PID, message: First) -> str:
            return "derived"

    assert handled(Derived) == {"First": "Derived.first", "Second": "Base.second"}


def test_an_override_handles_what_its_own_annotation_says() -> None:
    class Wider(Base):
        def first(self, sender: PID, message: First | Third) -> str:
            return "wider"

    assert handled(Wider) == {"First": "Wider.first", "Second": "Base.second", "Third": "Wider.first"}
    assert handled(Base) == {"First": "Base.first", "Second": "Base.second"}


def test_another_method_of_a_subclass_takes_a_message_over() -> None:
    class Other(Base):
        def primary(self, sender: PID, message: First) -> None: ...

    assert handled(Other) == {"First": "Other.primary", "Second": "Base.second"}


def test_an_override_that_tells_nothing_handles_what_it_overrides() -> None:
    class Loose(Base):
        def first(self, *anything: Any) -> str:
            return "loose"

    class Deaf(Base):
        second = None  # type: ignore[assignment]  # This is how a subclass stops handling a message.

    assert handled(Loose) == {"First": "Loose.first", "Second": "Base.second"}
    assert handled(Deaf) == {"First": "Base.first"}


def test_a_decorated_method_handles_what_the_one_below_the_decorator_says() -> None:
    def counted(method: Callable[..., str]) -> Callable[..., str]:
        @wraps(method)
        def call(*args: Any) -> str:
            return f"counted {method(*args)}"

        return call

    class Actor(Process):
        @counted
        def first(self, sender: PID, message: First) -> str:
            return "first"

    assert Actor._process_handlers[First](Actor(), NOBODY, First()) == "counted first"


def test_a_class_that_is_mixed_in_brings_its_handlers() -> None:
    class Mixin:
        def third(self, sender: PID, message: Third) -> None: ...

    class Mixed(Mixin, Base):
        pass

    assert handled(Mixed) == {"First": "Base.first", "Second": "Base.second", "Third": "Mixin.third"}


def test_a_sender_with_anything_but_a_message_is_refused_and_the_parameter_named() -> None:
    expected = r"Actor\.told: parameter 'message' is annotated (.*): expected a class derived from Message"

    with pytest.raises(TypeError, match=expected):
        type("Actor", (Process,), {"told": _takes(Detail)})
    with pytest.raises(TypeError, match=expected):
        type("Actor", (Process,), {"told": _takes(First | None)})
    with pytest.raises(TypeError, match=expected):
        type("Actor", (Process,), {"told": _takes(Message)})
    with pytest.raises(TypeError, match=r"Actor\.told: parameter 'message' has no annotation"):
        type("Actor", (Process,), {"told": _takes(None)})


def test_an_annotation_that_means_nothing_at_run_time_is_refused() -> None:
    with pytest.raises(
        TypeError, match=r"Actor\.told: parameter 'message' is annotated OnlyForCheckers, which means no"
    ):

        class Actor(Process):
            def told(self, sender: PID, message: OnlyForCheckers) -> None: ...


def test_a_handler_by_the_looks_of_it_whose_sender_is_no_pid_is_refused() -> None:
    with pytest.raises(TypeError, match=r"Loose\.told: parameter 'sender' has no annotation: expected PID"):

        class Loose(Process):
            def told(self, sender, message: First | Second): ...  # type: ignore[no-untyped-def]  # As beginners write.

    with pytest.raises(TypeError, match=r"Unsure\.told: parameter 'sender' is annotated PID \| None: expected PID"):

        class Unsure(Process):
            def told(self, sender: PID | None, message: First) -> None: ...


def test_a_sender_without_annotation_before_anything_but_a_message_is_nobodys_business() -> None:
    class Quiet(Process):
        def one(self, sender, detail: Detail): ...  # type: ignore[no-untyped-def]  # As programs with few types have it.
        def other(self, sender, detail: OnlyForCheckers): ...  # type: ignore[no-untyped-def]  # As above.

    assert handled(Quiet) == {}


def test_a_handler_that_yields_is_refused_because_nothing_would_run_it() -> None:
    with pytest.raises(TypeError, match=r"Plain\.told yields: nothing would run it"):

        class Plain(Process):
            def told(self, sender: PID, message: First) -> Iterator[int]:
                yield 1

    with pytest.raises(TypeError, match=r"Asynchronous\.told yields: nothing would run it"):

        class Asynchronous(Process):
            async def told(self, sender: PID, message: First) -> AsyncIterator[int]:
                yield 1


def test_a_decorator_may_run_a_handler_that_yields() -> None:
    def whole(method: Callable[..., Iterator[int]]) -> Callable[..., list[int]]:
        @wraps(method)
        def run(*args: Any) -> list[int]:
            return list(method(*args))

        return run

    class Actor(Process):
        @whole
        def told(self, sender: PID, message: First) -> Iterator[int]:
            yield 1

    assert Actor._process_handlers[First](Actor(), NOBODY, First()) == [1]


def test_two_handlers_of_one_message_in_a_class_are_refused() -> None:
    with pytest.raises(TypeError, match="Actor: both one and other handle First"):

        class Actor(Process):
            def one(self, sender: PID, message: First) -> None: ...
            def other(self, sender: PID, message: Late) -> None: ...


def _takes(kind: object) -> Callable[..., None]:
    def told(self: Process, sender: PID, message: Any) -> None: ...

    told.__annotations__ = {"sender": PID} if kind is None else {"sender": PID, "message": kind}
    return told
