"""A peer that ends and comes again at the same address, while messages are queued for it and links are held."""

from __future__ import annotations

from libprocess_py.pid import PID
from libprocess_py.runtime.loop_node import start_node
from libprocess_py.runtime.settings import NodeSettings
from tests.support.event_loop import on_loop
from tests.support.wire_actors import Echo, Listener


@on_loop
async def test_what_a_restarted_peer_gets_is_in_order_and_nothing_twice() -> None:
    async with await start_node() as here:
        here.spawn(source := Listener("source"))
        former = await start_node()
        to = former.spawn(Listener("sink"))
        here.dispatch(source.pid, Listener.link, to)
        here.dispatch(source.pid, Listener.tell, to, list(range(100)))
        former.driver.close()
        here.dispatch(source.pid, Listener.tell, to, list(range(100, 200)))
        assert await source.lost() == [to]

        async with await start_node(NodeSettings(port=to.address.port)) as again:
            again.spawn(sink := Listener("sink"))
            here.dispatch(source.pid, Listener.link, to)
            here.dispatch(source.pid, Listener.tell, to, list(range(200, 300)))
            while 299 not in sink.numbers:
                await sink.heard(len(sink.numbers) + 1)

            assert sink.numbers == sorted(set(sink.numbers))
            assert sink.numbers[-100:] == list(range(200, 300))
            assert source.gone == [to]
        await former.stop()


@on_loop
async def test_every_loss_is_told_to_whoever_links_again_at_once() -> None:
    class Faithful(Listener):
        """Links again whenever it hears of a loss, and asks."""

        def exited(self, pid: PID) -> None:
            super().exited(pid)
            self.link(pid, reconnect=len(self.gone) % 2 == 0)
            self.tell(pid, [len(self.gone)])

    async with await start_node() as here:
        here.spawn(faithful := Faithful("faithful"))
        first = await start_node()
        echo = first.spawn(Echo())
        here.dispatch(faithful.pid, Listener.link, echo)
        here.dispatch(faithful.pid, Listener.tell, echo, [0])
        await faithful.heard(1)

        await first.stop()
        await faithful.lost(5)
        async with await start_node(NodeSettings(port=echo.address.port)) as again:
            again.spawn(Echo())
            await faithful.heard(2)
            losses = len(faithful.gone)
            here.dispatch(faithful.pid, Listener.tell, echo, [7])
            await faithful.heard(3)

            assert len(faithful.gone) == losses
            assert faithful.numbers[-1] == 7
            here.terminate(faithful.pid)
