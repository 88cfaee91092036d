"""Play the example of a rule, and tell what is found."""

from __future__ import annotations

import asyncio
import textwrap
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel

from asgi_mw import open_store, record
from asgi_mw.spec import check, validate
from asgi_mw.spec.tables import EXTENSIONS
from asgi_mw.testing import http_scope, lifespan, lifespan_scope, websocket_scope
from asgi_mw.testing import run as run_now

if TYPE_CHECKING:
    from asgi_mw.spec import Finding, Rule
    from asgi_mw.types import App, Message, Receive, Send

_ALL: dict[str, dict[str, Any]] = {name: {} for name in EXTENSIONS - {"tls"}}
_SECONDS = 5


def scope_of(kind: str) -> dict[str, Any]:
    """A scope that is right, of a server that can do everything."""
    if kind == "lifespan":
        return lifespan_scope()
    make = http_scope if kind == "http" else websocket_scope
    return make(spec_version="2.3", extensions=dict(_ALL))


def messages_of(kind: str) -> list[Any]:
    """What a server gives on such a connection."""
    return {
        "http": [{"type": "http.request"}],
        "websocket": [{"type": "websocket.connect"}],
        "lifespan": [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}],
    }[kind]


def found_in(rule: Rule, code: str, *, refuses: type[Exception] | None = None) -> list[Finding]:
    """What is found, live, as *code* is played, like an example of *rule*, with every profile on.

    A server that *refuses* raises that for a status that is no number.
    """
    played = _Played(rule, code)
    played.refuses = refuses
    found: list[Finding] = []
    played.through(validate(played.app, on_violation=found.append, profile="advice"))
    return found


def found_in_recording(rule: Rule, code: str) -> list[Finding]:
    """The same, from a recording of it."""
    played = _Played(rule, code)
    store = open_store("memory:")
    played.through(record(played.app, store=store))
    return [finding for one in store.exchanges() for finding in check(one, profile="advice")]


class _Played:
    """One example, and the connection that it is about."""

    def __init__(self, rule: Rule, code: str) -> None:
        self.kind = rule.kind
        names: dict[str, Any] = {
            "scope": scope_of(rule.kind),
            "messages": messages_of(rule.kind),
            "shared": {},
        }
        # What an example of an app says of its scope is the server's part
        lines = code.split("\n")
        of_server = [one for one in lines if one.startswith("scope")]
        exec("\n".join(of_server) if rule.fault == "app" else code, names)  # our own
        self.scope, self.messages = names["scope"], list(names["messages"])
        self.shared: dict[str, Any] = names["shared"]
        self.raises: BaseException | None = names.get("raises")
        self.refuses: type[Exception] | None = None
        if rule.fault == "app":
            self.app = app_of("\n".join(one for one in lines if one not in of_server))
        else:
            eager, fails = bool(names.get("eager")), bool(names.get("fails"))
            self.app = _sound(self.kind, len(self.messages), eager=eager, fails=fails)

    def through(self, app: App) -> None:
        """Play it through *app*."""
        run_now(self._play(app))

    async def _play(self, app: App) -> None:
        async def receive() -> Any:
            await anyio.lowlevel.checkpoint()
            if self.messages:
                return self.messages.pop(0)
            if self.kind == "http":
                return {"type": "http.disconnect"}
            return await anyio.sleep_forever()

        async def send(message: Any) -> None:
            await anyio.lowlevel.checkpoint()
            if self.refuses is not None and message.get("status", 0) is None:
                raise self.refuses
            if self.raises is not None:
                raise self.raises

        if isinstance(self.scope, dict) and self.scope.get("state") is self.shared:
            await _startup(app, self.shared)
        with suppress(Exception), anyio.move_on_after(_SECONDS):
            await app(self.scope, receive, send)
        await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()})


async def _startup(app: App, state: dict[str, Any]) -> None:
    """Begin a lifespan with *state*."""
    result = await lifespan(app, scope={"state": state})
    assert result.ended


def app_of(code: str) -> App:
    """The app with this body."""
    names: dict[str, Any] = {}
    body = textwrap.indent(code, "    ")
    exec(f"async def app(scope, receive, send):\n{body}", names)  # our own examples
    app: App = names["app"]
    return app


def _sound(kind: str, count: int, *, eager: bool, fails: bool) -> App:
    """An app that is right, and receives all that there is."""

    async def http(_: Any, receive: Receive, send: Send) -> None:
        for _number in range(count):
            await receive()
        try:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"hi"})
        except Exception:  # noqa: BLE001  # the example says that it raises
            return

    async def websocket(_: Any, receive: Receive, send: Send) -> None:
        before = count if eager else 1
        for _number in range(before):
            await receive()
        await send({"type": "websocket.accept"})
        for _number in range(count - before):
            await receive()
        await send({"type": "websocket.close"})

    async def lifespan(_: Any, receive: Receive, send: Send) -> None:
        for _number in range(count):
            message: Message = await receive()
            stage = message["type"].partition(".")[2]
            end = "failed" if fails and stage == "startup" else "complete"
            if not (fails and stage == "shutdown"):
                await send({"type": f"lifespan.{stage}.{end}"})

    return {"http": http, "websocket": websocket, "lifespan": lifespan}[kind]
