"""How a process ended (`Node.reap`), in words for people: whoever starts processes says it alike."""

from __future__ import annotations

import signal


def exit_words(status: int | None) -> str:
    """The end of a sentence, from a status in the form of `os.waitstatus_to_exitcode`; None is one that nobody saw."""
    if status is None:
        return "ended, nobody knows how"
    if status >= 0:
        return f"exited with status {status}"
    return f"terminated with signal {_signal_name(-status)}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)  # Real-time signals have no names here.
