"""Every tidy rule holds for the whole tree, but for the exceptions that are written down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import pytest

from tests.tidy import conduct_rules, purity_rules, shape_rules
from tests.tidy.exceptions import EXCEPTIONS
from tests.tidy.findings import Finding, Rule
from tests.tidy.source import Module, modules

RULES: Final[Mapping[str, Rule]] = {
    rule.__name__: rule
    for rule in (
        shape_rules.module_size,
        shape_rules.function_size,
        shape_rules.parameter_count,
        shape_rules.named_parameters,
        shape_rules.telling_name,
        shape_rules.module_docstring,
        shape_rules.reasoned_ignore,
        shape_rules.nothing_left_for_later,
        shape_rules.no_machine_path,
        shape_rules.test_name_is_a_sentence,
        purity_rules.pure_imports,
        purity_rules.core_knows_no_shell,
        purity_rules.stable_order,
        purity_rules.imports_point_down,
        conduct_rules.nothing_skipped,
        conduct_rules.no_sleep,
        conduct_rules.no_timed_assertion,
        conduct_rules.no_replacement,
    )
}

REASON_WORDS_MIN: Final = 5  # Fewer are a label.


def breaches(rule: Rule, tree: Iterable[Module]) -> list[Finding]:
    return [finding for module in tree for finding in rule(module)]


def remaining(name: str) -> list[Finding]:
    """What a rule finds in the tree beside its exceptions."""
    return [finding for finding in breaches(RULES[name], modules()) if (name, finding.where) not in EXCEPTIONS]


@pytest.mark.parametrize("name", RULES)
def test_the_rule_holds_for_every_module_that_is_no_exception(name: str) -> None:
    found = remaining(name)

    assert not found, f"{name}: {RULES[name].__doc__}\n" + "\n".join(str(finding) for finding in found)


def test_every_exception_is_still_needed_and_gives_a_reason() -> None:
    needed = {(name, finding.where) for name, rule in RULES.items() for finding in breaches(rule, modules())}

    assert [exception for exception in EXCEPTIONS if exception not in needed] == []
    assert [exception for exception, reason in EXCEPTIONS.items() if len(reason.split()) < REASON_WORDS_MIN] == []
