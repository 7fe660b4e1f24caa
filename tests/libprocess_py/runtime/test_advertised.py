"""A node that its peers reach at another address than it listens on."""

from __future__ import annotations

import pytest

from libprocess_py.pid import Address
from libprocess_py.runtime.loop_node import start_node
from libprocess_py.runtime.settings import NodeSettings
from tests.support.event_loop import on_loop
from tests.support.wire_actors import Echo, Listener

BEHIND = NodeSettings(ip="0.0.0.0", advertise_ip="127.0.0.2")


@on_loop
async def test_pids_carry_the_advertised_address_and_messages_come_to_it() -> None:
    async with await start_node(BEHIND) as there, await start_node() as here:
        echo = there.spawn(Echo())
        here.spawn(listener := Listener())

        here.dispatch(listener.pid, Listener.tell, echo, [1, 2])
        await listener.heard(2)

        assert echo.address == Address("127.0.0.2", there.driver.bound.port)
        assert listener.senders == [echo, echo]


@on_loop
async def test_messages_to_the_own_advertised_address_need_no_socket() -> None:
    async with await start_node(BEHIND) as node:
        echo = node.spawn(Echo())
        node.spawn(listener := Listener())

        node.dispatch(listener.pid, Listener.tell, echo, [1])
        await listener.heard(1)

        assert node.driver.peers.open_count == 0


@on_loop
async def test_a_node_that_asks_for_matching_addresses_refuses_who_advertises_another() -> None:
    settings = NodeSettings.from_environ({"LIBPROCESS_REQUIRE_PEER_ADDRESS_IP_MATCH": "1"})
    async with await start_node(BEHIND) as behind, await start_node() as open_one, await start_node(settings) as strict:
        strict.spawn(sink := Listener("sink"))
        behind.spawn(liar := Listener("liar"))
        open_one.spawn(honest := Listener("honest"))

        behind.dispatch(liar.pid, Listener.tell, sink.pid, [1])
        refused = strict.metrics.counter("libprocess/http/messages_spoofed")
        answers = behind.metrics.counter("libprocess/http/answers_400")
        behind.dispatch(liar.pid, Listener.link, sink.pid)
        await behind.stop()
        open_one.dispatch(honest.pid, Listener.tell, sink.pid, [2])

        assert await sink.heard(1) == [2]
        assert (refused.value, answers.value) == (1, 1)


@pytest.mark.parametrize("ip", ["0.0.0.0", "::"])
@on_loop
async def test_a_node_on_every_interface_advertises_an_address_at_which_it_listens(ip: str) -> None:
    async with await start_node(NodeSettings(ip=ip)) as node, await start_node(NodeSettings(ip=ip)) as other:
        echo = node.spawn(Echo())
        other.spawn(listener := Listener())

        other.dispatch(listener.pid, Listener.tell, echo, [1])

        assert await listener.heard(1) == [1]
