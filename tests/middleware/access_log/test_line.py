"""The line of a usual request says what its fields say; what is unusual has none."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgi_mw.connection import Connection
from asgi_mw.errors import Problems
from asgi_mw.middleware.access_log import line
from asgi_mw.middleware.access_log.fields import Facts, milliseconds
from asgi_mw.middleware.access_log.line import line_of, milliseconds_text
from asgi_mw.middleware.access_log.policy import compile_policy
from asgi_mw.progress import Progress
from asgi_mw.testing import http_scope, websocket_scope

if TYPE_CHECKING:
    from asgi_mw.middleware.access_log.policy import Policy
    from asgi_mw.types import Scope


def policy(headers: tuple[str, ...] = ()) -> Policy:
    """The options of the layer as they are by default."""
    return compile_policy(
        Problems("access_log"),
        logger=None,
        redact=None,
        sample=1.0,
        slow=1.0,
        skip=(),
        headers=headers,
        trusted_proxies=(),
    )


def facts(scope: Scope, status: Any = 200) -> Facts:
    """What is known of a request that was answered in 2 ms."""
    progress = Progress(scope["type"])
    if scope["type"] == "http":
        progress.sending({"type": "http.response.start", "status": status}, 0, 1_500_000)
        progress.sending({"type": "http.response.body"}, 0, 2_000_000)
        progress.over(2_000_000)
    return Facts(Connection(scope), progress, 0)


def test_the_line_says_what_the_fields_say() -> None:
    """In their order, without what the chain adds."""
    asked = http_scope("GET", "/items/é?page=2&token=x", headers={"user-agent": 'a "b"'})
    known = facts(asked)
    made = line_of(policy(), known, "complete", 2_000_000)

    assert made is not None
    head, tail = made
    assert json.dumps(known.fields(policy(), "complete", None, 2_000_000)) == f"{head}{tail}}}"
    assert '"query": "page=2&token=[redacted]"' in head


@pytest.mark.parametrize(
    "known",
    [
        facts({**http_scope(), "method": None}),
        facts({**http_scope(), "http_version": ""}),
        facts({**http_scope(), "client": None}),
        facts(http_scope(), status="200"),
        facts(http_scope(), status=True),
        facts(websocket_scope()),
    ],
    ids=["no method", "no version", "no client", "no status", "a status that is none", "WebSocket"],
)
def test_what_is_unusual_has_no_line(known: Facts) -> None:
    """Its fields are asked for instead."""
    assert line_of(policy(), known, "complete", 2_000_000) is None


def test_who_added_a_field_has_no_line() -> None:
    """Be it with ``log_fields``, or by the option ``headers``."""
    known = facts(http_scope())
    assert line_of(policy(("referer",)), known, "complete", 2_000_000) is None
    known.extra["user_id"] = 7
    assert line_of(policy(), known, "complete", 2_000_000) is None


def test_what_a_layer_refused_has_no_line() -> None:
    """Its reason is in the fields."""
    known = facts(http_scope(), status=413)
    known.connection.refused = "the body is too large"
    assert line_of(policy(), known, "complete", 2_000_000) is None
    assert known.fields(policy(), "complete", None, 0)["refused"] == "the body is too large"


@given(nanoseconds=st.integers(-(2**63), 2**63) | st.integers(0, 10**12))
def test_times_are_written_as_floats_are(nanoseconds: int) -> None:
    """Digit by digit, those of a clock that goes backwards, too."""
    assert milliseconds_text(nanoseconds) == json.dumps(milliseconds(nanoseconds))


def test_what_comes_again_is_written_alike_and_kept_within_bounds() -> None:
    """Clients choose methods and versions, of any length and number."""
    for number in range(1000):
        assert line._methods[f"M{number}"] == f'"M{number}"'
    assert line._methods['"\n' + "x" * 40] == json.dumps('"\\n' + "x" * 28 + "…")
    assert line._versions["1.1"] == line._versions["1.1"] == '"1.1"'
    assert line._versions["123456789"] == json.dumps("1234567…")
    assert len(line._methods) <= 256
    assert max(map(len, line._methods)) <= 32
