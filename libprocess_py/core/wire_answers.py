"""Answers to messages, read by the sender: nothing waits for them, they only say which messages found no taker.

Our own nodes answer a delivered message with the same bytes every time, so a read that holds nothing else is counted by
its length. Anything else (other statuses, other implementations, answers split by a read) goes through llhttp. Pure.
"""

from __future__ import annotations

from typing import Final

import httptools

from libprocess_py.core.wire_head import WireError

ACCEPTED: Final = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"
ACCEPTED_STATUS: Final = 202


class AnswerReader:
    """Counts the answers on one connection."""

    def __init__(self) -> None:
        self.accepted = 0
        self.refused: dict[int, int] = {}  # Every other status, and how often it came.
        self._between = True  # No answer is half read.
        self._ended = False  # The last answer said that it is the last.
        self._parser = httptools.HttpResponseParser(self)

    def feed(self, data: bytes) -> int:
        """How many answers these bytes complete. Raises WireError for what is no answer: give the connection up."""
        if self._ended and data:
            raise WireError(502, "malformed answer: one more after the last")
        if self._between:
            count, rest = divmod(len(data), len(ACCEPTED))
            if not rest and data == ACCEPTED * count:
                self.accepted += count
                return count
        before = self.accepted + sum(self.refused.values())
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            raise WireError(502, f"malformed answer: {error}") from error
        return self.accepted + sum(self.refused.values()) - before

    def on_message_begin(self) -> None:
        self._between = False

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        if status < 200:
            return  # Interim: the answer is still to come.
        self._between = True
        self._ended = not self._parser.should_keep_alive()
        if status == ACCEPTED_STATUS:
            self.accepted += 1
        else:
            self.refused[status] = self.refused.get(status, 0) + 1
