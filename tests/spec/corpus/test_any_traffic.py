from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import Phase, given
from hypothesis import strategies as st

from tests.spec.corpus.strategies import ANY_TRAFFIC, PLAIN_TRAFFIC
from tests.spec.corpus.traffic import live, recorded
from tests.tried import tried

if TYPE_CHECKING:
    from asgi_mw.spec.rule import Profile
    from tests.spec.corpus.traffic import Traffic

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

# To explain a failure, hypothesis reads files, which nothing may do in an event loop
QUIET = tried(200, phases=set(Phase) - {Phase.explain})
PROFILES = st.sampled_from(["spec", "http", "advice"])


@given(traffic=ANY_TRAFFIC, profile=PROFILES)
@QUIET
async def test_nothing_makes_the_checker_fail_or_changes(
    traffic: Traffic, profile: Profile
) -> None:
    """Scope, messages, exceptions and what is returned come through as the objects they are."""
    for one in await live(traffic, profile):
        assert str(one)


@given(traffic=PLAIN_TRAFFIC, profile=PROFILES)
@QUIET
async def test_a_recording_says_what_was_found_live(traffic: Traffic, profile: Profile) -> None:
    """Of plain data."""
    found = [(one.rule.id, one.at) for one in await live(traffic, profile)]
    assert [(one.rule.id, one.at) for one in await recorded(traffic, profile)] == found


@given(traffic=ANY_TRAFFIC)
@QUIET
async def test_what_is_seen_at_once_is_what_the_rules_find(traffic: Traffic) -> None:
    """Plain scopes and messages are let through without the rules: those have nothing to say."""
    quick = [str(one) for one in await live(traffic, "spec")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("asgi_mw.spec.checking.is_sound_scope", lambda _: False)
        patch.setattr("asgi_mw.spec.checking.known", lambda *_: None)
        assert [str(one) for one in await live(traffic, "spec")] == quick
