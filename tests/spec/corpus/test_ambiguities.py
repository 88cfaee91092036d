from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from asgi_mw.spec import RULES
from tests.spec.corpus.ambiguities import AMBIGUITIES

if TYPE_CHECKING:
    from tests.spec.corpus.ambiguities import Ambiguity

pytestmark = pytest.mark.anyio

_EACH = pytest.mark.parametrize("place", AMBIGUITIES, ids=str)


@_EACH
async def test_who_follows_either_reading_is_judged_as_the_table_says(place: Ambiguity) -> None:
    for case in place.cases:
        found = await case.live()
        assert [one.rule.id for one in found] == list(case.found), case.name


@_EACH
async def test_what_is_undecided_counts_against_nobody_and_names_both_readings(
    place: Ambiguity,
) -> None:
    found = [one for case in place.cases for one in await case.live()]
    undecided = [one.rule for one in found if one.rule.verdict == "undecided"]
    assert {rule.id for rule in undecided} == ({place.undecided} if place.undecided else set())
    assert bool(place.undecided) is not bool(place.why)
    for rule in undecided:
        assert rule.readings is not None
        assert len(set(filter(None, rule.readings))) == 2
        assert any(thread in rule.thread for thread in place.threads)
    assert not [one for one in found if one.rule in undecided and one.is_violation]


def test_every_rule_that_is_undecided_is_in_the_table() -> None:
    undecided = {rule.id for rule in RULES.values() if rule.verdict == "undecided"}
    assert undecided <= {place.undecided for place in AMBIGUITIES}
