"""The text of a report: what is broken everywhere is said once, and what is long is folded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from asgi_mw.cli.report_lines import report_lines
from asgi_mw.spec import RULES, Finding
from asgi_mw.spec.findings import Findings, Subject
from asgi_mw.troubles import Trouble

if TYPE_CHECKING:
    from collections.abc import Iterable

NO_BODY = RULES["http.no-body"]


def report(
    found: Iterable[tuple[str, str, int | None]],
    troubles: Iterable[Trouble] = (),
    columns: int | None = None,
) -> list[str]:
    """The lines that are printed, of findings: what was asked, what was said, the event."""
    findings = Findings("store", [NO_BODY], "store")
    for number, (what, said, at) in enumerate(found):
        subject = Subject(what, f"{number:032}")
        findings.add(subject, [Finding(NO_BODY, said, at, "end" if at is None else "send")])
    findings.troubles += troubles
    lines = report_lines(findings, lambda id: f"show {id}", columns)  # noqa: A006  # the exchange's own word
    return ["".join(text for text, _ in line) for line in lines]


def test_only_the_first_places_are_shown() -> None:
    """Each with what is different there."""
    found: list[tuple[str, str, int | None]]
    found = [(f"GET /{number}", "no body", None) for number in range(4)]
    found.insert(1, ("GET /0", "no body", None))
    found.insert(2, ("GET /9", "none at all", 3))
    assert [
        "✗ http.no-body  app, must  6 times on 6 connections",
        "  no body",
        "  GET /0  at its end  2 times  show 000000  (also 000001)",
        "  GET /9  event 3  none at all  show 000002",
        "  GET /1  at its end  show 000003",
        "  … 2 more elsewhere",
    ] == report(found)[:6]


@pytest.mark.parametrize("columns", [40, 80])
def test_lines_fit_but_for_addresses_and_code(columns: int) -> None:
    """Which are opened and copied."""
    lines = report([("GET /" + "a" * 100, "b" * 100, 1)], columns=columns)
    whole = {f"  {NO_BODY.url}", *[f"    {line}" for line in NO_BODY.good.splitlines()]}
    assert [] == [line for line in lines if len(line.rstrip()) > columns and line not in whole]
    assert whole < set(lines)


def test_what_is_no_finding_stands_at_the_end() -> None:
    """What fails the check, and what does not."""
    troubles = [Trouble("hang", "GET /a", "it hangs"), Trouble("raised", "GET /b", "no")]
    assert [
        "✗ GET /a: it hangs",
        "· GET /b: no",
        "",
        "0 connections judged by 1 rule: none broken, and yet the app fails",
    ] == report([], troubles)
    assert "0 connections judged by 1 rule: nothing to judge" == report([], troubles[1:])[-1]
