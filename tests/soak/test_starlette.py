"""A finding in Starlette's own tests that nobody judged is seen."""

from __future__ import annotations

import pytest

from asgi_mw.spec import RULES
from tests.soak.starlette import ANY, PAGE, judged_on, unjudged


def test_every_judged_rule_is_a_rule() -> None:
    """With its tests, or with all of them."""
    judged = judged_on(PAGE.read_text("utf-8"))

    assert set(judged) <= set(RULES)
    assert {ANY} == judged["scope.asgi"]
    assert {"test_request_send_push_promise"} == judged["http.push.before-start"]
    assert [rule for rule, tests in judged.items() if not tests] == []


@pytest.mark.parametrize(
    ("found", "new"),
    [
        pytest.param({"a.b": {"test_one"}}, {}, id="judged"),
        pytest.param({"a.b": {"test_two"}}, {"a.b": {"test_two"}}, id="in another test"),
        pytest.param({"a.c": {"test_one"}}, {"a.c": {"test_one"}}, id="another rule"),
        pytest.param({"a.d": {"test_one", "test_two"}}, {}, id="judged in any test"),
        pytest.param({}, {}, id="nothing"),
    ],
)
def test_only_what_is_not_judged_is_new(
    found: dict[str, set[str]], new: dict[str, set[str]]
) -> None:
    """By rule and test."""
    judged = {"a.b": {"test_one"}, "a.d": {ANY}}

    assert new == unjudged(found, judged)
