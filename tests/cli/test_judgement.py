"""``asgi-mw show`` lists the rules that an exchange breaks."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from asgi_mw import open_store, record
from asgi_mw.cli.judgement import judged, judgement, marks
from asgi_mw.cli.portrait import portrait
from asgi_mw.spec import RULES
from asgi_mw.testing import request, run
from tests.cli.breaking import app
from tests.cli.facts import EXCHANGE, IN_FLIGHT, LAYERED, sent

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    Cli = Callable[..., Result]

START = {"type": "http.response.start", "status": 201, "headers": []}
SCOPE = {**EXCHANGE.scope, "asgi": {"version": "3.0"}, "http_version": "1.1"}
TWICE = replace(
    LAYERED, scope=SCOPE, events=(*EXCHANGE.events[:2], sent(7, 8, START), EXCHANGE.events[2])
)


def test_an_exchange_without_fault_says_nothing() -> None:
    """No heading either."""
    assert [] == list(judgement(judged(replace(EXCHANGE, scope=SCOPE)), None))


def test_each_finding_is_a_line_below_the_diagram() -> None:
    """And is marked beside its event."""
    found = judged(TWICE)
    assert ["http.start.twice"] == [one.rule.id for one in found]
    assert {2: [("  ✗ http.start.twice", "bold red")]} == marks(found)
    lines = ["".join(text for text, _ in line) for line in portrait(TWICE)]
    said = f"  ✗ {found[0]}"
    assert "Rules  explained by: asgi-mw rules ID" == lines[lines.index(said) - 1]
    assert lines.index(said) > next(n for n, one in enumerate(lines) if one.startswith("Between"))
    assert 1 == len([one for one in lines if one.endswith("status=201  ✗ http.start.twice")])


def test_a_rule_that_is_broken_again_and_again_is_one_line() -> None:
    """A stream can break it at each message; each of these has its mark."""
    first, second, *rest = TWICE.events
    often = replace(TWICE, events=(first, second, *[sent(7, 8, START)] * 5, *rest[1:]))
    lines = ["".join(text for text, _ in line) for line in judgement(judged(often), None)]
    assert 3 == len(lines)
    assert lines[2].endswith(", and 4 times more")
    assert [2, 3, 4, 5, 6] == [*marks(judged(often))]


def test_an_event_that_breaks_a_rule_several_times_has_one_mark() -> None:
    """As each response of Django does, whose header names have capitals."""
    headers = [(b"Content-Type", b"text/html"), (b"Vary", b"Cookie")]
    loud = replace(TWICE, events=(*EXCHANGE.events[:1], sent(7, 8, {**START, "headers": headers})))
    found = [one for one in judged(loud) if one.rule.id == "message.headers.lower-case"]
    assert 2 == len(found)
    assert {1: [("  ✗ message.headers.lower-case", "bold red")]} == marks(found)


@pytest.mark.parametrize("columns", [40, 80])
def test_lines_fit(columns: int) -> None:
    """Any terminal."""
    for line in portrait(TWICE, columns=columns):
        assert len("".join(text for text, _ in line).rstrip()) <= columns


def test_what_is_in_flight_is_not_judged_by_its_end() -> None:
    """It is not there yet."""
    assert [] == [one for one in judged(replace(IN_FLIGHT, scope=SCOPE)) if one.where == "end"]


def test_programs_get_them_too(cli: Cli, here: Path) -> None:
    """Each with the rule and its sentence."""
    store = open_store(here / ".asgi-mw")
    run(request(record(app, store=store), "GET", "/twice"))
    store.close()
    shown = json.loads(cli("show", "last", "--json").stdout)
    rule = RULES["http.start.twice"]
    assert [
        {
            "rule": rule.id,
            "counts_as": "violation",
            "fault": "app",
            "severity": "must",
            "said": "'http.response.start' while the response is 'started'",
            "event": 1,
            "side": "send",
            "sentence": rule.sentence,
            "url": rule.url,
        }
    ] == shown["findings"]
