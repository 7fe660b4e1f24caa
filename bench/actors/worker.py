"""Measures one case in a fresh OS process, with the rate of empty callbacks before and after it, and says so in JSON.

Imports only the standard library and the module of the case: other runtimes have interpreters of their own.
"""

from __future__ import annotations

import gc
import importlib
import json
import sys
from collections.abc import Callable

from bench.actors.echo import round_trip_s
from bench.actors.sides import pin
from bench.callbacks import callback_rate


def measure(where: str, *, in_echoes: bool) -> dict[str, float]:
    """Run `module:function`. In echoes: its time as a multiple of a blocking-socket round trip beside it."""
    rates, trips_s = [callback_rate()], [round_trip_s()] if in_echoes else []
    thresholds = gc.get_threshold()
    module, _, function = where.partition(":")
    run: Callable[[], float] = getattr(importlib.import_module(module), function)
    value = run()
    gc.set_threshold(*thresholds)  # The case may have set the program's own,
    gc.freeze()  # and left much behind for the collector to look through.
    rates.append(callback_rate())
    told = {"value": value, "callbacks_per_s": sum(rates) / 2}
    if in_echoes:
        trips_s.append(round_trip_s())
        told["seconds"], told["value"] = value, value / (sum(trips_s) / 2)
    return told


if __name__ == "__main__":
    pin(0)
    sys.stdout.write(json.dumps(measure(sys.argv[1], in_echoes=sys.argv[2:] == ["echoes"])))
