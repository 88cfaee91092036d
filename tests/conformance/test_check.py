"""The checks as data."""

from __future__ import annotations

import re

import pytest

from asgi_mw.conformance import CHECKS, Result
from asgi_mw.conformance.check import FailedError, Table, expect
from asgi_mw.conformance.checks import _TABLES


@pytest.mark.parametrize("name", CHECKS)
def test_a_check_says_what_it_is_about(name: str) -> None:
    """By an id of words, a title without a full stop, a sentence with one, and an address."""
    check = CHECKS[name]

    assert re.fullmatch(r"[a-z0-9_]+(\.[a-z0-9_.-]+)+", name)
    assert check.title[0].isupper() or check.title.split()[0].isidentifier()
    assert not check.title.endswith(".")
    assert check.sentence.endswith((".", ".)", "?"))
    assert check.url.startswith("https://")
    assert "#" in check.url
    assert check.sentence.startswith("Open: ") is (check.severity == "undecided")


def test_no_id_is_used_twice() -> None:
    """They stay, for those who skip one."""
    assert len(CHECKS) == sum(len(table) for table in _TABLES)


def test_a_result_is_json() -> None:
    """With all that the check says."""
    check = CHECKS["framing.head"]
    seen = Result("tiny", check, "fail", "behind the head comes b'x'", 3).to_json()

    assert seen == {
        "server": "tiny",
        "check": "framing.head",
        "title": check.title,
        "verdict": "fail",
        "severity": "must",
        "said": "behind the head comes b'x'",
        "sentence": check.sentence,
        "url": "https://www.rfc-editor.org/rfc/rfc9110.html#section-9.3.2",
        "duration_ms": 3,
    }


def test_what_is_equal_is_expected() -> None:
    """What is not says both, in as much room as a line has."""
    expect("status", 200, 200)
    with pytest.raises(FailedError, match=r"^body: expected b'', saw b'x{117}…$"):
        expect("body", b"", b"x" * 500)


def test_a_table_keeps_its_checks_in_order() -> None:
    """As they are defined."""
    table = Table()
    for name in ("b", "a"):
        table.check(f"kit.{name}", "A title", sentence="S.", source="www#http")(lambda kit: None)

    assert [(one.id, one.part, one.severity) for one in table] == [
        ("kit.b", "kit", "must"),
        ("kit.a", "kit", "must"),
    ]
