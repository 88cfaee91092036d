"""The page of findings says what was found, where, and why."""

from __future__ import annotations

import pytest

from asgi_mw.spec import RULES
from tests.findings.__main__ import PAGE
from tests.findings.page import BEGIN, END, read, rewritten
from tests.findings.pairs import FRAMEWORKS, SERVERS, Found
from tests.findings.reasons import REASONS


def test_every_rule_on_the_page_has_a_reason_and_no_reason_is_left_over() -> None:
    """As it has a rule."""
    on_page = read(PAGE.read_text("utf-8"))

    assert set(REASONS) == set(on_page)
    assert set(on_page) <= set(RULES)
    assert [rule for rule, reason in REASONS.items() if reason not in PAGE.read_text()] == []


@pytest.mark.parametrize(
    "pairs",
    [
        {("django", "uvicorn")},
        {(framework, "granian") for framework in FRAMEWORKS},
        {("django", server) for server in SERVERS} | {("channels", server) for server in SERVERS},
        {("sanic", "uvicorn"), ("sanic", "gunicorn"), ("quart", "gunicorn")},
        {(framework, server) for framework in FRAMEWORKS for server in SERVERS},
    ],
    ids=["one", "a server", "two frameworks", "some", "all"],
)
def test_what_is_written_can_be_read_again(pairs: set[tuple[str, str]]) -> None:
    """Though frameworks and servers are put together."""
    one = Found("message.headers.lower-case", "there is one", "GET /")
    found = {
        (framework, server): [one] if (framework, server) in pairs else []
        for framework in FRAMEWORKS
        for server in SERVERS
    }
    page = rewritten(f"before\n{BEGIN}\nold\n{END}\nafter\n", found)

    assert {one.rule: pairs} == read(page)
    assert page.startswith("before\n") and page.endswith("after\n")
    assert "old" not in page
    assert page == rewritten(page, found)
