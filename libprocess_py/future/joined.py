"""Many futures as one: `collect` wants every value, `await_all` only wants to know how each of them ended."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar, cast

from libprocess_py.future.promise import Future, Promise

T = TypeVar("T")


def collect(futures: Iterable[Future[T]]) -> Future[list[T]]:
    """All values in the order given; the first failure, discard or abandonment is the result's. Discards reach all."""
    sources = list(futures)
    result: Promise[list[T]] = Promise()
    missing = len(sources)

    def one_settled(source: Future[T]) -> None:
        nonlocal missing
        if result.is_settled:
            return
        if not source.is_ready:
            result.associate(cast(Future[list[T]], source))  # It has no value, so its type says nothing.
            return
        missing -= 1
        if not missing:
            result.set([source.get() for source in sources])

    result.on_discard(lambda _: _discard_all(sources))
    for source in sources:
        source.on_settled(one_settled)
    if not sources:
        result.set([])
    return result


def await_all(futures: Iterable[Future[T]]) -> Future[list[Future[T]]]:
    """The futures themselves, in the order given, once each is ready, failed or discarded. Discards reach all.

    It never fails. One that is abandoned abandons the result: that one will never end.
    """
    sources = list(futures)
    result: Promise[list[Future[T]]] = Promise()
    missing = len(sources)

    def one_ended(_: Future[T]) -> None:
        nonlocal missing
        missing -= 1
        if not missing:
            result.set(sources)

    result.on_discard(lambda _: _discard_all(sources))
    for source in sources:
        source.on_any(one_ended)
        source.on_abandoned(lambda _: result.abandon())
    if not sources:
        result.set([])
    return result


def _discard_all(futures: list[Future[T]]) -> None:
    for future in futures:
        future.discard()
