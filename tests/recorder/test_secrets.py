"""No secret that passes through reaches what is kept, shown or logged, not even in part."""

from __future__ import annotations

import base64
import gzip
import io
import json
import logging
import random
import string
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypedDict

import pytest
import structlog

from asgi_mw import (
    access_log,
    layer,
    log_fields,
    open_store,
    record,
    request_id,
    server_error,
    stack,
)
from asgi_mw.testing import lifespan, request, run, websocket

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from asgi_mw.recorder import Store
    from asgi_mw.types import App, Message, Receive, Scope, Send

# A part of a secret this long says something about it
PART = 8
LOGGED_HEADERS = [
    "authorization",
    "proxy-authorization",
    "cookie",
    "x-api-key",
    "referer",
    "origin",
]
SECRETS: dict[str, str] = {}


def secret(name: str) -> str:
    """A made-up secret, the same one for a name, with nothing in common with any other."""
    letters = random.Random(name).choices(string.ascii_letters, k=28)
    return SECRETS.setdefault(name, "".join(letters))


def jwt(name: str) -> str:
    """What looks like a signed token."""
    parts = [json.dumps({"alg": "HS256"}), json.dumps({"sub": secret(name)})]
    coded = [base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts]
    return ".".join([*coded, secret(f"{name}, signature")])


def basic(name: str) -> str:
    """User and password as ``Authorization: Basic`` has them."""
    return base64.b64encode(f"ann:{secret(name)}".encode()).decode()


class Answer(TypedDict, total=False):
    """What the app answers with."""

    headers: list[tuple[str, str]]
    pieces: list[bytes]
    error: Exception


def answering(answer: Answer) -> App:
    """An app that reads the whole request and gives *answer*."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive()).get("more_body"):
            pass
        log_fields(user_id=7)
        if "error" in answer:
            raise RuntimeError("cannot log in") from answer["error"]
        pairs = [(name.encode(), value.encode()) for name, value in answer.get("headers", [])]
        await send({"type": "http.response.start", "status": 200, "headers": pairs})
        pieces = answer.get("pieces", [b""])
        for number, piece in enumerate(pieces, start=1):
            more = number < len(pieces)
            await send({"type": "http.response.body", "body": piece, "more_body": more})

    return app


def halves(text: str, at: str) -> list[bytes]:
    """*text* in two, cut in the middle of *at*."""
    middle = text.index(at) + len(at) // 2
    return [text[:middle].encode(), text[middle:].encode()]


JSON = ("content-type", "application/json")
FORM = ("content-type", "application/x-www-form-urlencoded")


def drive(wrap: Callable[..., App]) -> None:
    """Send every secret of the corpus through apps that *wrap* wraps."""

    def http(
        target: str = "/",
        *,
        headers: list[tuple[str, str]] | None = None,
        body: list[bytes] | None = None,
        answer: Answer | None = None,
        **options: Any,
    ) -> None:
        app = wrap(answering(answer or {}), **options)
        run(request(app, "POST", target, headers=headers or [], body=body or [b""]))

    http(
        f"/login?token={secret('query token')}&page=2&api_key={secret('query api_key')}"
        f"&user[password]={secret('query password')}&next=https://ann:{secret('query url')}@host/",
        headers=[
            ("authorization", f"Bearer {secret('Authorization')}"),
            ("proxy-authorization", f"Basic {basic('Proxy-Authorization')}"),
            ("cookie", f"session={secret('Cookie')}; theme={secret('Cookie, second')}"),
            ("cookie", f"id={secret('Cookie, second line')}"),
            ("x-api-key", secret("X-Api-Key")),
            ("x-auth-token", secret("X-Auth-Token")),
            ("x-amz-security-token", secret("X-Amz-Security-Token")),
            ("referer", f"https://example.org/?token={secret('Referer')}&page=2"),
            ("origin", f"https://ann:{secret('userinfo')}@example.org"),
            ("x-note", f"bearer {secret('header text')}"),
            ("x-jwt-in-text", jwt("header jwt")),
        ],
    )
    http(
        answer={
            "headers": [
                JSON,
                ("set-cookie", f"session={secret('Set-Cookie')}; Path=/; HttpOnly"),
                ("set-cookie", f"theme={secret('Set-Cookie, second')}; Secure"),
                ("location", f"/done?access_token={secret('Location')}"),
            ],
            "pieces": [
                json.dumps(
                    {
                        "access_token": secret("json response"),
                        "deep": [{"list": [{"clientSecret": secret("json at depth")}]}],
                        "password": {"old": secret("json object"), "new": [secret("json list")]},
                        "note": f"it is {jwt('jwt in json')}, keep it",
                    }
                ).encode()
            ],
        }
    )
    text = json.dumps({"user": "ann", "password": secret("json split")})
    http(headers=[JSON], body=halves(text, secret("json split")))
    bytewise = json.dumps({"user": "ann", "pin": secret("json bytewise")}).encode()
    http(headers=[JSON], body=[bytewise[n : n + 1] for n in range(len(bytewise))])
    text = json.dumps({"password": secret("json cut")})
    for limit in (4, 14, 20, 30):
        http(headers=[JSON], body=[text.encode()], body_limit=limit)
    text = f"user=ann&password={secret('form split')}&page=2"
    http(headers=[FORM], body=halves(text, secret("form split")))
    http(headers=[FORM], body=[f"user=ann&token={secret('form cut')}".encode()], body_limit=24)
    coded = "".join(f"%{ord(letter):02X}" for letter in secret("form encoded"))
    http(headers=[FORM], body=[f"user=ann&pass%77ord={coded}".encode()])
    part = 'content-disposition: form-data; name="'
    multipart = (
        f'--b\r\n{part}user"\r\n\r\nann\r\n--b\r\n{part}api_key"\r\n\r\n{secret("multipart")}\r\n'
        f'--b\r\n{part}data"; filename="x.json"\r\ncontent-type: application/json\r\n\r\n'
        f'{{"token": "{secret("multipart json")}"}}\r\n--b--\r\n'
    )
    boundary = ("content-type", "multipart/form-data; boundary=b")
    http(headers=[boundary], body=halves(multipart, secret("multipart")))
    packed = gzip.compress(json.dumps({"token": secret("gzip")}).encode() * 3)
    coding = [JSON, ("content-encoding", "gzip")]
    http(answer={"headers": coding, "pieces": [packed[:20], packed[20:]]})
    http(headers=coding, body=[gzip.compress(text.encode())[:-9]])
    stored = gzip.compress(json.dumps({"token": secret("gzip, stored")}).encode(), compresslevel=0)
    http(headers=coding, body=[stored])
    unknown = [JSON, ("content-encoding", "x-own")]
    http(answer={"headers": unknown, "pieces": [secret("unknown coding").encode()]})
    stream = f'event: a\ndata: {{"token":\ndata: "{secret("event stream")}"}}\n\n'
    events = [("content-type", "text/event-stream")]
    http(answer={"headers": events, "pieces": halves(stream, secret("event stream"))})
    binary = b"\x00\x01" + secret("binary").encode() + b"\xff"
    http(answer={"headers": [("content-type", "application/protobuf")], "pieces": [binary]})
    http(answer={"error": ValueError(f"bad login: password={secret('exception')} for ann")})
    http(answer={"error": KeyError(f"https://ann:{secret('exception url')}@db:5432/")})
    http(f"/verify/{jwt('jwt in path')}/now")
    run(
        websocket(
            wrap(_talking),
            f"/ws?token={secret('ws query')}",
            headers=[("sec-websocket-protocol", f"chat, bearer.{secret('ws header')}")],
            subprotocols=["chat", f"bearer.{secret('ws subprotocol')}"],
            messages=[
                json.dumps({"type": "auth", "token": secret("ws text")}),
                json.dumps({"session": secret("ws binary")}).encode(),
                f"login password={secret('ws plain')}",
            ],
            close=(4001, f"token={secret('ws close reason')}"),
        )
    )
    run(lifespan(wrap(_failing)))


async def _talking(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.accept", "subprotocol": f"bearer.{secret('ws chosen')}"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({**message, "type": "websocket.send"})
    await send({"type": "websocket.send", "text": json.dumps([{"jwt": secret("ws sent")}])})


async def _failing(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    text = f"cannot reach postgres://app:{secret('lifespan')}@db:5432/app"
    await send({"type": "lifespan.startup.failed", "message": text})


def found(text: bytes) -> dict[str, str]:
    """Which secrets stand in *text*, at least in part, and what of each."""
    parts: dict[str, str] = {}
    for name, value in SECRETS.items():
        forms = [(form, PART) for form in (value, value[::-1], *_in_base64(value))]
        # Eight letters take twice as many digits, of which ids consist, too
        for form, size in [*forms, (value.encode().hex(), 2 * PART)]:
            for at in range(len(form) - size + 1):
                if form[at : at + size].encode() in text:
                    parts[name] = form[at : at + size]
    return parts


def _in_base64(text: str) -> list[str]:
    """*text* as it looks in Base64, at each of the three places where it may begin."""
    coded = [base64.b64encode(b"-" * shift + text.encode()).decode() for shift in range(3)]
    return [form[4:-4] for form in coded]


def _json_logger(lines: io.StringIO) -> Any:
    renderer = structlog.processors.JSONRenderer()
    return structlog.wrap_logger(structlog.PrintLogger(lines), processors=[renderer])


def _wrapped(store: Store, logger: Any) -> Callable[..., App]:
    def wrap(app: App, **options: Any) -> App:
        return stack(
            app,
            request_id,
            layer(access_log, logger=logger, headers=LOGGED_HEADERS),
            layer(record, store=store, **options),
            server_error,
        )

    return wrap


def test_the_corpus_reaches_the_app() -> None:
    """Else the other tests would prove nothing: every secret is sent, and there are many."""
    seen: list[str] = []

    def wrap(app: App, **options: Any) -> App:
        async def watched(scope: Scope, receive: Receive, send: Send) -> None:
            async def received() -> Message:
                seen.append(repr(message := await receive()))
                return message

            async def sent(message: Message) -> None:
                seen.append(repr(message))
                await send(message)

            seen.append(repr(scope))
            try:
                await app(scope, received, sent)
            except Exception as error:
                seen.append(repr(error.__cause__))
                raise

        return watched

    drive(wrap)
    coded = {"gzip", "json bytewise", "form encoded", "query url"}
    assert set(SECRETS) - coded - found("\n".join(seen).encode()).keys() <= coded
    assert len(SECRETS) >= 40


def test_exchanges_in_memory_hold_no_secret() -> None:
    """Neither as Python shows them nor as JSON."""
    store = open_store("memory:")
    drive(_wrapped(store, _json_logger(io.StringIO())))
    exchanges = list(store.exchanges())
    shown = json.dumps([asdict(one) for one in exchanges], default=repr, ensure_ascii=False)
    assert len(exchanges) > 20
    assert 0 == store.faults.total
    assert {} == found(repr(exchanges).encode())
    assert {} == found(shown.encode())


def test_connections_in_flight_show_no_secret() -> None:
    """They show no bodies at all, and the rest masked."""
    store = open_store("memory:")
    shown: list[bytes] = []

    def wrap(app: App, **options: Any) -> App:
        async def looking(scope: Scope, receive: Receive, send: Send) -> None:
            async def received() -> Message:
                message = await receive()
                shown.append(repr(store.in_flight()).encode())
                return message

            async def sent(message: Message) -> None:
                await send(message)
                shown.append(repr(store.in_flight()).encode())

            await app(scope, received, sent)

        return record(looking, store=store, **options)

    drive(wrap)
    assert len(shown) > 50
    assert {} == found(b"\n".join(shown))


def test_the_log_as_json_holds_no_secret() -> None:
    """Path, query, headers that were asked for, errors, tracebacks, close reasons."""
    lines = io.StringIO()
    drive(_wrapped(open_store("memory:"), _json_logger(lines)))
    assert lines.getvalue().count("\n") > 20
    assert {} == found(lines.getvalue().encode())


def test_the_log_as_text_holds_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    """The same through the standard library, with all fields that a formatter may print."""
    with caplog.at_level(logging.DEBUG):
        drive(_wrapped(open_store("memory:"), None))
    lines = [f"{line.getMessage()} {vars(line)}" for line in caplog.records]
    assert len(lines) > 20
    assert {} == found("\n".join(lines).encode())


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_files_of_the_spool_hold_no_secret(tmp_path: Path) -> None:
    """Like ``grep -a`` over the database, its log and its index, while open and when closed."""
    store = open_store(tmp_path / "spool")
    drive(_wrapped(store, _json_logger(io.StringIO())))
    assert store.flush(10)
    during = _files(tmp_path)
    store.close()
    after = _files(tmp_path)
    assert any(name.endswith("-wal") for name in during)
    for files in (during, after):
        assert b"multipart/form-data" in b"".join(files.values())
        assert {} == {name: parts for name, data in files.items() if (parts := found(data))}
    assert {} == found(repr(list(store.exchanges())).encode())
