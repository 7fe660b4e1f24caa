"""Regular expressions of frameworks (AL-17), by RE2 itself: what Mesos takes is taken, and means the same.

RE2 matches in time linear in the text, whatever the expression, so no framework can stall the allocator. What an
expression costs is limited when it is compiled, by the operator's flags: the memory that RE2 may use for it, and the
size of the program that comes of it. Repetition is expanded, so `x{1,1000}` is a large program.
"""

from __future__ import annotations

from typing import Final

import re2

from allocators.allocator import DEFAULT_RE2_MAX_MEM, DEFAULT_RE2_MAX_PROGRAM_SIZE
from libprocess_py.message import Record
from mesos_py.protocol.values import shown

MEM_MAX: Final = 2**63 - 1  # RE2 counts in int64.
VERDICTS_MAX: Final = 1_024  # Remembered of one expression: agents by the thousand have racks and zones by the dozen.


class ExpressionLimits(Record):
    """What one expression may cost."""

    max_mem: int = DEFAULT_RE2_MAX_MEM
    max_program_size: int = DEFAULT_RE2_MAX_PROGRAM_SIZE


DEFAULT_LIMITS: Final = ExpressionLimits()


class Expression:
    """A compiled expression, which says of texts whether it matches them as a whole."""

    __slots__ = ("_pattern", "_verdicts")

    def __init__(self, text: str, limits: ExpressionLimits = DEFAULT_LIMITS) -> None:
        """ValueError, naming the expression and what is wrong with it."""
        options = re2.Options()
        options.max_mem = min(limits.max_mem, MEM_MAX)
        options.log_errors = False  # They are told to the framework.
        try:
            self._pattern = re2.compile(text.encode(), options)
            size: int = self._pattern.programsize
        except UnicodeEncodeError:
            raise ValueError(f"constraint: {shown(text)} is no regular expression: expected Unicode") from None
        except re2.error as error:
            reason = error.args[0].decode(errors="replace")
            raise ValueError(f"constraint: {shown(text)} is no regular expression: {reason}") from None
        if size > limits.max_program_size:
            raise ValueError(
                f"constraint: {shown(text)}: expected a program of at most {limits.max_program_size} instructions,"
                f" not {size}"
            )
        self._verdicts: dict[str, bool] = {}

    def matches(self, text: str) -> bool:
        """Does it match all of the text?"""
        verdict = self._verdicts.get(text)
        if verdict is None:
            if len(self._verdicts) >= VERDICTS_MAX:
                self._verdicts.clear()
            # What is no Unicode matches no character of an expression, as replaced characters do not either.
            verdict = self._pattern.fullmatch(text.encode(errors="replace")) is not None
            self._verdicts[text] = verdict
        return verdict
