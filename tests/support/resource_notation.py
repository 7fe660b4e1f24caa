"""Resources as cases write them, for tests that are easier to read so: `{"cpus": 1, "@role": "web"}`."""

from __future__ import annotations

from allocators.replay.notation import resources_of

__all__ = ["resources_of"]
