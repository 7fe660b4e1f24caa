"""The book of links against a plain list of pairs."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from libprocess_py.core.links import Links
from libprocess_py.pid import PID, Address

HERE = Address("10.0.0.1", 1)
linkers = st.sampled_from(["a", "b", "c"])
addresses = st.sampled_from([HERE, Address("10.0.0.2", 1), Address("10.0.0.3", 1)])
targets: st.SearchStrategy[PID] = st.builds(PID, st.sampled_from(["a", "b", "x"]), addresses)


class LinksAgainstAList(RuleBasedStateMachine):
    """The model is a list of (linker, target) in the order in which the links were made."""

    def __init__(self) -> None:
        super().__init__()
        self.links = Links()
        self.model: list[tuple[str, PID]] = []

    @rule(linker=linkers, to=targets)
    def add(self, linker: str, to: PID) -> None:
        new = (linker, to) not in self.model

        assert self.links.add(linker, to, remote=to.address != HERE) == new

        if new:
            self.model.append((linker, to))

    @rule(linker=linkers, to=targets.filter(lambda to: to.address != HERE))
    def remove(self, linker: str, to: PID) -> None:
        before, self.model = self.model, [link for link in self.model if link != (linker, to)]
        is_last = before != self.model and all(target.address != to.address for _, target in self.model)

        assert self.links.remove(linker, to) == is_last

    @rule(id=st.sampled_from(["a", "b", "x"]))
    def target_ends(self, id: str) -> None:
        target = PID(id, HERE)

        assert self.links.target_ended(target) == [linker for linker, other in self.model if other == target]

        self.model = [link for link in self.model if link[1] != target]

    @rule(linker=linkers)
    def linker_ends(self, linker: str) -> None:
        before = self.addresses()
        self.model = [link for link in self.model if link[0] != linker]

        left = self.links.linker_ended(linker)

        assert sorted(left) == sorted(before - self.addresses())

    @rule(address=addresses.filter(lambda address: address != HERE))
    def connection_is_lost(self, address: Address) -> None:
        told = self.links.connection_lost(address)

        assert sorted(told) == sorted(link for link in self.model if link[1].address == address)
        self.model = [link for link in self.model if link[1].address != address]

    @rule(ended=targets.filter(lambda target: target.address != HERE))
    def actor_elsewhere_ends(self, ended: PID) -> None:
        before = self.addresses()
        expected = [linker for linker, other in self.model if other == ended]
        self.model = [link for link in self.model if link[1] != ended]

        told, is_last = self.links.remote_ended(ended)

        assert told == expected
        assert is_last == (ended.address in before - self.addresses())

    @invariant()
    def the_book_is_sound(self) -> None:
        self.links.check()
        assert set(self.links.addresses()) == self.addresses()
        for address in self.addresses():
            there = {target for _, target in self.model if target.address == address}
            assert sorted(self.links.targets_at(address)) == sorted(there)

    def addresses(self) -> set[Address]:
        return {target.address for _, target in self.model if target.address != HERE}


TestLinksAgainstAList = LinksAgainstAList.TestCase


def test_links_to_one_target_are_told_in_the_order_in_which_they_were_made() -> None:
    links = Links()
    target = PID("x", HERE)
    for linker in ["c", "a", "b"]:
        links.add(linker, target, remote=False)

    assert links.target_ended(target) == ["c", "a", "b"]
