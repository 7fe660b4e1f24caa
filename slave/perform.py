"""Performing what the agent's core wants done: one exhaustive match over its effects, and the timers that it names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

from libprocess_py.core.timers import Timer
from libprocess_py.future import Future
from libprocess_py.pid import PID
from libprocess_py.process import Process
from mesos_py.protocol.detector import MasterDetector
from mesos_py.protocol.ids import ContainerId
from slave.containerizer.container import LaunchOutcome, Termination
from slave.containerizer.containerizer import Containerizer
from slave.core.effects import (
    CancelTimer,
    DestroyContainer,
    Detect,
    Effect,
    Effects,
    Exit,
    LaunchContainer,
    Link,
    Note,
    RemoveContainer,
    Send,
    StartTimer,
    UpdateContainer,
)
from slave.core.events import ContainerEnded, ContainerLaunched, Event, MasterDetected, TimerEvent
from slave.sandboxes import Sandboxes


@dataclass(frozen=True)
class Surroundings:
    """What an agent needs around it."""

    containerizer: PID
    detector: MasterDetector
    sandboxes: Sandboxes


class Performer:
    """The hands of one agent. Everything that must wait comes back to it as an event of its own.

    `happened` is the method of the agent that takes events.
    """

    def __init__(self, process: Process, surroundings: Surroundings, *, happened: Callable[[Event], None]) -> None:
        self._process = process
        self._surroundings = surroundings
        self._happened = happened
        self._later = process.defer(happened)
        self._timers: dict[str, Timer] = {}
        self._detection: Future[PID | None] | None = None

    def perform(self, effects: Effects) -> None:
        """All of them, in order."""
        for effect in effects:
            self._perform(effect)

    def _perform(self, effect: Effect) -> None:
        process, containerizer = self._process, self._surroundings.containerizer
        match effect:
            case Send(to=to, message=message):
                process.send(to, message)
            case Link(to=to):
                process.link(to)
            case StartTimer(key=key, delay_ns=delay_ns, event=event):
                self._cancel(key)
                self._timers[key] = process.delay(delay_ns, self._fired, key, event)
            case CancelTimer(key=key):
                self._cancel(key)
            case Detect(previous=previous):
                self._detect(previous)
            case LaunchContainer():
                self._launch(effect)
            case UpdateContainer(container_id=container_id, resources=resources):
                process.dispatch(containerizer, Containerizer.update, container_id, resources)
            case DestroyContainer(container_id=container_id, grace_ns=grace_ns):
                process.dispatch(containerizer, Containerizer.destroy, container_id, grace_ns)
            case RemoveContainer(container_id=container_id):
                process.dispatch(containerizer, Containerizer.remove, container_id)
            case Note(event=name, fields=fields):
                process.log.info(name, **dict(fields))
            case Exit():
                process.terminate()
            case _:
                assert_never(effect)

    def _cancel(self, key: str) -> None:
        timer = self._timers.pop(key, None)
        if timer is not None:
            timer.cancel()

    def _fired(self, key: str, event: TimerEvent) -> None:
        del self._timers[key]
        self._happened(event)

    def _detect(self, previous: PID | None) -> None:
        """Only the latest question counts; an older one may be answered for ever after."""
        detection = self._surroundings.detector.detect(previous)
        self._detection = detection

        def answered(master: PID | None) -> None:
            if self._detection is detection:
                self._later(MasterDetected(master=master))

        detection.on_ready(answered)

    def _launch(self, effect: LaunchContainer) -> None:
        config = effect.config
        try:
            self._surroundings.sandboxes.prepare(config.sandbox, latest=effect.latest, user=config.user)
        except (OSError, ValueError) as error:  # ValueError: a text that no system call takes.
            self._failed(config.container_id, f"no sandbox: {error}")
            return
        outcome = self._process.dispatch(self._surroundings.containerizer, Containerizer.launch, config)
        outcome.on_any(lambda answer: self._answered(config.container_id, answer))

    def _answered(self, container_id: ContainerId, answer: Future[LaunchOutcome]) -> None:
        """The outcome first, then the end: the core relies on that order."""
        if not answer.is_ready:
            self._failed(container_id, f"the containerizer failed: {answer.failure}")
            return
        self._later(ContainerLaunched(container_id=container_id, outcome=answer.get()))
        end = self._process.dispatch(self._surroundings.containerizer, Containerizer.wait, container_id)
        end.on_ready(lambda termination: self._waited(container_id, termination))

    def _waited(self, container_id: ContainerId, termination: Termination | None) -> None:
        unknown = Termination(exit_status=None, message="the containerizer does not know the container")
        self._later(ContainerEnded(container_id=container_id, termination=termination or unknown))

    def _failed(self, container_id: ContainerId, message: str) -> None:
        self._later(ContainerLaunched(container_id=container_id, outcome=LaunchOutcome.FAILED))
        termination = Termination(exit_status=None, message=message)
        self._later(ContainerEnded(container_id=container_id, termination=termination))
