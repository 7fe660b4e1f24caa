"""Regular expressions of frameworks, as RE2 has them (AL-17).

Frameworks are written against Mesos, whose expressions are those of RE2: without references back, looking around,
conditions, atomic groups, possessive repetition or comments, with bounded repetition, and with classes that are ASCII.
What RE2 refuses is refused here, so that no framework depends on what another master would not take.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from typing import Final

from mesos_py.protocol.offer_constraints import REGEX_BYTES_MAX
from mesos_py.protocol.values import shown

REPEAT_MAX: Final = 1_000  # As in RE2: repetition is expanded, so it costs what is written.

FOREIGN_ESCAPES: Final = tuple("123456789ZNuU")

_GROUP: Final = re.compile(r"\(\?(?:P<\w+>|[imsU]*(?:-[imsU]+)?[:)])")
_COUNTED: Final = re.compile(r"\{(\d+)(?:,(\d*))?\}")
_SET: Final = re.compile(r"\[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\]", flags=re.DOTALL)


def compile_expression(text: str) -> re.Pattern[str]:
    """ValueError, naming the expression and what is wrong with it."""
    if len(text.encode()) > REGEX_BYTES_MAX:
        raise ValueError(f"constraint: expected a regular expression of at most {REGEX_BYTES_MAX} bytes")
    for problem in _foreign(text):
        raise ValueError(f"constraint: {shown(text)}: expected {problem}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # About sets that a later `re` may read otherwise.
            return re.compile(text, flags=re.ASCII)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"constraint: {shown(text)} is no regular expression: {error}") from None


def _foreign(text: str) -> Iterator[str]:
    """What `re` would take and RE2 does not."""
    at, after_repetition = 0, False
    while at < len(text):
        counted = _COUNTED.match(text, at)
        is_repetition = counted is not None or text[at] in "*+?"
        if text[at] == "+" and after_repetition:
            yield "no possessive repetition"
        if counted is not None and any(int(bound) > REPEAT_MAX for bound in counted.groups() if bound):
            yield f"at most {REPEAT_MAX} repetitions"
        if text.startswith("(?", at) and _GROUP.match(text, at) is None:
            yield "no group that looks around, refers back or comments"
        if text[at] == "\\" and text[at + 1 : at + 2] in FOREIGN_ESCAPES:
            yield f"no {text[at : at + 2]}"
        if (members := _SET.match(text, at)) is not None and "[:" in members.group():
            yield "no POSIX class"  # RE2 has them, but `re` would take them for something else.
        after_repetition = is_repetition and not after_repetition
        at = _next(text, at, counted=counted)


def _next(text: str, at: int, *, counted: re.Match[str] | None) -> int:
    """Where the next part begins. Within a set nothing is special."""
    if counted is not None:
        return counted.end()
    if text[at] == "\\":
        return at + 2
    members = _SET.match(text, at)
    return members.end() if members is not None else at + 1
