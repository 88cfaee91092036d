"""The event of a usual request as a line of JSON at once: what ``fields`` says, without the dict.

Where anything about the request is unusual, there is no line, and :mod:`.fields` is asked.
"""

from __future__ import annotations

from json.encoder import encode_basestring_ascii as quoted
from typing import TYPE_CHECKING

from asgi_mw.connection import current
from asgi_mw.headers import find
from asgi_mw.printable import printable
from asgi_mw.telemetry.trace_context import ids_of, span_of

if TYPE_CHECKING:
    from asgi_mw.messages import Outcome
    from asgi_mw.middleware.access_log.fields import Facts
    from asgi_mw.middleware.access_log.policy import Policy


def line_of(policy: Policy, facts: Facts, outcome: Outcome, ended: int) -> tuple[str, str] | None:
    """The event before and behind what the chain adds to it; ``None`` if it is unusual."""
    scope, headers, progress = facts.scope, facts.headers, facts.progress
    method, version = scope.get("method"), scope.get("http_version")
    path, status, first = scope.get("path"), progress.status, progress.first
    client = policy.client(scope, headers)
    connection, named = facts.connection, facts.connection.request_id
    if not (
        method.__class__ is version.__class__ is path.__class__ is client.__class__ is str
        and status.__class__ is int
        and first is not None
        and version
        and facts.type == "http"
        and not (facts.extra or policy.headers or connection.refused)
        and (named or (current.get() or connection).request_id is None)
    ):
        return None
    asked = routed = agent = by = traced = tail = ""
    if query := scope.get("query_string"):
        asked = f', "query": {quoted(policy.query(query))}'
    if (route := connection.route) is not None:
        routed = f', "route": {quoted(printable(route))}'
    if value := find(headers, b"user-agent"):
        agent = f', "user_agent": {quoted(policy.agent(value))}'
    if named:
        by = f', "request_id": {quoted(printable(named, 128))}'
    if (span := span_of(connection)) is not None:
        ids = ids_of(span)
        traced = f', "trace_id": "{ids[0]}", "span_id": "{ids[1]}"'
        tail = f', "trace_flags": "{ids[2]}"'
    head = (
        f'{{"method": {quoted(printable(method, 32))}, "path": {quoted(policy.path(path))}'
        f'{asked}{routed}, "status": {status}, "outcome": "{outcome}"'
        f', "ttfb_ms": {(first - facts.began) // 1000 / 1000}'
        f', "duration_ms": {(ended - facts.began) // 1000 / 1000}'
        f', "bytes_in": {progress.bytes_in}, "bytes_out": {progress.bytes_out}'
        f', "client": {quoted(printable(client, 64))}'
        f', "http_version": {quoted(printable(version, 8))}{agent}{by}{traced}'
    )
    return head, tail
