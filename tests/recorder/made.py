"""Exchanges as the recorder keeps them, made by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgi_mw.events import Event, Exchange, Worker

if TYPE_CHECKING:
    from collections.abc import Sequence

MS = 1_000_000


def made(  # each is a part of an exchange
    number: int = 1,
    *,
    kind: str = "http",
    method: str = "GET",
    path: str = "/orders",
    headers: Sequence[tuple[bytes, bytes]] = (),
    request: bytes = b"",
    response: bytes = b"{}",
    status: int = 200,
    sent: Sequence[tuple[bytes, bytes]] = (),
    took: float = 12,
    scope: dict[str, Any] | None = None,
    **more: Any,
) -> Exchange:
    """A request and its answer, which took *took* ms; later ones have a greater *number*."""
    start = {"type": "http.response.start", "status": status, "headers": list(sent)}
    half = MS // 2
    events = (
        Event("receive", MS, MS + half, {"type": "http.request", "body": request}, len(request)),
        Event("send", 2 * MS, 2 * MS + half, start),
        Event(
            "send",
            3 * MS,
            3 * MS + half,
            {"type": "http.response.body", "body": response},
            len(response),
        ),
    )
    given = {
        "type": kind,
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "query_string": b"",
        "server": ["127.0.0.1", 80],
        "client": ["127.0.0.1", 50_000 + number],
        "headers": list(headers),
        **(scope or {}),
    }
    return Exchange(
        **{
            "id": f"{number:032x}",
            "worker": Worker("box", 41),
            "type": kind,
            "scope": given,
            "began": 1_767_323_040_000_000_000 + number * 1_000_000_000,
            "events": events,
            "request_id": f"{number:032x}",
            "ended": int(took * MS),
            "returned": int(took * MS) + half,
            "outcome": "complete",
            **more,
        }
    )
