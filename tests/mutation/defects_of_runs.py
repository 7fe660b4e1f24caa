"""Defects of a run, and of the figures of quota that it goes by."""

from __future__ import annotations

from typing import Final

from tests.mutation.mutation import Area, area

RUN: Final = area(
    "allocators/hierarchical/run.py",
    ("both stages take agents in the same order", "draw = stable_hash(self._draw, stage)",
     "draw = stable_hash(self._draw, FAIR_SHARE)"),
    ("agents take turns as they came", "mixed([agent.draw for agent in agents], draw)", "list(range(len(agents)))"),
    ("guarantees are not met first", "            if self._quota.unmet:\n", "            if False:\n"),
    ("owed is up to the limit", "owed = self._chop(bundle.goods, missing, agent=agent)",
     "owed = self._chop(bundle.goods, quota.room(role), agent=agent)"),
    ("owed does not count against the limit", "quota.room(role) - owed.quantities", "quota.room(role)"),
    ("what goes beyond a guarantee eats into headroom", "owed + self._above_headroom(extra, agent)", "owed + extra"),
    ("nothing rides along with what is owed", "resources=bundle.riders + given", "resources=given"),
    ("what is owed stays required", ", owed=owed.quantities)", ")"),
    ("fair shares ignore limits",
     "within = self._chop(bundle.goods, quota.room(role), agent=agent)", "within = bundle.goods"),
    ("fair shares eat into headroom",
     "extra = self._above_headroom(within, agent)", "extra = within"),
    ("nothing rides along with fair shares", "resources=bundle.riders + extra", "resources=extra"),
    ("fair shares are not counted", "            quota.hand_out(role, bundle.goods.quantities)\n",
     "            pass\n"),
    ("what goes whole is not counted", "            self._count(quota, role=role, bundle=bundle)\n",
     "            pass\n"),
    ("the first gets it whatever he refused", "or (refused and (framework.id, role) in refused)", ""),
    ("the first gets it whatever he demands", "if not framework.is_modest or (refused", "if (refused"),
    ("the first gets it whatever his limit",
     "        if quota is not None and role in quota.consumed and not quota.leaves_room(role, bundle):\n"
     "            return False\n        self._give", "        self._give"),
    ("what goes whole ignores limits",
     "            if self._quota is not None and not self._quota.leaves_room(role, bundle):\n"
     "                return Outcome.CUT\n            for", "            for"),
    ("nobody searches for those who have not refused", "        if outcome is Outcome.OFTEN_REFUSED:\n",
     "        if False:\n"),
    ("what is refused by one is for nobody of its kind", "                    self._is_personal = True\n"
     "                    passed += 1\n", "                    passed += 1\n"),
    ("guarantees that are met open nothing", "                    self.has_met_guarantees = True\n", "",
     "What is owed lowers both sides of the surplus. It leaves more room only where a deficit hid some, and then "
     "everybody is looked at anyway."),
    ("shares that fill guarantees open nothing", "            self.leaves_openings = True\n", "            pass\n"),
    ("a role that got something keeps its rank", "                        ranking.booked(role)\n",
     "                        pass\n"),
    ("a refusal closes a role to all agents alike", "resources):\n            self._is_personal = True\n",
     "resources):\n"),
    ("a constraint closes a role to all agents alike", "role=role)\n        self._is_personal = True\n",
     "role=role)\n"),
    ("cuts are remembered even if chance made them", "            if len({*names}) == len(names):\n",
     "            if names:\n"),
    ("plain agents go whole whatever is owed", "                goes_whole = False\n", "                pass\n"),
    ("what others may see is for everybody", "return agent.free.allocatable_to(role) - ", "return agent.free - "),
    ("a shared volume is offered again and again in a run", " - self._shared_offered.get(agent.id, NOTHING)\n\n",
     "\n\n"),
    ("a volume that was offered is forgotten", "(shared := resources.shared()):", "(shared := NOTHING):"),
    ("constraints are ignored", "if framework.constraints.exclude(role, agent.info):", "if False:"),
    ("refusals are ignored", "if self._refusals.covers((framework.id, role, agent.id), resources):", "if False:"),
    ("capabilities do not matter", "return self._eligibility.has_traits_for(framework, agent, role=role)",
     "return True"),
    ("nothing is hidden", "interned.bundle(self._eligibility.strip(framework, visible))",
     "interned.bundle(visible)"),
    ("an offer cut too small is made all the same",
     "        if not bundle.is_enough(self._eligibility.smallest(framework, role)):\n            return False\n", ""),
    ("a second part for a cell replaces the first", "resources += offered.pop(number).resources",
     "offered.pop(number)"),
    ("chopping goes by name, not by chance", "places = {kind: mix(draw + place)", "places = {kind: place"),
    ("chopping draws the same for all agents", "        draw = agent.draw ^ self._draw", "        draw = self._draw"),
)  # fmt: skip

QUOTA: Final = area(
    "allocators/hierarchical/quota.py",
    (
        "a guarantee is missing whole",
        "missing = guarantees - consumed if consumed else guarantees",
        "missing = guarantees",
    ),
    ("a limit leaves room for all of it", "limits - consumed if consumed else limits", "limits"),
    ("nothing is held back", "self._surplus = self.available - self.required", "self._surplus = self.available"),
    ("the surplus is that of the beginning", "            self._surplus = None\n", ""),
    ("headroom does not shrink", "            self.available -= amounts\n", ""),
    ("required headroom does not shrink", "            self.required -= owed\n", ""),
    ("the room of a role is that of the beginning", "        self._room.pop(role, None)\n", ""),
    ("what a role got is not consumed", "            self.consumed[role] += amounts\n", ""),
    ("idle reservations are headroom", "return unheld - idle_reservations - ", "return unheld - "),
    ("idle revocable resources are headroom", " - Quantities(idle_revocable)", ""),
    (
        "held reservations are taken off twice",
        "Quantities(books.reserved_total) - Quantities(books.reserved_held)",
        "Quantities(books.reserved_total)",
    ),
    ("what is held is headroom", "Quantities(books.total) - Quantities(books.held)", "Quantities(books.total)"),
)

AREAS: Final[tuple[Area, ...]] = (RUN, QUOTA)
