"""`RemoteNode`: another node, for one that has connected to it.

```python
remote = await node.connect("10.0.0.2:5050")
counter = await remote.spawn(Counter, 17)
total = await node.dispatch(counter, Counter.add, 4)
```
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

from libprocess_py.core.failures import Policy
from libprocess_py.future import Future
from libprocess_py.pid import PID, Address
from libprocess_py.process import Process

if TYPE_CHECKING:
    from libprocess_py.deploy.remotes import Remotes

P = ParamSpec("P")
S = TypeVar("S", bound=Process)


@dataclass(frozen=True, slots=True)
class RemoteNode:
    """Where to spawn. It stays valid while the connection does; connect again after a loss."""

    address: Address
    _remotes: Remotes
    allows_spawn: bool = True
    _id: str | None = None
    _policy: Policy | None = None

    def spawn(self, kind: Callable[P, S], *args: P.args, **kwargs: P.kwargs) -> Future[PID[S]]:
        """Make and start an actor there, and know it by its PID.

        The class is imported there if the same source is there, and sent along otherwise. The future fails with
        RemoteError if making it raises there, with SpawnFailed if it is refused or cannot be sent, and with
        ConnectionLost. That the actor was started does not say that its `initialize` is over: link to it.
        """
        from libprocess_py.deploy.remotes import Order

        policy = None if self._policy is None else self._policy.name
        order = Order(cast(type[Process], kind), args, kwargs, id=self._id, policy=policy)
        return cast(Future[PID[S]], self._remotes.order(self.address, order))

    def using(self, *, id: str | None = None, policy: Policy | None = None) -> RemoteNode:
        """The same node for an actor with that id, instead of its own, and that policy, instead of the node's."""
        return replace(self, _id=id, _policy=policy)

    def find(self, id: str) -> Future[bool]:
        """Whether there is an actor of that id."""
        return self._remotes.find(self.pid(id))

    def pid(self, id: str) -> PID[Any]:
        """An actor there, by its id."""
        return PID(id, self.address)
