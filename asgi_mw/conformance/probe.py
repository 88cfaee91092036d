"""The app that a server serves while it is examined: each call of it does what the kit says.

Each call of the app connects to the kit, on the port that the environment names, and sends its
scope.  Then it takes orders, one JSON object in each line, and sends the result of each.
"""

from __future__ import annotations

import json
import os
import socket
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio

from asgi_mw.recorder.values import dumps, freeze, thaw
from asgi_mw.spec import validate

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from asgi_mw.spec import Finding
    from asgi_mw.types import Message, Receive, Scope, Send

LINE = "ASGI_MW_CONFORMANCE"
"""The variable with ``port/token``."""
DRIVEN = "ASGI_MW_CONFORMANCE_LIFESPAN"
"""The variable that says, if it is set, that the kit drives the lifespan too."""
_SECONDS = 5.0


class ProbeError(Exception):
    """What the app raises when the kit says so."""


class Line:
    """The connection to the kit: sends it what happens, at once, and takes its orders."""

    def __init__(self) -> None:
        port, _, self._token = os.environ[LINE].partition("/")
        # Loopback, to a socket that listens already: it does not wait
        self._sock = socket.create_connection(("127.0.0.1", int(port)), _SECONDS)
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._rest = b""

    def say(self, what: str, **more: Any) -> None:
        """Send one thing; if the kit has gone, do nothing."""
        said = {"say": what, "token": self._token, **more}
        try:
            self._sock.sendall(dumps(freeze(said)).encode() + b"\n")
        except OSError:
            return

    async def order(self) -> dict[str, Any] | None:
        """The next order; ``None`` if the kit has gone."""
        while b"\n" not in self._rest:
            await anyio.wait_readable(self._sock)
            try:
                data = self._sock.recv(1 << 20)
            except OSError:
                return None
            if not data:
                return None
            self._rest += data
        line, _, self._rest = self._rest.partition(b"\n")
        order: dict[str, Any] = thaw(json.loads(line))
        return order

    def close(self) -> None:
        """Hang up."""
        self._sock.close()


_line: ContextVar[Line] = ContextVar("line")


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Do what the kit says."""
    line = Line()
    _line.set(line)
    try:
        line.say("scope", scope=_plain_scope(scope))
        if scope["type"] == "lifespan" and DRIVEN not in os.environ:
            await _judged_lifespan(scope, receive, send)
        else:
            await _judged(scope, receive, send)
    except Exception as error:
        line.say("ended", how="raised", text=type(error).__name__)
        raise
    except BaseException:
        line.say("ended", how="cancelled")
        raise
    else:
        line.say("ended", how="returned")
    finally:
        line.close()


async def _lifespan(scope: Scope, receive: Receive, send: Send) -> None:
    """Start and stop, and put something into the state that a check can look for."""
    if "state" in scope:
        scope["state"] |= {"shared": [], "number": 1}
    while True:
        phase = (await receive())["type"]
        await send({"type": f"{phase}.complete"})
        if phase == "lifespan.shutdown":
            return


async def _puppet(scope: Scope, receive: Receive, send: Send) -> None:
    """Take orders until one ends it."""
    line = _line.get()
    calls: dict[int, anyio.CancelScope] = {}
    errors: dict[int, Exception] = {}

    async def call(number: int, make: Callable[[], Awaitable[Message | None]]) -> None:
        came: dict[str, Any] = {}
        with calls[number] as canceller:
            try:
                came = {"message": _plain(await make())}
            except Exception as error:  # noqa: BLE001  # whatever a server raises
                errors[number] = error
                names = [kind.__name__ for kind in type(error).__mro__]
                came = {"raised": names, "text": str(error)}
        line.say("done", id=number, cancelled=canceller.cancelled_caught, **came)

    async with anyio.create_task_group() as tasks:
        while order := await line.order():
            do, number = order["do"], order.get("id", 0)
            if do == "cancel":
                calls[number].cancel()
            elif do == "mark":
                _mark(scope, order["at"], order["value"])
                line.say("done", id=number)
            elif do in {"receive", "poll", "send"}:
                calls[number] = anyio.CancelScope()
                if do == "poll":
                    calls[number].cancel()
                made = receive if do != "send" else _sending(send, order)
                tasks.start_soon(call, number, made)
            else:
                break
        tasks.cancel_scope.cancel()
    if order and order["do"] == "leave":
        await send(order["message"])
    elif order and order["do"] == "raise":
        raise errors.get(order.get("of", -1)) or ProbeError("as the kit said")


def _sending(send: Send, order: dict[str, Any]) -> Callable[[], Awaitable[None]]:
    """The call of *send* with the message of an order, completed with what JSON cannot hold."""
    message = order["message"]
    if order.get("fill"):
        message["body"] = pattern(order["fill"])
    if order.get("headers") == "lists":
        message["headers"] = [list(pair) for pair in message["headers"]]
    elif order.get("headers") == "iterator":
        message["headers"] = iter(message["headers"])
    if not order.get("file"):
        return lambda: send(message)

    async def send_file() -> None:
        with Path(order["file"]).open("rb") as file:  # noqa: ASYNC230  # a few bytes
            await send(message | {"file": file})

    return send_file


def pattern(size: int) -> bytes:
    """*size* bytes that show where something is missing.

    >>> pattern(5)
    b'00000'
    """
    return b"".join(b"%08d" % number for number in range(0, size + 8, 8))[:size]


def _mark(scope: Scope, at: list[str], value: Any) -> None:
    """Put *value* into the scope, or append it to a list in it."""
    *outer, name = at
    place: Any = scope
    for key in outer:
        place = place[key]
    if isinstance(place.get(name), list):
        place[name].append(value)
    else:
        place[name] = value


def _plain_scope(scope: Scope) -> dict[str, Any]:
    plain = {key: _simple(value) for key, value in scope.items()}
    # These are not read here if they are no list: a server may give an iterator
    for name in ("headers", "subprotocols", "client", "server"):
        if not isinstance(plain.get(name), (list, tuple, type(None))):
            plain[name] = f"<{type(plain[name]).__name__}>"
    return plain


def _plain(message: Message | None) -> dict[str, Any] | None:
    return None if message is None else {key: _simple(value) for key, value in message.items()}


def _simple(value: Any) -> Any:
    """A subclass of a plain type, as an enumeration of close codes, as that type."""
    kinds: tuple[type[Any], ...] = (bool, int, str, bytes)
    for kind in kinds:
        if isinstance(value, kind):
            return kind(value)
    return value


def _report(finding: Finding) -> None:
    """Say what the server does wrong by the rules of ASGI."""
    rule = finding.rule
    if rule.fault == "server" and finding.is_violation:
        _line.get().say("found", rule=rule.id, said=finding.said)


_judged = validate(_puppet, on_violation=_report, profile="http")
_judged_lifespan = validate(_lifespan, on_violation=_report, profile="http")
