"""What a route says about itself, for people: see `/help` of any node."""

from __future__ import annotations

from libprocess_py.message import Record


class Help(Record):
    """The parts of a help page. Only the first is needed; who may ask is known from the route as well."""

    tldr: str  # One line.
    description: str = ""  # Markdown: parameters, statuses, an example.
    authentication: str = ""  # What must be shown, if it is more than the route's realm says.
    authorization: str = ""  # Who may do it.
