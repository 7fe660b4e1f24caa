"""Mutated streams against every parser of strangers' bytes: see `tests.support.wire_fuzz` for what is claimed."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

import pytest

from libprocess_py.core.wire import RequestParser
from libprocess_py.core.wire_answers import ACCEPTED, AnswerReader
from libprocess_py.core.wire_head import HeadCache, WireError
from tests.support.wire_fuzz import fuzz

SHORT: Final = 30_000
LONG: Final = 10_000_000  # In two OS processes, some minutes.
PROCESSES: Final = 2


def test_no_input_of_many_breaks_a_claim() -> None:
    assert fuzz(seed=20_260, count=SHORT) == SHORT


@pytest.mark.long
@pytest.mark.timeout(1_800)
def test_no_input_of_ten_million_breaks_a_claim() -> None:
    command = (sys.executable, "-m", "tests.support.wire_fuzz")
    share = LONG // PROCESSES
    running = [
        subprocess.Popen([*command, str(seed), str(share)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for seed in range(PROCESSES)
    ]
    for process in running:
        told, story = process.communicate()
        assert told == f"{share}\n", story


def test_a_line_that_ends_a_head_for_lax_readers_only_is_refused_however_it_is_split() -> None:
    """Found by the fuzzer: whole, it went through."""
    data = b"\r\r\n\nGET / HTTP/1.1\r\n\r\n"
    for cut in range(len(data)):
        parser = RequestParser(HeadCache())
        items = parser.feed(data[:cut]) + parser.feed(data[cut:])

        assert not items
        assert parser.error is not None
        assert parser.error.status == 400


def test_nothing_counts_after_an_answer_that_says_it_is_the_last_however_it_is_split() -> None:
    """Found by the fuzzer: as a read of its own, it went through."""
    last = b"HTTP/1.1 202 Accepted\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    for cut in range(len(last + ACCEPTED)):
        reader = AnswerReader()
        with pytest.raises(WireError):
            read_in_two(reader, last + ACCEPTED, cut=cut)

        assert reader.accepted == 1


def read_in_two(reader: AnswerReader, data: bytes, *, cut: int) -> None:
    reader.feed(data[:cut])
    reader.feed(data[cut:])
