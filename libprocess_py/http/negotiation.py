"""Which of the forms that an endpoint can give a client would rather have: the `Accept` header."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

RANGES_MAX: Final = 64  # Browsers send fewer than ten; a header may hold thousands.


def preferred(accept: str, offered: Sequence[str]) -> str | None:
    """The media type of `offered` that the client likes best, the first of equals; None if it takes none of them."""
    if not accept.strip():
        return offered[0]
    wishes = [_wish(text) for text in accept.split(",", RANGES_MAX)[:RANGES_MAX]]
    best, liking = None, 0.0
    for kind in offered:
        likings = [(specificity, quality) for wished, quality in wishes if (specificity := _match(wished, kind))]
        quality = max(likings)[1] if likings else 0.0  # What is said of a type itself counts for more than of its kind.
        if quality > liking:
            best, liking = kind, quality
    return best


def _wish(text: str) -> tuple[str, float]:
    kind, *parameters = (part.strip().lower() for part in text.split(";"))
    quality = next((parameter[2:] for parameter in parameters if parameter.startswith("q=")), "1")
    try:
        return kind, float(quality) if len(quality) <= len("0.999") else 0.0
    except ValueError:
        return kind, 0.0


def _match(wished: str, kind: str) -> int:
    """0: not this one. Otherwise how closely it is meant."""
    if wished == kind:
        return 3
    if wished == kind.partition("/")[0] + "/*":
        return 2
    return 1 if wished == "*/*" else 0
