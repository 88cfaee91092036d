from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from asgi_mw import open_store, record
from asgi_mw.spec import RULES, check, validate
from asgi_mw.testing import http_scope, play, websocket
from asgi_mw.testing import run as run_now
from tests.spec.played import found_in

if TYPE_CHECKING:
    from asgi_mw.spec import Finding
    from asgi_mw.types import Receive, Scope, Send

HTTP, WEBSOCKET = RULES["http.start.twice"], RULES["websocket.accept.twice"]
OF_SERVER = {"http": RULES["scope.dict"], "websocket": RULES["websocket.connect.twice"]}
_START = 'await send({"type": "http.response.start", "status": 200})\n'
_BODY = 'await send({"type": "http.response.body", "body": b"hi"})\n'
_PATH = 'await send({"type": "http.response.pathsend", "path": "/etc/hosts"})\n'
_PUSH = 'await send({"type": "http.response.push", "path": "/a", "headers": []})\n'
_HINT = 'await send({"type": "http.response.early_hint", "links": []})\n'
_LONG = (
    'await send({"type": "http.response.start", "status": 200, '
    '"headers": [(b"content-length", b"9")]'
)
_ENUM = (
    "from enum import Enum\nclass Kind(str, Enum):\n    START = 'http.response.start'\n"
    'await send({"type": Kind.START, "status": 200})\n'
)
_DENY = 'await receive()\nawait send({"type": "websocket.http.response.start", "status": 401, '
_TRAILERS = 'await send({"type": "http.response.trailers", "headers": [(b"x", b"a\\r\\nb: c")]})\n'


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        pytest.param(_ENUM + _BODY, [], id="a type that is a member of an Enum of strings"),
        pytest.param(
            _START.replace("200", '"<200>"') + _BODY,
            ["http.response.start.status"],
            id="a text that looks like a type in a recording",
        ),
        pytest.param(
            _START + _BODY.replace('b"hi"', '"<h1>hi</h1>"'),
            ["http.response.body.body"],
            id="a body of markup that is a str",
        ),
        pytest.param(_START + _PATH + _BODY, ["http.pathsend.mixed"], id="a file, then a body"),
        pytest.param(_START + _PATH + _START, ["http.start.twice"], id="a file, then a start"),
        pytest.param(_START + _BODY + _PUSH, ["http.push.after-end"], id="a late push"),
        pytest.param(_START + _BODY + _HINT, ["http.early-hint.after-end"], id="a late hint"),
        pytest.param(
            _START + 'import io\nawait send({"type": "http.response.zerocopysend", '
            '"file": io.BytesIO(b"hi")})\n',
            ["http.response.zerocopysend.file"],
            id="a file that is none of the system",
        ),
        pytest.param(
            _LONG + ', "trailers": True})\n' + _BODY + _TRAILERS,
            ["http.trailers.header", "wire.length.differs", "wire.header.value"],
            id="trailers behind a body that is too short, with a line break",
        ),
        pytest.param(
            (_LONG + "})\n" + _BODY.replace('"hi"', '"123456789"')) * 2,
            ["http.start.twice", "http.sent-after-end"],
            id="two responses: the second counts for no length",
        ),
    ],
)
def test_what_an_app_sends(code: str, expected: list[str]) -> None:
    assert [one.rule.id for one in found_in(HTTP, code)] == expected


def test_a_denial_is_as_long_as_it_says() -> None:
    code = (
        _DENY + '"headers": [(b"content-length", b"9")]})\n'
        'await send({"type": "websocket.http.response.body", "body": b"no"})'
    )
    assert [one.rule.id for one in found_in(WEBSOCKET, code)] == ["wire.length.differs"]


@pytest.mark.parametrize(
    ("kind", "code", "expected"),
    [
        ("http", 'scope["extensions"] = None', []),
        ("http", 'scope["extensions"] = []', ["http.scope.extensions"]),
        ("http", 'scope["state"] = 0', ["http.scope.state"]),
        ("http", 'scope["scheme"] = ["https"]', ["http.scope.scheme"]),
        ("http", 'scope["http_version"] = ["1.1"]', ["http.scope.http_version"]),
        ("websocket", 'scope["http_version"] = "1.0"', ["scope.http_version.value"]),
        ("websocket", 'scope["subprotocols"] = 5', ["websocket.scope.subprotocols"]),
    ],
)
def test_what_a_scope_holds(kind: str, code: str, expected: list[str]) -> None:
    """Twice, as what was right once is seen at once."""
    for _ in range(2):
        assert [one.rule.id for one in found_in(OF_SERVER[kind], code)] == expected


def test_a_message_that_the_server_refused_does_not_count() -> None:
    """The app answers in another way."""
    code = (
        'try:\n    await send({"type": "http.response.start", "status": None})\n'
        "except TypeError:\n    " + _START + _BODY
    )
    found = found_in(HTTP, code, refuses=TypeError)
    assert [one.rule.id for one in found] == ["http.response.start.status"]


def test_lists_that_share_lists_are_looked_at_for_a_bounded_time() -> None:
    code = (
        "many = [1] * 30\nfor _ in range(8):\n    many = [many] * 30\n"
        'await send({"type": "http.response.start", "status": 200, "extra": many})\n' + _BODY
    )
    assert found_in(HTTP, code) == []


def test_a_recording_has_only_the_type_of_what_is_no_plain_value() -> None:
    """It is not judged."""

    class Address:
        pass

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"hi"})

    store = open_store("memory:")
    scope = http_scope(server=Address(), raw_path=Address(), client=Address())
    run_now(play(record(app, store=store), scope))
    assert [check(one) for one in store.exchanges()] == [[]]


def test_a_client_that_has_no_version_is_no_old_one() -> None:
    """Those of Starlette and Channels for tests have no "asgi", which is not the app's fault."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept", "headers": [(b"x", b"1")]})
        await send({"type": "websocket.close", "reason": "enough"})

    found: list[Finding] = []
    checked = validate(app, on_violation=found.append)
    run_now(websocket(checked, scope={"omit": ["asgi"]}))
    run_now(websocket(checked, scope={"spec_version": None}))
    assert [finding.rule.id for finding in found] == ["scope.asgi", *["message.version"] * 2]
