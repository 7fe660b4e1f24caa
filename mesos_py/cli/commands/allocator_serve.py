"""`mesos-py allocator serve`: the replay protocol on standard input and output."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import BinaryIO, Final

import click

from allocators.policies.registry import DEFAULT_POLICY
from allocators.replay.protocol import LINE_BYTES_MAX, Session
from mesos_py.cli.commands.allocator_replay import maker

EPILOG: Final = """\
\b
Try it:
  echo '{"op": "start", "seed": 1}' | mesos-py allocator serve
"""


@click.command("serve", epilog=EPILOG)
@click.option("--allocator", "policy", default=DEFAULT_POLICY, show_default=True, help="The policy to drive.")
@click.option("--check", is_flag=True, help="Audit the books after every step. Slow for big clusters.")
def command(policy: str, check: bool) -> None:
    """Drive an allocator: one JSON object per line on standard input, one answer per line on standard output.

    `{"op": "start"}` begins a scenario; every further line is a step of it, or asks for state. What cannot be
    understood is answered by `{"error": ...}`.
    """
    session = Session(maker(policy), check=check)
    for line in lines_of(sys.stdin.buffer):
        sys.stdout.buffer.write(session.answer(line))
        sys.stdout.buffer.flush()


def lines_of(stream: BinaryIO) -> Iterator[bytes]:
    """The lines of a stream. One that is too long comes cut, but too long still, and its rest is skipped."""
    while line := stream.readline(LINE_BYTES_MAX + 2):
        rest = line
        while len(rest) > LINE_BYTES_MAX + 1 and not rest.endswith(b"\n"):
            rest = stream.readline(LINE_BYTES_MAX + 2)
        yield line.removesuffix(b"\n")
