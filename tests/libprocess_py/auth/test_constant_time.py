"""How long a refusal takes says nothing about the right answer: codes and secrets are compared in one place only."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Final

import libprocess_py.auth.core

CORE: Final = Path(libprocess_py.auth.core.__file__).parent
SECRET_NAMES: Final = frozenset({"digest", "code", "_value", "_key"})  # What holds, or makes, such bytes.


def names_in(node: ast.AST) -> set[str]:
    return {each.attr if isinstance(each, ast.Attribute) else getattr(each, "id", "") for each in ast.walk(node)}


def compared(source: str) -> list[str]:
    """Comparisons of secret bytes that end at the first difference."""
    comparisons = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Compare))
    found = [ast.unparse(node) for node in comparisons if names_in(node) & SECRET_NAMES]
    return [text for text in found if "len(" not in text]


def test_a_comparison_of_codes_is_found() -> None:
    assert compared("if hmac.digest(key, frame, 'sha256') != code: pass") == [
        "hmac.digest(key, frame, 'sha256') != code"
    ]


def test_codes_and_secrets_are_compared_in_constant_time() -> None:
    sources = [path.read_text() for path in sorted(CORE.glob("*.py"))]

    assert [text for source in sources for text in compared(source)] == []
    assert sum(source.count("hmac.compare_digest(") for source in sources) == 2  # A frame's code, and secrets.
