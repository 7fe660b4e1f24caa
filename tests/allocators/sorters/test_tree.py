"""The role tree: virtual leaves, counts, and what is left when clients go."""

from __future__ import annotations

from allocators.sorters.sorter import Entry
from allocators.sorters.tree import Tree
from mesos_py.protocol.ids import AgentId
from mesos_py.protocol.resources import Resources


def book(tree: Tree, client: str, *, cpus: float) -> None:
    entry = Entry(AgentId("n1"), Resources.of(cpus=cpus))
    for node in tree.leaf(client).lineage():
        node.count += 1
        node.book(entry)


def test_a_client_with_a_child_competes_as_a_virtual_leaf_with_its_own_account_and_count() -> None:
    tree = Tree()
    tree.add("a")
    book(tree, "a", cpus=2)

    tree.add("a/b")
    book(tree, "a/b", cpus=3)

    leaf, node = tree.leaf("a"), tree.node("a")
    assert node is not None
    assert (leaf.path, leaf.held, leaf.count) == ("a/.", {"cpus": 2_000}, 1)
    assert (node.held, node.count) == ({"cpus": 5_000}, 2)
    tree.check()


def test_a_client_that_comes_to_an_inner_node_begins_with_nothing() -> None:
    tree = Tree()
    tree.add("a/b")
    book(tree, "a/b", cpus=3)

    tree.add("a")

    assert (tree.leaf("a").path, tree.leaf("a").held, tree.leaf("a").count) == ("a/.", {}, 0)
    tree.check()


def test_when_the_last_child_goes_the_client_keeps_the_count_of_the_node() -> None:
    tree = Tree()
    tree.add("a")
    tree.add("a/b")
    book(tree, "a/b", cpus=3)
    book(tree, "a", cpus=1)

    tree.remove("a/b")

    assert (tree.leaf("a").path, tree.leaf("a").held, tree.leaf("a").count) == ("a", {"cpus": 1_000}, 2)
    tree.check()


def test_nodes_that_nobody_needs_go_with_the_last_client_below() -> None:
    tree = Tree()
    tree.add("a/b/c")
    tree.add("d")

    tree.remove("a/b/c")

    assert (tree.node("a"), tree.node("a/b"), list(tree.root.children)) == (None, None, ["d"])
    tree.check()


def test_activity_is_counted_on_the_way_up() -> None:
    tree = Tree()
    tree.set_active(tree.add("a/b"), True)
    tree.set_active(tree.add("a/c"), True)
    tree.set_active(tree.leaf("a/b"), False)
    tree.set_active(tree.leaf("a/b"), False)

    node = tree.node("a")
    assert node is not None
    assert (node.active_below, tree.root.active_below) == (1, 1)
    tree.check()
