"""The rules about single keys, made from the tables: whether they are there, and their types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgi_mw.spec.rule import Rule
from asgi_mw.spec.tables import RECEIVED, SCOPE_SOURCES, SCOPES, SENT, TLS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_mw.spec.rule import Fault, Kind
    from asgi_mw.spec.tables import Event, Key


def keys() -> Iterator[Rule]:
    """One rule for each key of each scope and each message."""
    for kind, table in SCOPES.items():
        for name, key in table.items():
            yield _of_scope(kind, name, key)
    for name, key in TLS.items():
        yield _of_tls(name, key)
    for events, fault in ((RECEIVED, "server"), (SENT, "app")):
        for kind, event in events.items():
            for name, key in event.keys.items():
                yield _of_message(kind, event, name, key, fault)  # type: ignore[arg-type]  # the two faults above


def _sentence(name: str, key: Key) -> str:
    there = "It has to be there." if key.required else "Optional."
    return f"{name}: {key.kind.name}. {there}"


def _of_scope(kind: str, name: str, key: Key) -> Rule:
    wrong = f'scope["{name}"] = {key.kind.example}'
    return Rule(
        id=f"{kind}.scope.{name}",
        fault="server",
        sentence=_sentence(name, key),
        source=SCOPE_SOURCES[kind],
        why="An app reads the scope by these types: with another one it fails, or is wrong.",
        bad=f'del scope["{name}"]' if key.required and key.kind.example == "" else wrong,
        good="",
        kind=kind,  # type: ignore[arg-type]  # the keys of the table are the kinds
    )


def _of_tls(name: str, key: Key) -> Rule:
    value = 'scope["extensions"] = {"tls": {"server_cert": None, "tls_version": 772, '
    value += '"cipher_suite": 4865}}\nscope["scheme"] = "https"'
    return Rule(
        id=f"tls.{name}",
        fault="server",
        sentence=_sentence(name, key),
        source="tls#tls-connection-scope",
        why="An app that looks at certificates reads it by this type.",
        bad=f'{value}\nscope["extensions"]["tls"]["{name}"] = {key.kind.example}',
        good=value,
    )


def _of_message(kind: str, event: Event, name: str, key: Key, fault: Fault) -> Rule:
    protocol: Kind = kind.partition(".")[0]  # type: ignore[assignment]  # as types of messages begin
    wrong = f'{event.example[:-1]}, "{name}": {key.kind.example}}}'
    before, after = _around(kind)
    if fault == "server":
        bad, good = f"{before}messages += [{wrong}]", f"{before}messages += [{event.example}]"
    else:
        bad, good = (
            f"{before}await send({wrong}){after}",
            f"{before}await send({event.example}){after}",
        )
    return Rule(
        id=f"{kind}.{name}",
        fault=fault,
        sentence=_sentence(name, key),
        source=event.source,
        why=(
            "A server refuses a message that holds something else, or sends what was not meant."
            if fault == "app"
            else "An app that trusts the type fails in the middle of a request."
        ),
        bad=bad,
        good=good,
        kind=protocol,
    )


_STARTED = 'await send({"type": "http.response.start", "status": 200})\n'
_OPEN = 'with open("/dev/null", "rb") as file:\n    '
_ENDED = '\nawait send({"type": "http.response.body", "body": b"hi"})'
_CONNECTED = 'await receive()\nawait send({"type": "websocket.accept"})\n'
_DENIAL = 'await receive()\nawait send({"type": "websocket.http.response.start", "status": 401})\n'
_UP = 'await receive()\nawait send({"type": "lifespan.startup.complete"})\nawait receive()\n'


def _around(kind: str) -> tuple[str, str]:
    """What comes before and after a message of this kind on a connection that is right."""
    around = {
        "http.request": ("messages.clear()\n", ""),
        "websocket.receive": ('messages[:] = [{"type": "websocket.connect"}]\n', ""),
        "websocket.disconnect": ('messages[:] = [{"type": "websocket.connect"}]\n', ""),
        "http.response.start": ("", _ENDED),
        "http.response.debug": ("", "\n" + _STARTED.strip() + _ENDED),
        "http.response.trailers": (
            'await send({"type": "http.response.start", "status": 200, "trailers": True, '
            '"headers": [(b"trailer", b"x")]})' + _ENDED + "\n",
            "",
        ),
        "http.response.push": (_STARTED, _ENDED),
        "http.response.zerocopysend": (_STARTED + _OPEN, ""),
        "http.response.early_hint": (_STARTED, _ENDED),
        "websocket.accept": ("await receive()\n", '\nawait send({"type": "websocket.close"})'),
        "websocket.send": (_CONNECTED, '\nawait send({"type": "websocket.close"})'),
        "websocket.close": (_CONNECTED, ""),
        "websocket.http.response.start": (
            "await receive()\n",
            '\nawait send({"type": "websocket.http.response.body"})',
        ),
        "websocket.http.response.body": (_DENIAL, ""),
        "lifespan.startup.failed": ("await receive()\n", ""),
        "lifespan.shutdown.failed": (_UP, ""),
    }
    return around.get(kind, (_STARTED, "") if kind.startswith("http.") else ("", ""))
