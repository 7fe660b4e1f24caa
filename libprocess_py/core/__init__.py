"""The kernel's rooms: mailboxes, run queue, timers, links and wire framing, as plain data structures.

Pure: events and `now` come in, what to do comes out. Must never know a clock, a random source, a socket, a thread or
asyncio; the drivers in `runtime` and `sim` own those.
"""
