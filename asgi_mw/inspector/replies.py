"""Answer with JSON, a file or an error, always with headers that keep it to the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anyio import to_thread

from asgi_mw.recorder.objects import ascii_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asgi_mw.types import Scope, Send

VERSION = 1
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
# Should a browser ever show what was recorded, it must not treat it as a page
_SANDBOX = "default-src 'none'; frame-ancestors 'none'; sandbox"
_ALWAYS = (
    (b"cache-control", b"no-store"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)


def headers(content_type: str, *, sandbox: bool = False) -> list[tuple[bytes, bytes]]:
    """The headers of every answer."""
    policy = _SANDBOX if sandbox else _POLICY
    return [
        (b"content-type", content_type.encode()),
        (b"content-security-policy", policy.encode()),
        *_ALWAYS,
    ]


class Reply:
    """The answer to one request.

    Args:
        scope: Of the request.
        send: Of the server.
    """

    def __init__(self, scope: Scope, send: Send) -> None:
        self.scope = scope
        self._send = send

    async def answer(
        self, status: int, content_type: str, body: bytes, more: Iterable[tuple[bytes, bytes]] = ()
    ) -> None:
        """Answer with *body*."""
        await self._whole(status, [*headers(content_type), *more], body)

    async def attachment(self, name: str, body: bytes) -> None:
        """Answer with *body*, which was recorded, as a download called *name*."""
        saved = (b"content-disposition", f'attachment; filename="{name}"'.encode("ascii"))
        given = [*headers("application/octet-stream", sandbox=True), saved]
        await self._whole(200, given, body)

    async def say(self, value: dict[str, Any]) -> None:
        """Answer with *value* and the version of the API, as JSON."""
        # Thousands of rows take milliseconds, in which the app would stand still
        text = await to_thread.run_sync(ascii_json, {"version": VERSION, **value})
        await self.answer(200, "application/json", text.encode())

    async def refuse(
        self, status: int, reason: str, more: Iterable[tuple[bytes, bytes]] = (), **also: Any
    ) -> None:
        """Answer with an error: what is wrong, and what to do."""
        body = ascii_json({"version": VERSION, "error": reason, **also}).encode()
        await self.answer(status, "application/json", body, more)

    async def begin(self, content_type: str) -> None:
        """Begin an answer that goes on with :meth:`go_on`."""
        # Without it, nginx would hold the answer back
        given = [*headers(content_type), (b"x-accel-buffering", b"no")]
        await self._send({"type": "http.response.start", "status": 200, "headers": given})

    async def go_on(self, body: bytes) -> None:
        """Send more of the answer; an empty *body* ends it."""
        await self._send({"type": "http.response.body", "body": body, "more_body": bool(body)})

    async def _whole(self, status: int, given: list[tuple[bytes, bytes]], body: bytes) -> None:
        given.append((b"content-length", b"%d" % len(body)))
        await self._send({"type": "http.response.start", "status": status, "headers": given})
        body = b"" if self.scope.get("method") == "HEAD" else body
        await self._send({"type": "http.response.body", "body": body, "more_body": False})
