"""Dominant resource fairness as the papers define it, in exact fractions: users with fixed demands on one pool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

Vector = Mapping[str, Fraction]

ZERO = Fraction(0)


@dataclass(frozen=True)
class User:
    """What one task needs, of something at least; `tasks_max` is how many are wanted at all."""

    demand: Vector
    weight: Fraction = Fraction(1)
    tasks_max: Fraction | None = None

    def dominant(self, capacity: Vector) -> Fraction:
        """The dominant share of one task. Everything that it needs is there."""
        return max(need / capacity[name] for name, need in self.demand.items() if need)


def divisible(capacity: Vector, users: Mapping[str, User]) -> dict[str, Fraction]:
    """Progressive filling: weighted dominant shares rise together; who meets a full resource or has enough stops."""
    tasks = dict.fromkeys(users, ZERO)
    left = dict(capacity)
    growing = [name for name in users if tasks[name] != users[name].tasks_max and fits(users[name], left)]
    while growing:
        speed = {name: users[name].weight / users[name].dominant(capacity) for name in growing}
        steps = []
        for resource, amount in left.items():
            rate = sum(speed[name] * users[name].demand.get(resource, ZERO) for name in growing)
            if rate:
                steps.append(amount / rate)
        for name in growing:
            enough = users[name].tasks_max
            if enough is not None:
                steps.append((enough - tasks[name]) / speed[name])
        step = min(steps)
        for name in growing:
            tasks[name] += step * speed[name]
            for resource, need in users[name].demand.items():
                if need:
                    left[resource] -= step * speed[name] * need
        growing = [name for name in growing if tasks[name] != users[name].tasks_max and fits(users[name], left)]
    return tasks


def fits(user: User, left: Vector) -> bool:
    """Could the user still grow?"""
    return all(left.get(resource, ZERO) > 0 for resource, need in user.demand.items() if need)


def discrete(capacity: Vector, users: Mapping[str, User]) -> tuple[dict[str, Fraction], list[str]]:
    """One task at a time to the smallest weighted dominant share; ties to the earlier user; who does not fit is out."""
    tasks = dict.fromkeys(users, ZERO)
    left = dict(capacity)
    schedule: list[str] = []
    playing = [name for name in users if fits(users[name], left)]
    while playing:
        shares = {name: tasks[name] * users[name].dominant(capacity) / users[name].weight for name in playing}
        name = min(playing, key=lambda each: shares[each])
        user = users[name]
        has_enough = user.tasks_max is not None and tasks[name] + 1 > user.tasks_max
        if has_enough or any(left[resource] < need for resource, need in user.demand.items() if need):
            playing.remove(name)
            continue
        tasks[name] += 1
        schedule.append(name)
        for resource, need in user.demand.items():
            if need:
                left[resource] -= need
    return tasks, schedule
