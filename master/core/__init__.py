"""The master's rules and books: an event and `now` come in, new state and effects come out.

Pure. Must never know a clock, a random source, a socket, a file, a thread, asyncio, or the actor around it.
"""
