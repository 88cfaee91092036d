"""The recommended stack: the right layers in the right order, each of which can be left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import structlog

from asgi_mw import ConfigError, cors, explain, production, stack
from asgi_mw.testing import request

if TYPE_CHECKING:
    from asgi_mw.types import App, Message, Receive, Scope, Send

ORIGIN = "https://shop.example.org"
TEXT = b"the same sentence over and over, " * 100


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with text that can be compressed; fail at ``/fails``."""
    if scope["path"] == "/fails":
        raise RuntimeError("broken")
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"%d" % len(TEXT))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": TEXT})


def names(layered: App) -> list[str]:
    """The layers from outside in."""
    return [line.partition("(")[0] for line in explain(layered).splitlines()]


def test_the_order_is_the_recommended_one() -> None:
    """Outermost first; `record` is not among them."""
    assert names(production(app, allow_origins=[ORIGIN])) == [
        "tracing",
        "request_id",
        "access_log",
        "timing",
        "cors",
        "compression",
        "decompression",
        "server_error",
        "app",
    ]


@pytest.mark.anyio
@pytest.mark.parametrize("coding", ["snappy", "aws-chunked", "utf-8", "gzip, snappy"])
async def test_what_the_app_took_without_it_is_not_refused(coding: str) -> None:
    """A coding that is not decoded here is the app's affair, unless that is asked for."""
    headers = {"content-encoding": coding}
    strict = production(app, decompression={"unknown": "refuse"})
    results = [
        await request(layered, "POST", headers=headers, body=b"coded")
        for layered in (app, production(app), strict)
    ]
    assert [200, 200, 415] == [result.status for result in results]


def test_without_origins_there_is_no_cors() -> None:
    """Unless it was given options of its own."""
    assert "cors" not in names(production(app))
    own = {"allow_origin_regex": r"https://[a-z]+\.example\.org"}
    assert "cors" in names(production(app, cors=own))


def test_a_layer_can_be_left_out_or_given_options() -> None:
    """Its own options win over those that several layers share."""
    layered = production(
        app,
        trusted_proxies=["10.0.0.0/8"],
        timing=False,
        access_log={"trusted_proxies": ["192.0.2.0/24"]},
    )

    lines = explain(layered).splitlines()
    assert lines[0] == "tracing(trusted_proxies=['10.0.0.0/8'])"
    assert "access_log(trusted_proxies=['192.0.2.0/24'])" in lines
    assert "timing()" not in lines


@pytest.mark.anyio
async def test_an_answer_has_passed_every_layer() -> None:
    """An id, the time, the policy's headers, and fewer bytes."""
    layered = production(app, allow_origins=[ORIGIN])
    asked = [("origin", ORIGIN), ("accept-encoding", "gzip")]
    with structlog.testing.capture_logs() as logs:
        result = await request(layered, "GET", "/", headers=asked)

    assert result.status == 200
    assert result.header("access-control-allow-origin") == ORIGIN.encode()
    assert result.header("content-encoding") == b"gzip"
    assert (result.header("server-timing") or b"").startswith(b"app;dur=")
    assert len(result.body) < len(TEXT)
    assert [(log["status"], log["outcome"]) for log in logs] == [(200, "complete")]
    assert result.header("x-request-id") == logs[0]["request_id"].encode()


@pytest.mark.anyio
async def test_a_failure_is_answered_with_id_and_policy() -> None:
    """A page of another origin may read it; the exception goes on to the server."""
    layered = production(app, allow_origins=[ORIGIN])
    seen: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        seen.append(message)

    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/fails",
        "query_string": b"",
        "headers": [(b"origin", ORIGIN.encode())],
    }
    with structlog.testing.capture_logs() as logs, pytest.raises(RuntimeError, match="broken"):
        await layered(scope, receive, send)

    headers = dict(seen[0]["headers"])
    assert seen[0]["status"] == 500
    assert headers[b"access-control-allow-origin"] == ORIGIN.encode()
    assert headers[b"x-request-id"] == logs[0]["request_id"].encode()
    assert logs[0]["status"] == 500
    assert "broken" in logs[0]["error"]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, b"x-request-id, server-timing"),
        ({"timing": False}, b"x-request-id"),
        ({"request_id": False}, b"server-timing"),
        ({"request_id": False, "timing": False}, None),
        (
            {"request_id": {"header": ["X-Trace", "X-Request-ID"]}, "timing": {"header": "X-Time"}},
            b"X-Trace, X-Time",
        ),
        ({"cors": {"expose_headers": ["X-Own"]}}, b"X-Own"),
        ({"cors": {"max_age": 5}}, b"x-request-id, server-timing"),
    ],
    ids=str,
)
async def test_pages_may_read_what_the_layers_add(
    options: dict[str, Any], expected: bytes | None
) -> None:
    """By the names that it has; a list of one's own is in its place."""
    layered = production(app, allow_origins=[ORIGIN], **options)
    result = await request(layered, headers={"origin": ORIGIN})

    assert expected == result.header("access-control-expose-headers")


def test_a_name_that_is_none_is_said_by_the_layer_that_has_it() -> None:
    """Not by the one that would expose it."""
    with pytest.raises(ConfigError, match="request_id: header='x y': is no token"):
        production(app, allow_origins=[ORIGIN], request_id={"header": "x y"})


def test_origins_in_one_text_are_taken_apart() -> None:
    """As in a variable."""
    wrong: Any = "https://a.example,https://b.example"
    with pytest.raises(ConfigError, match=r"write allow_origins=\['https://a.example', 'https://b"):
        production(app, allow_origins=wrong)


def test_the_same_layer_outside_is_refused() -> None:
    """As in any stack."""
    with pytest.raises(ConfigError, match="twice"):
        stack(production(app, allow_origins=[ORIGIN]), cors)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"allow_origins": ORIGIN}, "a list is meant"),
        ({"allow_origins": 5}, "is no list"),
        ({"trusted_proxies": "10.0.0.0/8"}, "a list is meant"),
        ({"timing": "yes"}, "neither a bool nor a mapping"),
        ({"timing": {"no_such": 1}}, "no_such"),
        ({"allow_origins": ["https://example.org/"]}, "allow_origins"),
    ],
    ids=str,
)
def test_a_wrong_option_is_refused(options: dict[str, Any], said: str) -> None:
    """With the layer's own words where it is the layer's."""
    with pytest.raises(ConfigError, match=said):
        production(app, **options)


def test_a_wrong_name_among_a_layers_options_is_told_with_the_right_ones() -> None:
    """As `layer` tells it."""
    options: Any = {"allow_method": ["PUT"]}
    with pytest.raises(ConfigError, match="cors has no such option; it has: allow_origins"):
        production(app, cors=options)
