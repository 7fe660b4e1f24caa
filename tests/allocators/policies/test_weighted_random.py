"""The lottery as a policy: the default engine with both sorters drawing."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from allocators.allocator import Allocator, AllocatorSettings
from allocators.policies.registry import make_allocator
from tests.support.allocator_builders import SECOND, add_agent, add_framework, give_back


@given(seed=st.integers(0, 2**32))
def test_it_is_the_default_policy_with_random_sorters(seed: int) -> None:
    policies = (
        make_allocator("random", AllocatorSettings(seed=seed)),
        make_allocator("hierarchical", AllocatorSettings(seed=seed, role_sorter="random", framework_sorter="random")),
    )

    histories = [play(policy, 4) for policy in policies]

    assert histories[0] == histories[1]


def play(policy: Allocator, runs: int) -> Counter[str]:
    """Who got how many agents, all of them returned after each run."""
    policy.update_weights({"r0": 3.0})
    for number in range(2):
        add_framework(policy, f"f{number}", f"r{number}")
    for number in range(4):
        add_agent(policy, f"n{number}")
    wins: Counter[str] = Counter()
    for second in range(runs):
        offers = policy.allocate(None, now=second * SECOND)
        wins.update(f"{second} {each.framework_id} {each.agent_id}" for each in offers)
        give_back(policy, offers)
    return wins


def test_wins_are_in_proportion_to_weights_in_the_long_run() -> None:
    wins = play(make_allocator("random", AllocatorSettings(seed=1)), 1_000)

    of_the_heavy_one = sum(count for win, count in wins.items() if win.split()[1] == "f0")
    assert abs(of_the_heavy_one / sum(wins.values()) - 3 / 4) < 0.03
