"""Actors across hosts: spawned on nodes elsewhere, called there as here, started from a file, found by name.

`Node.connect` gives a `RemoteNode` to spawn on; from then on `dispatch`, `terminate` and news of the end of an actor
work for PIDs of that node as they do at home. The other node runs `mesos-py node --allow-spawn`. Must never unpickle
anything but what a node that allows it was sent by a peer that has authenticated; answers are typed data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from libprocess_py.lazy_names import lazily

if TYPE_CHECKING:
    from libprocess_py.deploy.errors import ConnectFailed, RemoteError, SpawnFailed
    from libprocess_py.deploy.registry import Registry
    from libprocess_py.deploy.remote_node import RemoteNode
    from libprocess_py.deploy.spawner import Spawner

_HOMES: Final = {
    "ConnectFailed": "libprocess_py.deploy.errors",
    "RemoteError": "libprocess_py.deploy.errors",
    "SpawnFailed": "libprocess_py.deploy.errors",
    "Registry": "libprocess_py.deploy.registry",
    "RemoteNode": "libprocess_py.deploy.remote_node",
    "Spawner": "libprocess_py.deploy.spawner",
}

__all__ = ["RemoteNode", "Spawner", "Registry", "ConnectFailed", "SpawnFailed", "RemoteError"]

if not TYPE_CHECKING:  # Type checkers would take every name for one of ours.
    __getattr__, __dir__ = lazily(__name__, _HOMES)
