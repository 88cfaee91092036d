"""Streams of frameworks; what log, span and recording say of each goes to a file."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from litestar import Litestar, get
from litestar.response import ServerSentEvent, Stream
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult
from starlette.applications import Starlette
from starlette.responses import StreamingResponse
from starlette.routing import Route

from asgi_mw import open_store, production, record

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from opentelemetry.sdk.trace import ReadableSpan
    from starlette.requests import Request

    from asgi_mw import Receive, Scope, Send

TOLD = Path(os.environ["ASGI_MW_TOLD"])


def tell(**fact: object) -> None:
    """Write one fact."""
    with TOLD.open("a") as out:
        out.write(json.dumps(fact) + "\n")


class Log:
    """A logger that tells the outcome."""

    def info(self, event: str, **fields: Any) -> None:
        if event == "http":
            tell(log=fields["outcome"])

    error = warning = info


class Spans(SpanExporter):
    """An exporter that tells what failed."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        for span in spans:
            tell(span=(span.attributes or {}).get("error.type", "complete"))
        return SpanExportResult.SUCCESS


async def parts() -> AsyncIterator[str]:
    for part in range(3):
        yield f"data: {part}\n\n"


async def starlette(request: Request) -> StreamingResponse:
    return StreamingResponse(parts(), media_type="text/event-stream")


@get("/litestar/stream")
async def litestar() -> Stream:
    return Stream(parts())


@get("/litestar/events")
async def litestar_events() -> ServerSentEvent:
    return ServerSentEvent(parts())


by_starlette = Starlette(routes=[Route("/starlette", starlette)])
by_litestar = Litestar([litestar, litestar_events], openapi_config=None)
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(Spans()))
store = open_store("memory:")


async def either(scope: Scope, receive: Receive, send: Send) -> None:
    chosen: Any = by_litestar if scope.get("path", "").startswith("/litestar") else by_starlette
    await chosen(scope, receive, send)


layered = record(
    production(either, access_log={"logger": Log()}, tracing={"tracer_provider": provider}),
    store=store,
)


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve, and tell what was recorded."""
    try:
        await layered(scope, receive, send)
    finally:
        if scope["type"] == "http":
            tell(record=next(store.exchanges()).outcome, path=scope["path"])
