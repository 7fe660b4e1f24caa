"""Steps of scenarios, carried out by tests that have an expectation of their own: a stage and what came out of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from allocators.allocator import Allocator, AllocatorSettings
from allocators.replay import entities
from allocators.replay.account import Cell
from allocators.replay.reading import Fields
from allocators.replay.stage import Stage
from allocators.replay.steps import carry_out
from mesos_py.protocol.ids import AgentId, FrameworkId
from mesos_py.protocol.resources import Resources


class Replay:
    """One scenario under way. Whoever has looked at `offers` and `inverse` replaces them by empty ones."""

    def __init__(self, allocator: Allocator, settings: AllocatorSettings) -> None:
        self.stage = Stage(allocator, settings)
        self.offers: dict[Cell, Resources] = {}
        self.inverse: list[tuple[FrameworkId, AgentId]] = []

    @property
    def open(self) -> Mapping[Cell, Resources]:
        """What is offered and not answered yet."""
        return self.stage.account.open

    def do(self, step: Mapping[str, Any]) -> None:
        """Carry out a step and settle."""
        carry_out(self.stage, Fields(dict(step), ""))
        self.stage.allocator.check()
        seen = self.stage.take_seen()
        self.offers.update(
            (cell, self.offers[cell] + new if cell in self.offers else new) for cell, new in seen.offers.items()
        )
        self.inverse += seen.inverse


def settings_of(config: Mapping[str, Any], seed: int) -> AllocatorSettings:
    """The settings that a scenario's `config` means."""
    return entities.settings_of(Fields(dict(config), "config"), seed)
