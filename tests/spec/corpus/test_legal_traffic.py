from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import Phase, given, seed, settings
from hypothesis import strategies as st

from asgi_mw.spec.tables import RECEIVED, SENT
from tests.spec.corpus.legal_traffic import legal_traffic
from tests.spec.corpus.test_any_traffic import QUIET
from tests.spec.corpus.traffic import live, recorded

if TYPE_CHECKING:
    from asgi_mw.spec.rule import Profile
    from tests.spec.corpus.traffic import Traffic

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@given(traffic=legal_traffic(), profile=st.sampled_from(["spec", "http"]))
@QUIET
async def test_a_legal_connection_is_accused_of_nothing(traffic: Traffic, profile: Profile) -> None:
    """Walks through the tables of states, with messages of every legal content."""
    assert [str(one) for one in await live(traffic, profile)] == []
    assert [str(one) for one in await recorded(traffic, profile)] == []


def test_the_walks_come_everywhere() -> None:
    """To every message that there is, sooner or later."""
    seen: set[str] = set()

    @given(traffic=legal_traffic())
    @settings(max_examples=500, phases=[Phase.generate], database=None)
    def walk(traffic: Traffic) -> None:
        seen.update(str.__str__(one.message["type"]) for one in traffic.steps)

    for number in range(20):
        seed(number)(walk)()
        if seen == {*SENT, *RECEIVED}:
            break
    assert seen == {*SENT, *RECEIVED}
