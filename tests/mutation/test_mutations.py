"""The list of mutations follows the code, and none of them survives."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.mutation.campaign import run_campaign
from tests.mutation.mutation import Mutation, StaleMutation
from tests.mutation.mutations import MUTATIONS

FEWEST = 60


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_a_mutation_changes_the_code_as_it_is_now(mutation: Mutation) -> None:
    assert mutation.source()
    assert mutation.old != mutation.new


def test_there_are_at_least_sixty_with_names_of_their_own() -> None:
    assert sum(each.equivalent is None for each in MUTATIONS) >= FEWEST
    assert [name for name, count in Counter(each.name for each in MUTATIONS).items() if count > 1] == []


@pytest.mark.parametrize("old", ["no such text", "import"])
def test_a_mutation_of_text_that_is_not_there_once_is_an_error(old: str) -> None:
    with pytest.raises(StaleMutation):
        Mutation("stale", "allocators/hierarchical/run.py", old, "").source()


@pytest.mark.long
@pytest.mark.timeout(3_600)
def test_no_mutation_survives_that_could_be_noticed() -> None:
    verdicts = run_campaign(MUTATIONS, lambda verdict: None)

    assert [each.mutation.name for each in verdicts if not each.is_expected] == []
