"""`StateMachine`: moves from where the caller believes it to be, and tells who waits."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libprocess_py.coordination import StateMachine


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc"))))
def test_a_move_from_another_state_than_the_present_one_changes_nothing(moves: list[tuple[str, str]]) -> None:
    machine, state = StateMachine("a"), "a"

    for source, to in moves:
        effects: list[str] = []
        moved = machine.move(source, to, effect=partial(effects.append, to))
        assert moved == (source == state)
        assert effects == ([to] if moved else [])
        state = to if moved else state
        assert machine.state == state


def test_the_state_changes_before_its_effect_is_made_and_waiters_are_told_after_it() -> None:
    machine = StateMachine("off")
    seen: list[str] = []
    machine.when("on").on_ready(lambda _: seen.append("told"))

    machine.move("off", "on", effect=lambda: seen.append(f"effect in {machine.state}"))

    assert seen == ["effect in on", "told"]


def test_an_effect_that_raises_keeps_nobody_waiting() -> None:
    machine = StateMachine("off")
    on = machine.when("on")

    with pytest.raises(ZeroDivisionError):
        machine.move("off", "on", effect=lambda: 1 // 0)

    assert machine.state == "on"
    assert on.is_ready


def test_whoever_waits_for_a_state_is_told_at_its_next_arrival_unless_it_gave_up() -> None:
    machine = StateMachine("off")
    stays, gives_up = machine.when("on"), machine.when("on")

    gives_up.discard()
    machine.move("off", "on")

    assert machine.when("on").is_ready
    assert stays.is_ready
    assert gives_up.is_discarded
