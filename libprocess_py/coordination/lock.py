"""`Mutex` and `ReadWriteLock`, for what takes an actor, or several, more than one turn.

```python
async with self.mutex:
    ...  # Nobody else is here, although other events of this actor are served meanwhile.
```

A lock is handed over when the books are in order: whoever gets it, and whatever that one does at once, finds a lock in
a state that it can be in. A coroutine that is closed while it waits, because its actor ended, gives its place back.
"""

from __future__ import annotations

from collections.abc import Callable

from libprocess_py.coordination.waiters import Waiters, serve_all
from libprocess_py.future import Future, Promise, ready


class Mutex:
    """One holder at a time. It knows no owner: whoever has the lock may have somebody else unlock it."""

    def __init__(self) -> None:
        self._locked = False
        self._waiters: Waiters[None] = Waiters()

    @property
    def is_locked(self) -> bool:
        return self._locked

    def lock(self) -> Future[None]:
        """Ready when the lock is the caller's. Plain handlers take it with `on_ready`, or use a `Sequence` instead.

        `then` does not call its function if its result is no longer wanted: nobody would unlock.
        """
        if self._locked:
            return self._waiters.join()
        self._locked = True
        return ready(None)

    def unlock(self) -> None:
        """Hand it to whoever has waited longest. Raises RuntimeError if nobody holds it."""
        if not self._locked:
            raise RuntimeError("the mutex is not locked")
        if self._waiters:
            self._waiters.pop().set(None)
        else:
            self._locked = False

    async def __aenter__(self) -> None:
        await Hold(self.lock, self.unlock).__aenter__()

    async def __aexit__(self, *_: object) -> None:
        self.unlock()


class ReadWriteLock:
    """Many readers, or one writer. A reader queues behind a waiting writer, so that writers get their turn."""

    def __init__(self) -> None:
        self._readers = 0
        self._writing = False
        self._line: Waiters[None] = Waiters(left=self._admit)
        self._writers: set[Promise[None]] = set()  # Those in the line who want to write.

    @property
    def readers(self) -> int:
        return self._readers

    @property
    def is_writing(self) -> bool:
        return self._writing

    def read_lock(self) -> Future[None]:
        """Ready when the caller may read."""
        if self._writing or self._line:
            return self._line.join()
        self._readers += 1
        return ready(None)

    def write_lock(self) -> Future[None]:
        """Ready when the caller, and nobody else, may read and write."""
        if self._writing or self._readers:  # If anybody is in line, somebody is inside.
            waiter = self._line.join()
            self._writers.add(waiter)
            waiter.on_settled(lambda _: self._writers.discard(waiter))
            return waiter
        self._writing = True
        return ready(None)

    def read_unlock(self) -> None:
        """Raises RuntimeError if nobody reads."""
        if not self._readers:
            raise RuntimeError("the lock is not held for reading")
        self._readers -= 1
        self._admit()

    def write_unlock(self) -> None:
        """Raises RuntimeError if nobody writes."""
        if not self._writing:
            raise RuntimeError("the lock is not held for writing")
        self._writing = False
        self._admit()

    def reading(self) -> Hold:
        """`async with lock.reading():`"""
        return Hold(self.read_lock, self.read_unlock)

    def writing(self) -> Hold:
        """`async with lock.writing():`"""
        return Hold(self.write_lock, self.write_unlock)

    def _admit(self) -> None:
        """Let in whoever is first in line and may be: one writer, or readers up to the next writer."""
        admitted: list[Promise[None]] = []
        while self._line and not self._writing:
            if self._line.first() not in self._writers:
                self._readers += 1
            elif not self._readers:
                self._writing = True
            else:
                break
            admitted.append(self._line.pop())
        serve_all(admitted, None)


class Hold:
    """A lock for the length of a block."""

    def __init__(self, lock: Callable[[], Future[None]], unlock: Callable[[], None]) -> None:
        self._lock = lock
        self._unlock = unlock

    async def __aenter__(self) -> None:
        locked = self._lock()
        try:
            await locked
        except BaseException:
            if locked.is_ready:  # It was handed over, and the coroutine was ended before its turn.
                self._unlock()
            raise

    async def __aexit__(self, *_: object) -> None:
        self._unlock()
