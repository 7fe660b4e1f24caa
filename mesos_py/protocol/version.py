"""The version that masters and agents tell one another and show at their endpoints."""

from __future__ import annotations

from typing import Final

VERSION: Final = "0.1.0"
