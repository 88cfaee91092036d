from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from asgi_mw.spec import RULES, orders
from asgi_mw.spec.tables import SENT
from tests.spec.played import found_in, found_in_recording

if TYPE_CHECKING:
    from asgi_mw.spec import Rule

_EACH = pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
# What a recording does not have: it holds plain data, copied
_LIVE_ONLY = re.compile(
    r"(scope|message|received)\.dict|received\.(type|values)|message\.values|scope\.state\.shared"
    r"|.*\.zerocopysend\.file|message\.after-return"
    # A lifespan ends for it as the app says that it is down
    r"|lifespan\.shutdown\.(given-)?twice"
)


@_EACH
def test_the_bad_example_breaks_the_rule(rule: Rule) -> None:
    """And it is the first thing that is found."""
    found = found_in(rule, rule.bad)
    assert rule.id in [one.rule.id for one in found], list(map(str, found))


@_EACH
def test_the_good_example_breaks_none(rule: Rule) -> None:
    """No other either."""
    assert not [str(one) for one in found_in(rule, rule.good)]


@pytest.mark.parametrize(
    "rule",
    [one for one in RULES.values() if not _LIVE_ONLY.fullmatch(one.id)],
    ids=lambda rule: rule.id,
)
def test_a_recording_of_it_says_the_same(rule: Rule) -> None:
    """What is found live is found in the recording, as far as that goes."""
    live = [str(one) for one in found_in(rule, rule.bad)]
    recorded = found_in_recording(rule, rule.bad)
    assert rule.id in [one.rule.id for one in recorded]
    assert [str(one) for one in recorded] == (
        live if rule.kind != "lifespan" else live[: len(recorded)]
    )


@_EACH
def test_a_rule_has_its_sentence_and_its_place(rule: Rule) -> None:
    """No rule without them; what is undecided has both readings."""
    assert rule.sentence.endswith((".", "token", "DIGIT"))
    assert rule.url.startswith("https://")
    assert rule.why.endswith(".")
    assert (rule.readings is not None) is (rule.verdict == "undecided") is bool(rule.thread)


def test_every_message_that_an_app_may_send_has_its_place_in_an_order() -> None:
    every = (orders.HTTP_SENT, orders.WEBSOCKET_SENT, orders.LIFESPAN_SENT)
    assert {kind.rstrip("+") for order in every for _, kind in order.steps} == set(SENT)
