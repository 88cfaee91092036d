"""One exchange as a log record of OTLP, with the names of the conventions for HTTP servers."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from asgi_mw.amounts import duration
from asgi_mw.errors import Problems
from asgi_mw.export.otlp.content import content_of
from asgi_mw.export.otlp.values import LONGEST, attributes, moment, text
from asgi_mw.parts import headers_of
from asgi_mw.spent import last_moment
from asgi_mw.telemetry.attributes import path_of, version_of
from asgi_mw.telemetry.methods import OTHER, methods_of
from asgi_mw.telemetry.network import scheme_of, server_of, socket_of
from asgi_mw.telemetry.status import CLOSED_ABNORMALLY

if TYPE_CHECKING:
    from asgi_mw.events import Exchange
    from asgi_mw.export.otlp.values import Value
    from asgi_mw.telemetry.methods import Methods

EVENT = "asgi_mw.exchange"
"""The name of the event: the conventions have none of a request as a whole."""
KINDS = ("http", "websocket")
# https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber
_INFO, _WARN, _ERROR = (9, "INFO"), (13, "WARN"), (17, "ERROR")
_TRACE, _SPAN = re.compile(r"[0-9a-f]{32}"), re.compile(r"[0-9a-f]{16}")


def record_of(exchange: Exchange, body_limit: int | None = None) -> dict[str, Any]:
    """The log record of *exchange*, of HTTP or a WebSocket.

    It has the ids of the span of the exchange, so that a backend shows both together.

    Args:
        exchange: With its bodies masked, if they are wanted.
        body_limit: Bytes of each HTTP body; ``None`` leaves bodies out.
    """
    over = last_moment(exchange) if exchange.ended is None else exchange.ended
    facts = {name: _short(one) for name, one in _facts(exchange, over).items()}
    if body_limit is not None and exchange.type == "http":
        facts |= _contents(exchange, body_limit)
    number, name = _severity(exchange)
    when = moment(exchange.began + over)
    record = {
        "timeUnixNano": when,
        "observedTimeUnixNano": when,
        "severityNumber": number,
        "severityText": name,
        "eventName": EVENT,
        "body": {"stringValue": text(_line(exchange, facts, over))},
        "attributes": attributes(facts),
    }
    if _TRACE.fullmatch(exchange.trace_id or "") and _SPAN.fullmatch(exchange.span_id or ""):
        record |= {"traceId": exchange.trace_id, "spanId": exchange.span_id}
    return record


def _facts(exchange: Exchange, over: int) -> dict[str, Value | None]:
    scope = _scope(exchange)
    answer, close, error = exchange.answer, exchange.close, exchange.error
    is_http = exchange.type == "http"
    asked = (exchange.method or "GET") if is_http else "GET"
    method, _ = _methods()[asked]
    query = scope.get("query_string")
    headers = {name.lower(): one for name, one in reversed(headers_of(exchange, "receive"))}
    address, port = server_of(headers.get(b"host", b""))
    agent = headers.get(b"user-agent")
    client, client_port = socket_of(scope)
    status = answer.status if answer else None
    code = close.code if close and isinstance(close.code, int) else None
    return {
        "http.request.method": method,
        "http.request.method_original": asked if method == OTHER else None,
        "url.scheme": scheme_of(scope),
        "url.path": path_of(scope),
        "url.query": query.decode("latin-1") if isinstance(query, bytes) and query else None,
        "http.route": exchange.route,
        "http.response.status_code": status,
        "error.type": _failure(exchange, status, code),
        "server.address": address,
        "server.port": port,
        "client.address": client,
        "network.peer.address": client,
        "network.peer.port": client_port,
        "network.protocol.version": version_of(scope),
        "user_agent.original": None if agent is None else agent.decode("latin-1"),
        "http.request.body.size": exchange.bytes("receive") if is_http else None,
        "http.response.body.size": exchange.bytes("send") if is_http else None,
        "exception.type": error.type if error else None,
        "exception.message": error.message if error else None,
        "exception.stacktrace": error.traceback if error else None,
        "asgi_mw.exchange.id": exchange.id,
        "asgi_mw.type": exchange.type,
        "asgi_mw.outcome": exchange.outcome,
        "asgi_mw.duration": over / 1e9,
        "asgi_mw.request_id": exchange.request_id,
        "asgi_mw.close.code": code,
        "asgi_mw.close.by": close.by if close else None,
    }


def _scope(exchange: Exchange) -> dict[str, Any]:
    """The keys of the scope that have the right type: anybody may have written a recording."""
    scope: dict[str, Any] = {
        name: one for name, one in exchange.scope.items() if isinstance(one, (str, bytes))
    }
    match exchange.scope.get("client"):
        case [str(host), int(port)]:
            scope["client"] = (host, port)
        case [str(host), *_]:
            scope["client"] = (host, None)
        case _:
            scope["client"] = None
    return scope | {"type": exchange.type}


def _contents(exchange: Exchange, limit: int) -> dict[str, Value | None]:
    request, response = content_of(exchange, "receive", limit), content_of(exchange, "send", limit)
    return {
        "http.request.body.content": request.value,
        "asgi_mw.request.body.truncated": request.truncated or None,
        "http.response.body.content": response.value,
        "asgi_mw.response.body.truncated": response.truncated or None,
    }


def _failure(exchange: Exchange, status: int | None, code: int | None) -> str | None:
    """``error.type``, as the span of the exchange has it."""
    error, outcome = exchange.error, exchange.outcome
    if error and (outcome != "complete" or (status or 0) >= 500):
        return error.type
    if status is not None and status >= 500:
        return str(status)
    if code in CLOSED_ABNORMALLY:
        return str(code)
    return None if outcome == "complete" else outcome


def _severity(exchange: Exchange) -> tuple[int, str]:
    """The severity, as the access log has it."""
    answer, outcome = exchange.answer, exchange.outcome
    if outcome in {"error", "lost"} or (answer and answer.status >= 500):
        return _ERROR
    return _WARN if outcome == "incomplete" or exchange.crash else _INFO


def _line(exchange: Exchange, facts: dict[str, Value | None], over: int) -> str:
    """The line that a list of logs shows of the exchange."""
    path = str(exchange.route or facts["url.path"])[:200]
    status = facts["http.response.status_code"] or exchange.outcome
    return f"{facts['http.request.method']} {path} {status} in {duration(over)}"


def _short(value: Value | None) -> Value | None:
    return value[:LONGEST] if isinstance(value, str) else value


@cache
def _methods() -> Methods:
    return methods_of(None, Problems("export"))
