"""Defects of who may have what, of refusals, pauses and maintenance, and of the theory that cases are held against."""

from __future__ import annotations

from typing import Final

from tests.mutation.mutation import Area, area

ELIGIBILITY: Final = area(
    "allocators/hierarchical/eligibility.py",
    ("MULTI_ROLE does not matter", "            traits |= NO_MULTI_ROLE", "            pass"),
    ("HIERARCHICAL_ROLE does not matter", "            traits |= NO_HIERARCHY", "            pass"),
    ("gpus are for everybody", "            traits |= HAS_GPUS", "            pass"),
    ("gpus are never for everybody", "if self._filter_gpus and agent.total", "if agent.total"),
    ("regions do not matter", "            traits |= IS_REMOTE", "            pass"),
    ("agents without a region are remote", "if info.region is not None and info.region", "if info.region"),
    ("shared volumes are for everybody", "        if not framework.shared:", "        if False:"),
    ("revocable resources are for everybody", "        if not framework.revocable:", "        if False:"),
    ("refined reservations are for everybody", "        if not framework.refined:", "        if False:"),
    ("one reservation is one too many", "len(kind.reservations) <= 1", "len(kind.reservations) < 1"),
    (
        "frameworks cannot set their smallest offers",
        "return framework.min_allocatable.get(role, self._min_allocatable)",
        "return self._min_allocatable",
    ),
)

GRANTS: Final = area(
    "allocators/hierarchical/grants.py",
    ("all of the smallest offers must be contained", "and any(quantities.contains(", "and all(quantities.contains("),
)

CONSTRAINTS: Final = area(
    "allocators/hierarchical/constraints.py",
    ("one group that fails excludes", "not any(all(claim(agent)", "not all(all(claim(agent)"),
    ("one constraint of a group is enough", "not any(all(claim(agent)", "not any(any(claim(agent)"),
)

REFUSALS: Final = area(
    "allocators/hierarchical/refusals.py",
    ("a refusal is told of as in force when it is over", "return now >= self.until and", "return False and"),
    ("a refusal may end before any batch saw it", "if batches > each.batch]", "]"),
    ("a refusal ends a moment too late", "self._ends[0] <= now:", "self._ends[0] < now:"),
    ("a refusal ends with the first batch", "while self._ends and self._ends[0] <= now:", "while self._ends:"),
    (
        "a refusal covers what contains it",
        "each.resources is resources or each.resources.contains(resources)",
        "resources.contains(each.resources)",
    ),
    ("the refusals of a role are not dropped", "        if refuser is not None:\n", "        if False:\n"),
    ("the refusals about an agent are not dropped", "        self._drop([each for", "        list([each for"),
    ("refusals that wait for a batch are forgotten", "            self._ending[ending[0].until] = ending\n"
     "            heappush(self._ends, ending[0].until)\n            self._queued", "            self._queued"),
    ("who covers an agent is not kept up", "                self._note_covering(agent_id, refuser.client)\n"
     "            refuser.count -= 1\n", "                pass\n            refuser.count -= 1\n"),
    ("who covers an agent is asked once", "        if self._covering:\n            self._note_covering(agent_id, "
     "refuser.client)\n        if until", "        if until"),
    ("whoever has refused anything has refused it all", "if cover(each, resources)]", "if True]"),
    ("whoever has refused a part has refused it all", "about if about.common.contains(resources) else ()", "about"),
    ("refusals of different things are taken for the same",
     "            clients.common = None\n", "            pass\n"),
    ("what is swept out ends at once", "self._ends = sorted(self._ending)", "self._ends = []"),
    ("what is swept from a client's list cannot be dropped", "refuser.refusals = _in_force(refuser.refusals)",
     "refuser.refusals = []"),
)  # fmt: skip

RECOVERY: Final = area(
    "allocators/hierarchical/recovery.py",
    ("one agent more is waited for", "count >= self._needed", "count > self._needed"),
    ("the pause lasts a moment longer", "now < self._deadline", "now <= self._deadline"),
    ("the share of agents is rounded up", "self._needed = int(", "self._needed = int(Fraction(99, 100) + "),
    ("resuming does not end the wait for agents", "        self._is_paused = False\n        self._deadline = None\n",
     "        self._is_paused = False\n"),
)  # fmt: skip

MAINTENANCE: Final = area(
    "allocators/hierarchical/maintenance.py",
    ("frameworks are asked twice", "framework_id not in self.asked and ", ""),
    ("an inverse refusal means nothing", " and self.refused_until.get(framework_id, now) <= now", ""),
    (
        "an answer does not reopen the question",
        "            return\n        schedule.asked.pop(framework_id, None)\n",
        "            return\n",
    ),
    ("answers are not recorded", "            schedule.statuses[framework_id] = status", "            pass"),
    ("a new schedule keeps the answers to the old one", "        self._schedules.pop(agent_id, None)\n        if "
     "unavailability is not None:\n            self._schedules[agent_id] = Schedule(unavailability)",
     "        if unavailability is None:\n            self._schedules.pop(agent_id, None)\n        else:\n            "
     "self._schedules.setdefault(agent_id, Schedule(unavailability))"),
)  # fmt: skip

THEORY: Final = area(
    "allocators/replay/drf_theory.py",
    ("filling goes by the smallest share", "return max(need / capacity", "return min(need / capacity"),
    (
        "filling goes by tasks, not by shares",
        "users[name].weight / users[name].dominant(capacity)",
        "users[name].weight",
    ),
    ("weights count the wrong way in filling", "users[name].weight / users[name].dominant",
     "1 / users[name].weight / users[name].dominant"),
    ("filling stops at the first full resource", "        step = min(steps)\n",
     "        step = min(steps) if not any(tasks.values()) else ZERO\n        if not step:\n            break\n"),
    ("whole tasks go by tasks", "shares = {name: tasks[name] * users[name].dominant(capacity) / users[name].weight",
     "shares = {name: tasks[name]"),
    ("whole tasks go to the richest", "name = min(playing, key", "name = max(playing, key"),
    ("the first that does not fit ends it for all", "            playing.remove(name)\n            continue",
     "            break"),
)  # fmt: skip

AREAS: Final[tuple[Area, ...]] = (ELIGIBILITY, GRANTS, CONSTRAINTS, REFUSALS, RECOVERY, MAINTENANCE, THEORY)
