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


_TEXTS = st.text() | st.sampled_from(
    ["/users/7", "/token=x/a", "page=2", "token=s3cret", 'a "b"', "\n", "é", "\ud800", "x" * 300]
)


@given(
    path=_TEXTS,
    query=_TEXTS.map(lambda text: text.encode("utf-8", "surrogatepass")),
    agent=_TEXTS.map(lambda text: text.encode("utf-8", "surrogatepass")),
    named=st.none() | _TEXTS.filter(bool),
)
def test_it_does_so_however_often_they_come(
    path: str, query: bytes, agent: bytes, named: str | None
) -> None:
    """The second time, some of it was written already."""
    asked = {**http_scope(), "path": path, "query_string": query}
    known = facts({**asked, "headers": [(b"user-agent", agent)]})
    known.connection.request_id = named
    said = json.dumps(known.fields(policy(), "complete", None, 2_000_000))
    for _ in range(2):
        made = line_of(policy(), known, "complete", 2_000_000)
        assert made is not None
        assert said == f"{made[0]}{made[1]}}}"


def test_what_is_masked_or_long_is_not_kept() -> None:
    """No secret stays in memory, and nobody fills it."""
    for asked in ({"path": "/token=s3cret"}, {"query_string": b"token=s3cret"}):
        for agent in (b"password=s3cret", b"x" * 300):
            scope = {**http_scope(), **asked, "headers": [(b"user-agent", agent)]}
            assert line_of(policy(), facts(scope), "complete", 0) is not None
    for number in range(1000):
        scope = {**http_scope(), "path": f"/{number}", "query_string": b"x" * (number % 300)}
        line_of(policy(), facts(scope), "complete", 0)

    kept = [*line._targets, *line._agents]
    assert not [one for one in kept if "s3cret" in str(one)]
    assert len(line._targets) <= 256
    assert all(len(path) + len(query) <= 256 for path, query in line._targets)
    assert all(len(agent) <= 256 for agent in line._agents)


@pytest.mark.parametrize(
    "known",
    [
        facts({**http_scope(), "method": None}),
        facts({**http_scope(), "query_string": "page=2"}),
        facts({**http_scope(), "http_version": ""}),
        facts({**http_scope(), "client": None}),
        facts(http_scope(), status="200"),
        facts(http_scope(), status=True),
        facts(websocket_scope()),
    ],
    ids=[
        "no method",
        "a query that is no bytes",
        "no version",
        "no client",
        "no status",
        "a status that is none",
        "WebSocket",
    ],
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
