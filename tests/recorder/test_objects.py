"""An exchange has one form in JSON, and each number of it survives a reader such as jq."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
from contextlib import redirect_stdout
from dataclasses import replace
from typing import Any

import pytest

from asgi_mw.cli.output import say_json
from asgi_mw.recorder.objects import summary, whole
from tests.cli.facts import EXCHANGE, FAILED, IN_FLIGHT, LAYERED, LOST, received, sent

WEBSOCKET = replace(
    EXCHANGE,
    type="websocket",
    events=(
        sent(0, 1, {"type": "websocket.accept"}),
        received(1, 2, {"type": "websocket.disconnect", "code": 4001, "reason": "enough"}),
    ),
)
# A day and an odd nanosecond; a number of the user's that no double is
LONG = replace(
    EXCHANGE,
    ended=86_400_000_000_001,
    scope={**EXCHANGE.scope, "state": {"big": 2**53 + 1, "small": 7}},
)
ALL = [EXCHANGE, FAILED, IN_FLIGHT, LOST, WEBSOCKET, LONG, LAYERED]

ADDED = ("scope", "events", "events_missing_at", "missing", "gone_ms", "spent", "notes", "layers")


def printed(value: Any) -> str:
    """The line that a command prints."""
    with redirect_stdout(io.StringIO()) as out:
        say_json(value)
    return out.getvalue()


@pytest.mark.parametrize("exchange", ALL)
def test_show_adds_to_what_ls_has(exchange: Any) -> None:
    """The same names with the same values."""
    both = whole(exchange)
    added = {name: both.pop(name) for name in ADDED}
    assert summary(exchange) == both
    assert len(exchange.events) == len(added["events"]) == both["event_count"]


@pytest.mark.parametrize("exchange", ALL)
def test_no_number_is_rounded_by_a_reader_with_doubles(exchange: Any) -> None:
    """All numbers read as doubles are those that were written."""
    line = printed(whole(exchange))
    assert json.loads(line) == json.loads(line, parse_int=float)


@pytest.mark.skipif(shutil.which("jq") is None, reason="asks jq")
@pytest.mark.parametrize("exchange", ALL)
def test_jq_hands_on_what_it_reads(exchange: Any) -> None:
    """To the last digit."""
    line = printed(whole(exchange))
    done = subprocess.run(["jq", "-c", "."], input=line, capture_output=True, text=True, check=True)
    assert json.loads(line) == json.loads(done.stdout)


def test_times_have_their_unit_in_their_name() -> None:
    """A date of ISO 8601, and milliseconds to the nanosecond."""
    facts = whole(FAILED)
    assert ("2025-06-15T15:06:40.000000000Z", 5.0, 6.0) == (
        facts["began"],
        facts["duration_ms"],
        facts["error"]["at_ms"],
    )
    assert 86_400_000.000001 == summary(LONG)["duration_ms"]
    assert {"by": "client", "code": 4001, "reason": "enough"} == summary(WEBSOCKET)["close"]
