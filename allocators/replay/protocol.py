"""The replay protocol: one JSON object per line, one answer per line, so that any program can drive an allocator.

    {"op": "start", "config": {...}, "seed": 1}    a new allocator with a virtual clock
    {"op": "add_agent", ...}                       any step of allocator scenarios; done and settled
    {"op": "query", "want": {...}}                 state, named as in `expect_state`

A line that cannot be understood is answered by `{"error": ...}` and changes nothing (steps of `atomic` before the one
that is wrong stay done). A defect of ours ends the scenario: its books may be wrong, so what follows is refused until
the next `start`.
"""

from __future__ import annotations

import json
from typing import Any, Final

from allocators.replay.cases import parse
from allocators.replay.notation import notation_of
from allocators.replay.reading import Fields, FormatError
from allocators.replay.scenario import DEFECTS, MakeAllocator, stage_for
from allocators.replay.stage import Seen, Stage
from allocators.replay.state import state_of
from allocators.replay.steps import carry_out

LINE_BYTES_MAX: Final = 16 * 1024 * 1024  # A step about ten thousand agents is below; memory is not the peer's.


class Session:
    """One peer. Scenarios follow each other."""

    def __init__(self, make: MakeAllocator, *, check: bool = False) -> None:
        """With `check` the books are audited after every step, which takes time in big clusters."""
        self._make = make
        self._check = check
        self._stage: Stage | None = None

    def answer(self, line: bytes) -> bytes:
        """The answer to one line, with its end."""
        return json.dumps(self._answer(line)).encode() + b"\n"

    def _answer(self, line: bytes) -> dict[str, Any]:
        if len(line) > LINE_BYTES_MAX:
            return {"error": f"line: expected at most {LINE_BYTES_MAX} bytes"}
        try:
            return self._carry_out(Fields(parse(line), ""))
        except FormatError as error:
            return {"error": str(error)}
        except RecursionError:
            return {"error": "line: expected less nesting"}
        except DEFECTS as defect:
            self._stage = None
            return {"error": f"defect, the scenario is over: {type(defect).__name__}: {defect}"}

    def _carry_out(self, step: Fields) -> dict[str, Any]:
        op = step.text("op")
        if op == "start":
            seed = step.number("seed", 0)
            self._stage = stage_for(step.fields("config", optional=True), int(seed), make=self._make)
            return {}
        stage = self._stage
        if stage is None:
            raise step.error("op", "expected start first")
        if op == "query":
            return {"state": state_of(stage, step.fields("want"))}
        carry_out(stage, step)
        if self._check:
            stage.allocator.check()
        return answer_of(stage.take_seen())


def answer_of(seen: Seen) -> dict[str, Any]:
    """What came out of a step."""
    answer: dict[str, Any] = {}
    if seen.offers:
        answer["offers"] = [[*cell, notation_of(resources)] for cell, resources in seen.offers.items()]
    if seen.inverse:
        answer["inverse_offers"] = [list(each) for each in seen.inverse]
    if seen.failed is not None:
        answer["failed"] = seen.failed
    return answer
