"""Quota: what a role is promised, and what it may not exceed (PO-05). Only top-level roles have one."""

from __future__ import annotations

from libprocess_py.message import Record
from mesos_py.protocol.quantities import Limits, Quantities


class Quota(Record):
    """Guarantees and limits by resource name. No guarantee and no limit: the role has no quota."""

    guarantees: Quantities = Quantities()
    limits: Limits = Limits()

    @property
    def is_default(self) -> bool:
        return not self.guarantees and not self.limits
