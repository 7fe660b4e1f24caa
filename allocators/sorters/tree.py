"""The role tree: accounts of clients by path, shared by all sorters (AL-06).

A node stands for a path and sums up what the clients at and below it hold. A client that has children as well takes
part among them as a virtual leaf, `<path>/.`. When the last child goes the node is an ordinary client again and keeps
its count.

Every inner node keeps its children that have an active client below in order, as a list of keys that is repaired, not
rebuilt: a booking marks the nodes on its path, and the next walk that comes by moves the marked ones. Moving one costs
a binary search and a shift of pointers; a heap would save the shift, and pay for it in walks that go beyond the first.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

from allocators.sorters.account import Account

Key: TypeAlias = tuple[Any, ...]  # Of things that compare; it ends with the path, which makes it unique.
Place: TypeAlias = tuple[Any, ...]  # A key, and after it the node: flat, since that halves the time of a comparison.


class Node(Account):
    """One path of the tree, with the account of everything at and below it."""

    __slots__ = (
        "active", "active_below", "children", "client", "count", "epoch", "key", "marked", "order", "parent", "path",
    )  # fmt: skip

    def __init__(self, path: str, parent: Node | None) -> None:
        super().__init__()
        self.path = path
        self.parent = parent
        self.children = NO_CHILDREN
        self.client: str | None = None  # The client whose own account this is, if it is a leaf.
        self.active = False
        self.active_below = 0  # Active clients at and below.
        self.count = 0
        self.key: Key | None = None  # Its key in the parent's order, if it is there.
        self.order = NO_ORDER
        self.marked = NO_MARKS  # Children whose key may have changed.
        self.epoch = -1  # The pool's when the order was made.

    def open(self) -> None:
        """From now on it may have children."""
        if self.children is NO_CHILDREN:
            self.children, self.order, self.marked = {}, [], {}

    @property
    def is_virtual(self) -> bool:
        return self.path.endswith("/.")

    def __str__(self) -> str:
        return repr(self.path)

    def lineage(self) -> Iterator[Node]:
        """The node and all above it but the root, which has no account and stands in no order."""
        node = self
        while node.parent is not None:
            yield node
            node = node.parent


# Of a node that never had children: one object for all of them, since most nodes are leaves. Never written to.
NO_CHILDREN: Final[dict[str, Node]] = {}
NO_ORDER: Final[list[Place]] = []
NO_MARKS: Final[dict[Node, None]] = {}


class Tree:
    """Clients by path. Nothing here knows in which order they stand."""

    def __init__(self) -> None:
        self.root = Node("", None)
        self.root.open()
        self.leaves: dict[str, Node] = {}  # All clients, in the order in which they came. Only read by others.
        self._nodes: dict[str, Node] = {}

    def leaf(self, client: str) -> Node:
        """The node with the client's own account. KeyError if there is no such client."""
        return self.leaves[client]

    def node(self, path: str) -> Node | None:
        """The node of a path, with the weight of that path, if it exists."""
        return self._nodes.get(path)

    def add(self, client: str) -> Node:
        """A new client, inactive and with an empty account."""
        assert client not in self.leaves, f"client {client!r} is there already"
        node = self.root
        for depth in range(1, client.count("/") + 2):
            if node.client is not None:
                self._make_virtual(node)
            path = "/".join(client.split("/", depth)[:depth])
            node = self._nodes.get(path) or self._make_child(node, path)
        if node.children:
            node = self._make_leaf(node, client)
        node.client = client
        self.leaves[client] = node
        return node

    def remove(self, client: str) -> None:
        """Forget a client, its account, and nodes that nobody needs any more."""
        leaf = self.leaves[client]
        self.set_active(leaf, False)
        account = leaf.all()
        for node in leaf.lineage():
            node.unbook(account)
            mark(node)
        del self.leaves[client]
        leaf.client = None
        self._collapse(self._prune(leaf))

    def set_active(self, leaf: Node, active: bool) -> None:
        """Let a client take part, or not."""
        if leaf.active is not active:
            leaf.active = active
            self.root.active_below += 1 if active else -1
            for node in leaf.lineage():
                node.active_below += 1 if active else -1
                mark(node)

    def total(self) -> dict[str, int]:
        """What all clients hold together, a shared volume once."""
        sums = Account()
        for child in self.root.children.values():
            sums.book(child.all())
        return dict(sums.held)

    def _make_child(self, parent: Node, path: str) -> Node:
        parent.open()
        child = parent.children[path] = Node(path, parent)
        self._nodes[path] = child
        return child

    def _make_leaf(self, node: Node, client: str) -> Node:
        node.open()
        leaf = node.children[f"{node.path}/."] = Node(f"{node.path}/.", node)
        leaf.client = client
        return leaf

    def _make_virtual(self, node: Node) -> None:
        """A client gets its first child: from now on it competes with it, with its own account."""
        assert node.client is not None
        leaf = self._make_leaf(node, node.client)
        leaf.active, leaf.active_below = node.active, node.active_below
        leaf.take_over(node)
        leaf.count = node.count
        self.leaves[node.client] = leaf
        node.client, node.active = None, False
        mark(leaf)

    def _prune(self, node: Node) -> Node:
        """Drop the node and those above it that nobody needs any more; the lowest that stays."""
        while node.parent is not None and node.client is None and not node.children:
            parent = node.parent
            self._detach(node)
            node = parent
        return node

    def _collapse(self, node: Node) -> None:
        """A node with nothing below but its own virtual leaf is an ordinary client again."""
        if len(node.children) != 1 or node.parent is None:
            return
        (leaf,) = node.children.values()
        if not leaf.is_virtual:
            return
        assert leaf.client is not None
        assert leaf.held == node.held
        node.client, node.active = leaf.client, leaf.active
        self.leaves[leaf.client] = node
        self._detach(leaf)

    def _detach(self, node: Node) -> None:
        parent = node.parent
        assert parent is not None
        if node.key is not None:
            del parent.order[bisect_left(parent.order, node.key)]
        parent.marked.pop(node, None)
        del parent.children[node.path]
        self._nodes.pop(node.path, None)

    def counts(self) -> dict[str, int]:
        """The number of allocations of every node by path: what holdings do not tell."""
        nodes = [self.root]
        for node in nodes:
            nodes.extend(node.children.values())
        return {node.path: node.count for node in nodes[1:]}

    def restore_counts(self, counts: Mapping[str, int]) -> None:
        """The opposite, for a tree of the same clients."""
        nodes = [self.root]
        for node in nodes:
            nodes.extend(node.children.values())
            if node is not self.root:
                node.count = counts[node.path]
                mark(node)

    def check(self) -> None:
        """Assert that every inner node is the sum of its children."""
        for node in [self.root, *self._nodes.values()]:
            if node is self.root:
                assert node.active_below == sum(child.active_below for child in node.children.values())
                assert not node.held, "the root has an account"
            elif node.children:
                names: dict[str, int] = {}
                for child in node.children.values():
                    for name, milli in child.all().amounts.items():
                        names[name] = names.get(name, 0) + milli
                assert names == node.all().amounts, f"{node.path!r} is not the sum of its children"
                assert node.active_below == sum(child.active_below for child in node.children.values())
            else:
                assert node.client is not None or node.parent is None, f"{node.path!r} is of no use"
        for client, leaf in self.leaves.items():
            assert leaf.client == client


def mark(node: Node) -> None:
    """The node's key may have changed."""
    if node.parent is not None:
        node.parent.marked[node] = None
