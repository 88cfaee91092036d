from __future__ import annotations

from typing import Any

import pytest

from asgi_mw import ConfigError, validate
from asgi_mw.spec import ViolationError
from asgi_mw.testing import http_scope, request

ENDED = {"type": "http.response.body", "body": b"hi"}


pytestmark = pytest.mark.anyio


class Hostile(dict[str, Any]):
    """A message that fails whoever looks into it."""

    def get(self, *_: object) -> Any:
        raise RuntimeError("no such luck")

    def items(self) -> Any:
        raise RuntimeError("no such luck")


async def test_an_object_that_fails_who_looks_reaches_the_server_nevertheless() -> None:
    """In the place of the scope, too."""
    sent = []
    message = Hostile(type="http.response.start", status=200)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send(message)
        await send(ENDED)

    async def receive() -> Any:
        return Hostile(type="http.request")

    async def send(given: Any) -> None:
        sent.append(given)

    await validate(app, on_violation=lambda _: None)(http_scope(), receive, send)
    await validate(app, on_violation=lambda _: None)(Hostile(http_scope()), receive, send)
    assert [id(one) for one in sent] == [id(message), id(ENDED)] * 2


@pytest.mark.parametrize("profile", ["spec", "http"])
async def test_what_can_be_read_only_once_arrives_unread(profile: Any) -> None:
    """The pair of a header may be an iterator, and so may the address of the client."""
    pair, client = iter((b"x", b"1")), iter(("127.0.0.1", 5000))
    start = {"type": "http.response.start", "status": 200, "headers": [pair]}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start)
        await send(ENDED)

    async def receive() -> Any:
        return {"type": "http.request"}

    async def send(given: Any) -> None:
        assert given in (start, ENDED)

    await validate(app, on_violation="raise", profile=profile)(
        http_scope(client=client), receive, send
    )
    assert (list(pair), list(client)) == ([b"x", b"1"], ["127.0.0.1", 5000])


async def test_a_function_that_raises_does_not_disturb_the_app() -> None:
    """It is counted, and said once."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(ENDED)

    def fails(_: object) -> None:
        raise RuntimeError("no such luck")

    result = await request(validate(app, on_violation=fails))
    assert (result.returned, result.sent) == (True, [ENDED])


async def test_with_raise_the_app_gets_it_out_of_send() -> None:
    """What is wrong never reaches the server."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(ENDED)

    result = await request(validate(app, on_violation="raise"))
    assert isinstance(result.raised, ViolationError)
    assert result.raised.finding.rule.id == "http.body.before-start"
    assert result.sent == []


async def test_the_log_says_the_same_once_a_minute(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the link; what is undecided is no warning."""
    clock = [0.0]
    monkeypatch.setattr("asgi_mw.spec.validating.monotonic", lambda: clock[0])
    caplog.set_level("INFO", "asgi_mw.validate")

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200})
        await send(ENDED)
        await send({"type": "http.response.start", "status": 200})
        await send(ENDED)

    layer = validate(app)
    for clock[0] in (0.0, 59.0, 61.0):
        await request(layer)
    said = [(one.levelname, one.args[0]) for one in caplog.records if isinstance(one.args, tuple)]
    twice = "app, event 2 (send): 'http.response.start' while the response is 'done'"
    late = "app, event 3 (send): 'http.response.body' while the response is 'done'"
    assert (
        said
        == [
            ("WARNING", f"{twice} [http.start.twice, must]"),
            ("INFO", f"{late} [http.sent-after-end, undecided]"),
        ]
        * 2
    )
    assert "https://asgi.readthedocs.io/" in caplog.text


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"profile": "rfc"}, "profile='rfc': is no profile; write one of spec, http, advice"),
        ({"on_violation": "print"}, "on_violation='print': is no way to say it"),
        ({"on_violation": []}, "on_violation=..: is no way to say it"),
        ({"profile": []}, "profile=..: is no profile"),
    ],
    ids=["profile", "on_violation", "no way", "no profile"],
)
def test_a_wrong_option_is_said_at_once(options: dict[str, Any], said: str) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None: ...

    with pytest.raises(ConfigError, match=said.partition(";")[0].replace("'", ".")):
        validate(app, **options)
