"""Ask a server over HTTP in place of an app, and pass on its answer."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import anyio

from asgi_mw.errors import AsgiMwError, MissingExtraError
from asgi_mw.parts import octets

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Sequence

    from asgi_mw.replay.plan import Plan
    from asgi_mw.types import Receive, Send


class BrokenError(AsgiMwError):
    """The connection to the server ended too early; the message says how."""


class _LeftError(Exception):
    """The client left while it sent its request."""


class Asker:
    """Asks servers over HTTP, each time on a new connection: any may end with its answer.

    Raises:
        MissingExtraError: Neither httpx2 nor httpx is installed.
    """

    def __init__(self) -> None:
        self._client = _client()
        limits = self._client.Limits(max_keepalive_connections=0)
        self._transport = self._client.AsyncHTTPTransport(trust_env=False, limits=limits)

    async def close(self) -> None:
        """Close the client."""
        await self._transport.aclose()

    async def ask(
        self,
        base: str,
        given: Plan,
        sizes: Sequence[int],
        receive: Receive,
        send: Send,
        *,
        seconds: float,
    ) -> None:
        """Send the request *given* to the server at *base*, and pass on its answer.

        Args:
            base: As ``"http://127.0.0.1:8000"``.
            given: The request.
            sizes: The sizes in bytes of the pieces in which the body of the answer is passed on;
                without any, it is passed on as it comes.
            receive: Gives the body, and says that the client leaves.
            send: Takes the answer.
            seconds: How long the server may take for each step.

        Raises:
            BrokenError: The connection broke.
        """
        sent = anyio.Event()
        body = _body(given, receive, sent) if _has_body(given) else None
        if body is None:
            sent.set()
        request = self._client.Request(
            given.scope["method"],
            base,
            headers=given.scope["headers"],
            content=body,
            extensions={
                "target": target_of(given.scope),
                "timeout": dict.fromkeys(("connect", "read", "write", "pool"), seconds),
            },
        )
        async with anyio.create_task_group() as tasks:

            async def leave() -> None:
                await sent.wait()
                while (await receive())["type"] != "http.disconnect":
                    pass
                tasks.cancel_scope.cancel()

            tasks.start_soon(leave)
            try:
                response = await self._transport.handle_async_request(request)
                try:
                    await _answer(response, sizes, send)
                finally:
                    with anyio.CancelScope(shield=True):
                        await response.aclose()
            except _LeftError:
                pass
            except self._client.TransportError as error:
                raise BrokenError(str(error) or type(error).__name__) from error
            tasks.cancel_scope.cancel()


def _client() -> Any:
    """The module httpx2, or httpx.

    Raises:
        MissingExtraError: Neither is there.
    """
    for name in ("httpx2", "httpx"):
        try:
            return import_module(name)
        except ImportError:
            continue
    raise MissingExtraError("httpx2", "test")


def _has_body(given: Plan) -> bool:
    """Whether the request has a body, by its ``content-length`` or by what the app read of it."""
    lengths = [value for name, value in given.scope["headers"] if name == b"content-length"]
    read = any(one.message.get("body") for one in given.inputs)
    return read or any(length != b"0" for length in lengths)


async def _body(given: Plan, receive: Receive, sent: anyio.Event) -> AsyncGenerator[bytes, None]:
    """The part of the body that the app received, by chunk; then the client leaves if it did."""
    count = sum(one.message["type"] == "http.request" for one in given.inputs)
    for _ in range(count):
        message = await receive()
        if message["type"] != "http.request":
            raise _LeftError
        if message.get("body"):
            yield octets(message["body"])
    if left_early(given):
        await receive()
        raise _LeftError
    sent.set()


def left_early(given: Plan) -> bool:
    """Whether the client left before it had sent its whole request."""
    kinds = [one.message["type"] for one in given.inputs]
    return kinds[-2:] == ["http.request", "http.disconnect"] and bool(
        given.inputs[-2].message.get("more_body")
    )


async def _answer(response: Any, sizes: Sequence[int], send: Send) -> None:
    headers = [(name.lower(), value) for name, value in response.headers.raw]
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    async for piece in pieces(response.aiter_raw(), sizes):
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def pieces(chunks: AsyncIterator[bytes], sizes: Sequence[int]) -> AsyncIterator[bytes]:
    """*chunks*, cut into pieces of *sizes*; the rest as it comes."""
    held = b""
    left = [*reversed(sizes)]
    async for chunk in chunks:
        held += chunk
        while left and len(held) >= left[-1]:
            size = left.pop()
            yield held[:size]
            held = held[size:]
        if held and not left:
            yield held
            held = b""
    if held:
        yield held


def target_of(scope: Any) -> bytes:
    """The target of a request as it was: its raw path, and the query."""
    from urllib.parse import quote  # noqa: PLC0415  # only where a server keeps no raw path

    path = octets(scope.get("raw_path")) or quote(scope.get("path") or "/").encode()
    query = octets(scope.get("query_string"))
    return path + b"?" + query if query else path
