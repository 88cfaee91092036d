"""Send a text through every layer that keeps, logs or tells something, and collect what it told."""

from __future__ import annotations

import io
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

import structlog
from hypothesis import strategies as st

from asgi_mw import access_log, layer, log_fields, open_store, record, stack
from asgi_mw.logs import make_safe
from asgi_mw.testing import request, run, websocket
from tests.middleware.tracing.conftest import Sdk
from tests.redaction.shapes import CANARY, parts, texts

if TYPE_CHECKING:
    from asgi_mw.recorder import Store
    from asgi_mw.types import Receive, Scope, Send

# Longer than what is looked at of a message, of a path, of a traceback
PADS = st.sampled_from([0, 0, 3000, 9000, 40_000])


@st.composite
def padded(draw: st.DrawFn) -> str:
    """A text with a long secret, so that some limit cuts it before, within or behind."""
    text = draw(texts(2))
    return text.replace(CANARY, "z" * draw(PADS) + CANARY + "z" * draw(PADS))


async def _failing(scope: Scope, receive: Receive, send: Send) -> None:
    text = await _received(scope, receive)
    log_fields(note=text)
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": text})
        await send({"type": "websocket.close", "code": 4000, "reason": text})
        return
    answer = {"type": "http.response.start", "status": 200, "headers": [(b"x-note", b"ok")]}
    await send(answer)
    await send({"type": "http.response.body", "body": text.encode()})
    error = ValueError(text)
    error.add_note(text)
    raise RuntimeError(text, 7) from error


async def _received(scope: Scope, receive: Receive) -> str:
    if scope["type"] == "websocket":
        await receive()
        return str((await receive())["text"])
    body = b""
    while True:
        message = await receive()
        body += message["body"]
        if not message.get("more_body"):
            return bytes(body).decode()


def told(text: str, store: Store | None = None, **options: Any) -> str:
    """All that a store, a log, spans and log records say of connections with *text*."""
    lines = io.StringIO()
    renderers = [structlog.processors.JSONRenderer(ensure_ascii=False)]
    logger = structlog.wrap_logger(structlog.PrintLogger(lines), processors=renderers)
    sdk = Sdk()
    kept = open_store("memory:") if store is None else store
    app = stack(
        _failing,
        layer(sdk.tracing, capture_request_headers=["x-note"]),
        layer(access_log, logger=logger, headers=["x-note"]),
        layer(record, store=kept, **options),
    )
    header = text if text.isprintable() else quote(text)
    headers = [("user-agent", header), ("x-note", header), ("referer", f"/a?b={quote(text)}")]
    target = f"/x/{quote(text, safe='')}?note={quote_plus(text)}"
    run(request(app, "POST", target, body=[text.encode()], headers=headers))
    run(websocket(app, "/", messages=[text]))
    said = [lines.getvalue()]
    for span in sdk.spans:
        events = [event.attributes for event in span.events]
        said.append(repr((dict(span.attributes or {}), span.status.description, events)))
    said += [repr(one.log_record.attributes) for one in sdk.logs]
    if store is None:
        said += [
            json.dumps(asdict(one), default=repr, ensure_ascii=False) for one in kept.exchanges()
        ]
    own = {"event": text, "note": {"a": [text]}, "exception": text * 2, "thing": {1: (text,)}}
    said.append(repr(make_safe(None, "info", own)))
    return "\n".join(said)


def check(text: str) -> None:
    """Nothing of the secret in *text* is told anywhere."""
    assert [] == parts(told(text))
