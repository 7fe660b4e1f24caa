"""What is wrong with the labels of a framework or task."""

from __future__ import annotations

from master.core.limits import LABELS_LENGTH_MAX, LABELS_MAX


def labels_problem(labels: tuple[tuple[str, str], ...]) -> str | None:
    """The first thing that is wrong, in words that follow the name of the field, or None."""
    if len(labels) > LABELS_MAX:
        return f"must not be more than {LABELS_MAX}"
    if sum(len(key) + len(value) for key, value in labels) > LABELS_LENGTH_MAX:
        return f"must not have more than {LABELS_LENGTH_MAX} characters together"
    return None
