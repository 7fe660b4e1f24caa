"""A test kit for programs of actors: watch, drop and delay what is told to whom, on virtual time or on real nodes.

`Taps` observe the events of any node. `TestKit` adds time and probes for a simulation. `plugin` gives pytest the
fixtures `simulation`, `node` and `testkit`, prints the seed of a test that failed and tells what a test left behind.
"""

from libprocess_py.testing.kit import TestKit
from libprocess_py.testing.probe import Probe
from libprocess_py.testing.tap import Tap
from libprocess_py.testing.taps import Taps

__all__ = ["Probe", "Tap", "Taps", "TestKit"]
