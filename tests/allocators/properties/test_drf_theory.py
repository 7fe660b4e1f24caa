"""Dominant resource fairness proper (properties 25 to 35), in exact fractions: what holds, and what must not be hoped.

Divisible: unlimited tasks of fixed demands on one pool, progressive filling. Task by task: always to the smallest
weighted dominant share, and a user whose next task does not fit is out.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from allocators.hierarchical.allocator import HierarchicalAllocator
from allocators.replay.drf_theory import User, Vector, discrete, divisible
from mesos_py.protocol.resources import Resources
from tests.support.allocator_builders import SECOND, add_agent, add_framework, anything_goes

NAMES = ("x", "y", "z")
Users = dict[str, User]

amounts = st.integers(1, 12).map(Fraction)
capacities = st.fixed_dictionaries(dict.fromkeys(NAMES, amounts))
weights = st.integers(1, 3).map(Fraction)
needs = st.integers(0, 4).map(Fraction)
demands = st.fixed_dictionaries(dict.fromkeys(NAMES, needs)).filter(lambda demand: any(demand.values()))
positive = st.fixed_dictionaries(dict.fromkeys(NAMES, st.integers(1, 4).map(Fraction)))


def users_of(demand: st.SearchStrategy[dict[str, Fraction]]) -> st.SearchStrategy[Users]:
    one = st.builds(User, demand=demand, weight=weights)
    return st.lists(one, min_size=1, max_size=4).map(lambda users: {f"u{at}": user for at, user in enumerate(users)})


users_any, users_positive = users_of(demands), users_of(positive)


def vector(*amounts: int) -> dict[str, Fraction]:
    return dict(zip(NAMES, map(Fraction, amounts), strict=False))


def tasks_in(bundle: Vector, user: User) -> Fraction:
    """How many of the user's tasks these resources run."""
    return min(bundle[name] / need for name, need in user.demand.items() if need)


def bundle_of(user: User, tasks: Fraction) -> dict[str, Fraction]:
    return {name: need * tasks for name, need in user.demand.items()}


def total_weight(users: Users) -> Fraction:
    return sum((user.weight for user in users.values()), Fraction(0))


def left_of(capacity: Vector, users: Users, *, tasks: Mapping[str, Fraction]) -> dict[str, Fraction]:
    used = [bundle_of(user, tasks[name]) for name, user in users.items()]
    return {name: amount - sum(each[name] for each in used) for name, amount in capacity.items()}


@given(capacity=capacities, users=users_any)
def test_everybody_runs_at_least_what_a_slice_of_everything_would(capacity: Vector, users: Users) -> None:
    tasks = divisible(capacity, users)

    for name, user in users.items():
        assert tasks[name] >= tasks_in(capacity, user) * user.weight / total_weight(users)


@given(capacity=capacities, users=users_any)
def test_nobody_runs_more_with_the_bundle_of_another_scaled_by_weight(capacity: Vector, users: Users) -> None:
    tasks = divisible(capacity, users)

    for name, user in users.items():
        for other, owner in users.items():
            theirs = tasks_in(bundle_of(owner, tasks[other]), user)
            assert tasks[name] >= theirs * user.weight / owner.weight


@given(capacity=capacities, users=users_any)
def test_what_is_left_over_runs_nobodys_task(capacity: Vector, users: Users) -> None:
    left = left_of(capacity, users, tasks=divisible(capacity, users))

    assert min(left.values()) >= 0
    assert all(tasks_in(left, user) == 0 for user in users.values())


@given(capacity=capacities, users=users_any, lie=demands)
def test_a_false_demand_never_runs_more_true_tasks(capacity: Vector, users: Users, *, lie: dict[str, Fraction]) -> None:
    honest, liar = users["u0"], User(demand=lie, weight=users["u0"].weight)

    got = divisible(capacity, {**users, "u0": liar})["u0"]

    assert tasks_in(bundle_of(liar, got), honest) <= divisible(capacity, users)["u0"]


@given(capacity=capacities, users=users_positive)
def test_if_all_demands_are_positive_nobody_who_stays_loses_when_another_leaves(capacity: Vector, users: Users) -> None:
    before = divisible(capacity, users)

    after = divisible(capacity, {name: user for name, user in users.items() if name != "u0"})

    assert all(after[name] >= before[name] for name in after)


def test_with_zero_demands_somebody_may_lose_when_another_leaves() -> None:
    users = {"1": User(demand=vector(0, 1)), "2": User(demand=vector(2, 1)), "3": User(demand=vector(1, 0))}
    before = divisible(vector(6, 6), users)

    del users["3"]

    assert [before["1"], divisible(vector(6, 6), users)["1"]] == [Fraction(9, 2), Fraction(4)]


@given(amount=amounts, users=users_of(st.fixed_dictionaries({"x": st.integers(1, 4).map(Fraction)})), data=st.data())
def test_a_single_resource_is_divided_max_min(amount: Fraction, users: Users, *, data: st.DataObject) -> None:
    wishes = {name: data.draw(st.none() | amounts) for name in users}
    wishing = {name: User(user.demand, user.weight, wishes[name]) for name, user in users.items()}

    tasks = divisible({"x": amount}, wishing)

    shares = {name: tasks[name] * user.demand["x"] / user.weight for name, user in users.items()}
    for name, wish in wishes.items():
        assert tasks[name] == wish or shares[name] == max(shares.values()), "somebody could be given more"


@given(capacity=amounts, users=users_of(st.fixed_dictionaries({"x": st.integers(2, 4).map(Fraction)})))
def test_a_resource_that_is_dominant_for_all_is_split_by_weight(capacity: Fraction, users: Users) -> None:
    both = {name: User({**user.demand, "y": Fraction(1)}, user.weight) for name, user in users.items()}

    tasks = divisible({"x": capacity, "y": capacity}, both)

    for name, user in both.items():
        assert tasks[name] * user.demand["x"] / capacity == user.weight / total_weight(both)


@given(capacity=capacities, users=users_any, factor=amounts)
def test_scaling_all_weights_changes_nothing(capacity: Vector, users: Users, *, factor: Fraction) -> None:
    heavier = {name: User(user.demand, user.weight * factor) for name, user in users.items()}

    assert divisible(capacity, heavier) == divisible(capacity, users)


@given(capacity=capacities, demand=demands)
def test_identical_users_of_weight_two_and_one_get_two_to_one(capacity: Vector, demand: dict[str, Fraction]) -> None:
    tasks = divisible(capacity, {"two": User(demand, Fraction(2)), "one": User(demand)})

    assert tasks["two"] == 2 * tasks["one"]


def test_more_resources_may_mean_fewer_tasks_for_somebody() -> None:
    users = {"1": User(demand=vector(2, 1)), "2": User(demand=vector(1, 2))}

    tasks = [divisible(capacity, users)["2"] for capacity in (vector(3, 3), vector(6, 3))]

    assert tasks == [Fraction(1), Fraction(3, 4)]


@given(capacity=capacities, users=users_any)
def test_task_by_task_everybody_ends_up_within_one_task_of_his_slice(capacity: Vector, users: Users) -> None:
    tasks, _ = discrete(capacity, users)

    one_of_each = sum(user.dominant(capacity) for user in users.values())
    for name, user in users.items():
        assert tasks[name] * user.dominant(capacity) > user.weight / total_weight(users) * (1 - one_of_each)


@given(capacity=capacities, users=users_any)
def test_until_somebody_is_out_nobody_envies_a_bundle_less_one_task(capacity: Vector, users: Users) -> None:
    _, schedule = discrete(capacity, users)

    tasks = dict.fromkeys(users, Fraction(0))
    for name in schedule:
        shares = {each: tasks[each] * user.dominant(capacity) / user.weight for each, user in users.items()}
        poorest = min(users, key=shares.__getitem__)
        if tasks_in(left_of(capacity, users, tasks=tasks), users[poorest]) < 1:
            return  # He is out.
        assert name == poorest
        tasks[name] += 1
        for each, user in users.items():
            for other, owner in users.items():
                theirs = tasks_in(bundle_of(owner, max(tasks[other] - 1, Fraction(0))), user)
                assert tasks[each] >= theirs * user.weight / owner.weight


@given(capacity=capacities, users=users_any)
def test_when_it_stops_no_remaining_task_fits(capacity: Vector, users: Users) -> None:
    tasks, _ = discrete(capacity, users)

    left = left_of(capacity, users, tasks=tasks)
    assert min(left.values()) >= 0
    assert all(tasks_in(left, user) < 1 for user in users.values())


@given(seed=st.integers(0, 2**32), capacity=capacities, users=users_any)
def test_an_allocator_whose_frameworks_keep_one_task_of_each_offer_does_as_well(
    seed: int, *, capacity: Vector, users: Users
) -> None:
    """One agent; the rest comes back without refusal, and whoever has no room for another task wants no more offers."""
    allocator = HierarchicalAllocator(anything_goes(seed))
    allocator.update_weights({name: float(user.weight) for name, user in users.items()})
    for name in users:
        add_framework(allocator, name, name)
    add_agent(allocator, "n1", total=resources(capacity))

    tasks = dict.fromkeys(users, 0)
    run = 0
    while allocations := allocator.allocate(None, now=run * SECOND):
        (offer,) = allocations
        name, run = offer.role, run + 1
        task = resources(users[name].demand).allocate(name)
        rest = offer.resources
        if rest.contains(task):
            tasks[name], rest = tasks[name] + 1, rest - task
        else:
            allocator.suppress_offers(offer.framework_id, ())
        allocator.recover_resources(offer.framework_id, offer.agent_id, resources=rest, refusal=None, allocated=False)

    done = {name: Fraction(count) for name, count in tasks.items()}
    one_of_each = sum(user.dominant(capacity) for user in users.values())
    for name, user in users.items():
        assert done[name] * user.dominant(capacity) > user.weight / total_weight(users) * (1 - one_of_each)
    assert all(tasks_in(left_of(capacity, users, tasks=done), user) < 1 for user in users.values())


def resources(amounts: Vector) -> Resources:
    return Resources.of(**{name: float(amount) for name, amount in amounts.items()})
