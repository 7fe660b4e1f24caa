"""A peer that sends to a full mailbox reads of it on the wire."""

from __future__ import annotations

from libprocess_py.runtime.loop_node import start_node
from tests.support.event_loop import on_loop
from tests.support.wire_actors import Listener, RawClient, a_message


@on_loop
async def test_a_message_that_finds_no_room_is_answered_503_and_those_before_it_arrive() -> None:
    async with await start_node() as node, await RawClient.connect(node.address) as client:
        listener = Listener()
        node.spawn(listener, mailbox_max=2)

        client.say(b"".join(a_message("listener", "Ping", body=b'{"number":%d}' % number) for number in range(4)))
        statuses = [(await client.answer()).status for _ in range(4)]

        assert statuses == [202, 202, 503, 503]
        assert listener.numbers == [0, 1]
        assert node.metrics.counter("libprocess/dropped/mailbox_full").value == 2
