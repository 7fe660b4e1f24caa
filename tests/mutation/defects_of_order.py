"""Defects of the orders: keys, counts, shares and the role tree."""

from __future__ import annotations

from typing import Final

from tests.mutation.mutation import Area, area

KEY: Final = "return share, node.count, path"

DRF: Final = area(
    "allocators/sorters/drf.py",
    ("weights mean nothing", "        if path in weights:\n", "        if False:\n"),
    ("weights work the wrong way", "share /= weights", "share *= weights"),
    ("ties ignore allocation counts", KEY, KEY.replace("node.count, ", "")),
    ("ties go to whoever was served more often", KEY, KEY.replace("node.count", "-node.count")),
    ("ties go by name before counts", KEY, KEY.replace("node.count, path", "path, node.count")),
    ("shares mean nothing", KEY, "return 0, node.count, path"),
    ("the richest is first", KEY, KEY.replace("share", "-share")),
)

SORTER: Final = area(
    "allocators/sorters/sorter.py",
    (
        "the smallest share is dominant",
        "(fraction := milli / total) > share:",
        "(fraction := milli / total) < (share or 2.0):",
    ),
    ("shares are added up", "                share = fraction\n", "                share += fraction\n"),
    ("excluded names count", "        if self.excluded:", "        if False:"),
    ("a pool that changes goes unnoticed", "            self.epoch += 1\n", ""),
    ("shares are remembered whatever becomes of the pool", "        self.shares.clear()\n\n", "\n"),
    ("copies count once", "milli * copies for name", "milli for name"),
)

BASE: Final = area(
    "allocators/sorters/base.py",
    ("allocations are not counted", "            node.count += 1\n", ""),
    ("returns lower the count", "            node.unbook(entry)\n            parent.marked",
     "            node.unbook(entry)\n            node.count -= 1\n            parent.marked"),
    ("a return goes unnoticed", "            node.unbook(entry)\n            parent.marked[node] = None\n",
     "            node.unbook(entry)\n"),
    ("an allocation goes unnoticed", "                node.book(entry)\n            parent.marked[node] = None\n",
     "                node.book(entry)\n"),
    ("a new weight goes unnoticed", "        if node is not None:\n            mark(node)", "        if False:\n"
     "            pass"),
    ("restored counts are not restored", "        self._tree.restore_counts(counts)", "        pass"),
)  # fmt: skip

ACCOUNT: Final = area(
    "allocators/sorters/account.py",
    ("copies of a shared volume count each", "            if volume not in self.shared:\n"
     "                self._change(volume, 1)", "            self._change(volume, 1)"),
    ("the last copy of a shared volume is never given back", "            else:\n                "
     "self._change(volume, -1)", "            else:\n                pass"),
    ("whatever is booked first is a unit for all", "        if self.unit is entry:\n            self.copies += 1",
     "        if self.unit is not None:\n            self.copies += 1"),
    ("a unit comes beside what is held", "self.unit is None and not self._sums and", "self.unit is None and"),
    ("a shared volume may be a unit", " and not entry.shared:", ":"),
    ("copies are lost when the sums are written", "self._sums = dict(self.held)", "self._sums = {}"),
    ("what was given back stays a unit", "            if not self.copies:\n                self.unit = None\n", ""),
)  # fmt: skip

SEARCH: Final = area(
    "allocators/sorters/search.py",
    ("a search goes by the order of its beginning", "            if node.key is key:\n", "            if True:\n"),
    ("a search goes by keys of before", "        self._sorter.repair()\n", ""),
    (
        "who sleeps is found",
        "            if node.key is None:\n                heappop(heap)\n            else:\n",
        "            if True:\n",
        "Nobody falls asleep within a run, and a search ends with it.",
    ),
    ("nobody is excluded", " if node.client not in excluded]", "]"),
)

SEARCHES: Final = area(
    "allocators/hierarchical/searches.py",
    ("a role is closed if anybody has refused", "clients.issuperset(sorters[each].clients())", "clients"),
    ("who refused under one role is excluded under all", "if each == role}", "}"),
)

TREE: Final = area(
    "allocators/sorters/tree.py",
    ("a client with a child begins anew", "        leaf.count = node.count\n", ""),
    ("a client with a child begins with nothing", "        leaf.take_over(node)\n", ""),
    ("activity is not told to the nodes above", "                node.active_below += 1 if active else -1\n"
     "                mark(node)", "                mark(node)"),
    ("a change of activity goes unnoticed", "                node.active_below += 1 if active else -1\n"
     "                mark(node)", "                node.active_below += 1 if active else -1"),
)  # fmt: skip

KEYED: Final = area(
    "allocators/sorters/keyed.py",
    (
        "orders outlive the pool they were made for",
        "        elif node.epoch != self._pool.epoch + self._turn:\n",
        "        elif False:\n",
    ),
    (
        "orders are not repaired",
        "                self._repair(node)\n        return",
        "                pass\n        return",
    ),
    (
        "an only child that sleeps is offered",
        "if not node.order or not node.order[0][-1].active_below:",
        "if not node.order:",
    ),
    (
        "whoever was second is first",
        "            node = node.order[0][-1]\n",
        "            node = node.order[len(node.order) > 1][-1]\n",
    ),
    (
        "orders are always made anew",
        "if len(marked) > REPAIRED_ALWAYS and len(marked) * REPAIR_FRACTION > len(node.order):",
        "if marked:",
        "An order that is made anew is the one that is repaired; it only takes longer.",
    ),
)

AREAS: Final[tuple[Area, ...]] = (DRF, SORTER, BASE, ACCOUNT, SEARCH, SEARCHES, TREE, KEYED)
