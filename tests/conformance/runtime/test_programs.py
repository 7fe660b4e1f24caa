"""Random programs run on all set-ups at once; what came of them is compared with the model after every barrier."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from tests.conformance.runtime.harness import BareHarness, SimulatedHarness
from tests.conformance.runtime.loop_harness import LoopHarness
from tests.conformance.runtime.process_harness import ProcessHarness
from tests.conformance.runtime.programs import FAR, PLACES, Model, Puppet, World, disagreements

EXAMPLES: Final = 10  # Each starts an OS process and waits for alarms: a third of a second.
EXAMPLES_LONG: Final = 200
LONG_S: Final = 600  # A second for each, and as much again on a machine that is busy.
STEPS: Final = 25
ACTORS: Final = 6  # To begin with.
DELAYS_MS: Final = (20, 0, 40)  # Far enough from one another for a machine under load to keep them apart.
COUNTS: Final = st.integers(1, 5)
FAILS, IS_ENDED, IS_ENDED_AT_ONCE, NOT_AT_ALL = ENDS = ("fails", "is ended", "is ended at once", "not at all")
PICK: Final = st.integers(0, 1_000)  # Of a list whose length only the model knows.

PICKS: Final = st.lists(PICK, min_size=1, max_size=4)


class Programs(RuleBasedStateMachine):
    """Tells all worlds the same things, in the same order."""

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        harnesses = (SimulatedHarness, BareHarness, LoopHarness, ProcessHarness)
        self.worlds = [World(harness()) for harness in harnesses]
        self.made = 0

    def teardown(self) -> None:
        try:
            self.barrier()
        finally:
            for world in self.worlds:
                world.harness.close()

    # Steps

    @initialize()
    def spawn_some(self) -> None:
        for number in range(ACTORS):
            self.spawn(number % PLACES)

    @rule(place=st.integers(0, PLACES - 1))
    def spawn(self, place: int) -> None:
        if place == FAR and self.model.is_far_crashed:
            return
        id = f"puppet-{len(self.model.actors)}"
        self.model.add(id, place)
        for world in self.worlds:
            world.spawn(id, place)

    @rule(sender=PICK, receivers=PICKS, count=COUNTS)
    def say(self, sender: int, receivers: list[int], count: int) -> None:
        for receiver in receivers:
            one, other = self._living(sender), self._known(receiver)
            if one is not None:
                numbers = self.model.say(one, other, count=count)
                self._tell(one, lambda world: (Puppet.say, world.pids[other], numbers))  # noqa: B023  # At once.

    @rule(linker=PICK, linked=PICKS)
    def watch(self, linker: int, linked: list[int]) -> None:
        for pick in linked:
            one, other = self._living(linker), self._known(pick)
            if one is not None and one != other and self.model.watch(one, other):
                self._tell(one, lambda world: (Puppet.watch, world.pids[other]))  # noqa: B023  # At once.

    @rule(actor=PICK, left=COUNTS)
    def call(self, actor: int, left: int) -> None:
        id = self._known(actor)
        if self.model.is_far_crashed and self.model.actors[id].place == FAR:
            return
        self.made += 1
        self.model.calls[self.made] = (self.model.actors[id], left + self.made)
        for world in self.worlds:
            node = world.nodes[self.model.actors[id].place]
            world.calls[self.made] = node.dispatch(world.pids[id], Puppet.add, left, self.made)

    @rule(actor=PICK)
    def arm(self, actor: int) -> None:
        id = self._living(actor)
        if id is not None:
            self.made += 1
            number = self.made
            order = sorted(range(len(DELAYS_MS)), key=lambda index: DELAYS_MS[index])
            self.model.alarms[number] = (self.model.actors[id], order)
            self._tell(id, lambda _: (Puppet.arm, number, DELAYS_MS))

    @rule(actor=PICK, how=st.sampled_from(ENDS))
    def end(self, actor: int, how: str) -> None:
        id = self._living(actor)
        if id is None or how == NOT_AT_ALL:
            return
        self.model.end(id)
        if how == FAILS:
            self._tell(id, lambda _: (Puppet.fail,))
        else:
            for world in self.worlds:
                node = world.nodes[self.model.actors[id].place]
                node.terminate(world.pids[id], inject=how == IS_ENDED_AT_ONCE)

    @precondition(lambda self: not self.model.is_far_crashed)
    @rule(chance=st.integers(0, 9))
    def crash(self, chance: int) -> None:
        if chance == 0:  # Seldom: what comes after it plays on one node.
            self.model.crash_far()
            for world in self.worlds:
                world.harness.crash(world.nodes[FAR])

    @rule()
    def barrier(self) -> None:
        self.model.barrier()
        for world in self.worlds:
            self._compare(world)

    # Helpers

    def _compare(self, world: World) -> None:
        name = type(world.harness).__name__
        try:
            world.harness.until(lambda: not any(disagreements(self.model, world)))
        except (AssertionError, TimeoutError):
            raise AssertionError(f"{name}: {list(disagreements(self.model, world))}") from None
        world.harness.settle()
        assert not list(disagreements(self.model, world)), name

    def _living(self, pick: int) -> str | None:
        living = self.model.living()
        return living[pick % len(living)] if living else None

    def _known(self, pick: int) -> str:
        known = self.model.known()
        return known[pick % len(known)]

    def _tell(self, id: str, call: Callable[[World], tuple[Any, ...]]) -> None:
        for world in self.worlds:
            method, *args = call(world)
            world.nodes[self.model.actors[id].place].dispatch(world.pids[id], method, *args)


def _run(examples: int, steps: int) -> None:
    """Without shrinking: a program that fails on real nodes takes half a minute each time to be sure of it."""
    phases = (Phase.reuse, Phase.generate)
    run_state_machine_as_test(
        Programs, settings=settings(max_examples=examples, stateful_step_count=steps, phases=phases)
    )


def test_random_programs_come_to_the_same_on_all_set_ups() -> None:
    _run(EXAMPLES, STEPS)


@pytest.mark.long
@pytest.mark.timeout(LONG_S)
def test_many_random_programs_come_to_the_same_on_all_set_ups() -> None:
    _run(EXAMPLES_LONG, 2 * STEPS)
