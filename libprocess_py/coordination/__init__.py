"""Turns, queues, locks and gates made of futures, for the actors of one node.

All of them are plain objects used on the thread of their node; none blocks, reads a clock or starts anything. Whoever
waits holds a future, and by discarding it leaves its place to those behind. Waiters are served first come first served.
"""

from __future__ import annotations

from libprocess_py.coordination.group import Group
from libprocess_py.coordination.latch import CountDownLatch, Once
from libprocess_py.coordination.lock import Mutex, ReadWriteLock
from libprocess_py.coordination.queue import Queue, QueueFull
from libprocess_py.coordination.sequence import Sequence
from libprocess_py.coordination.state_machine import StateMachine

__all__ = [
    "CountDownLatch",
    "Group",
    "Mutex",
    "Once",
    "Queue",
    "QueueFull",
    "ReadWriteLock",
    "Sequence",
    "StateMachine",
]
