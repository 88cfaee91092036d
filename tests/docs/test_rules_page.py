"""docs/rules.md has every rule, as it is."""

from __future__ import annotations

from asgi_mw.spec import RULES
from tests.docs.rules_page import PAGE, page


def test_the_page_of_rules_is_current() -> None:
    """If it is not: ``make rules``."""
    assert page() == PAGE.read_text("utf-8")


def test_every_rule_is_on_the_page() -> None:
    """Once, with its address."""
    text = page()
    assert [1] * len(RULES) == [text.count(f"| `{name}` |") for name in RULES]
    assert [] == [rule.id for rule in RULES.values() if f"]({rule.url})" not in text]
