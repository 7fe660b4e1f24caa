"""Draws: the same everywhere, and spread out."""

from __future__ import annotations

from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from allocators.draw import mix, mixed, stable_hash, uniform

words = st.integers(0, 2**64 - 1)


def test_a_draw_is_the_same_in_every_process() -> None:
    assert stable_hash(1, "n1") == 0xA1F9A4156CBFD5E2
    assert mix(1) == 0x5692161D100B05E5


def test_parts_do_not_run_into_one_another() -> None:
    assert stable_hash("ab", "c") != stable_hash("a", "bc")
    assert stable_hash(1) != stable_hash("1")


@given(first=words, second=words)
def test_mixing_is_one_to_one(first: int, second: int) -> None:
    assert (mix(first) == mix(second)) == (first == second)


@given(word=words | st.sampled_from((0, 2**64 - 1)))
def test_a_uniform_draw_lies_strictly_between_zero_and_one(word: int) -> None:
    assert 0.0 < uniform(word) < 1.0


def test_orders_drawn_for_different_runs_differ() -> None:
    agents = [stable_hash(0, f"n{number}") for number in range(20)]

    orders = {tuple(sorted(agents, key=partial(place, stable_hash(run)))) for run in range(50)}

    assert len(orders) == 50


def place(run: int, agent: int) -> int:
    return mix(agent ^ run)


@given(st.lists(words), words)
def test_many_draws_at_once_are_those_drawn_one_by_one(values: list[int], draw: int) -> None:
    assert mixed(values, draw) == [mix(value ^ draw) for value in values]
