"""Write the event of a usual request as JSON directly: what ``fields`` says, without the dict.

If anything about the request is unusual, there is no line, and :mod:`.fields` does the work.
"""

from __future__ import annotations

from json.encoder import encode_basestring_ascii as quoted
from typing import TYPE_CHECKING

from asgi_mw.caches import keep
from asgi_mw.connection import current
from asgi_mw.headers import find
from asgi_mw.middleware.access_log.fields import milliseconds
from asgi_mw.printable import printable
from asgi_mw.telemetry.trace_context import ids_of, span_of

if TYPE_CHECKING:
    from asgi_mw.middleware.access_log.fields import Facts
    from asgi_mw.middleware.access_log.policy import Policy
    from asgi_mw.progress import Outcome


# Thousandths as a float is written: to format a float takes most of a microsecond
_THOUSANDTHS = [f"{number / 1000}"[1:] for number in range(1000)]
_MOST, _SHORT = 256, 256
_YEAR = 366 * 86_400 * 10**9


class _Written(dict[str, str]):
    """Texts in JSON that come again and again: the latest few of each kind, none of them long.

    Args:
        limit: Characters that are shown.
    """

    __slots__ = ("_limit",)

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._limit = limit

    def __missing__(self, text: str) -> str:
        written = quoted(printable(text, self._limit))
        if len(text) <= self._limit:
            keep(self, text, written, _MOST)
        return written


_methods, _versions, _clients = map(_Written, (32, 8, 64))
# What was asked for and by which agent, in JSON, if nothing had to be masked: no secret stays here
_targets: dict[tuple[str, bytes], str] = {}
_agents: dict[bytes, str] = {}


def line_of(policy: Policy, facts: Facts, outcome: Outcome, ended: int) -> tuple[str, str] | None:
    """The line before and after what the chain adds to it; ``None`` if the event is unusual."""
    scope, headers, progress = facts.scope, facts.headers, facts.progress
    method, version = scope.get("method"), scope.get("http_version")
    path, query = scope.get("path"), scope.get("query_string") or b""
    status, first = progress.status, progress.first
    client = policy.client(scope, headers)
    connection, named = facts.connection, facts.connection.request_id
    if not (
        method.__class__ is version.__class__ is path.__class__ is client.__class__ is str
        and query.__class__ is bytes
        and status.__class__ is int
        and first is not None
        and version
        and facts.type == "http"
        and not (facts.extra or policy.headers or connection.refused)
        and (named or (current.get() or connection).request_id is None)
    ):
        return None
    routed = agent = by = traced = tail = ""
    target = _targets.get((path, query)) or _target(policy, path, query)
    if (route := connection.route) is not None:
        routed = f', "route": {quoted(printable(route))}'
    if value := find(headers, b"user-agent"):
        agent = _agents.get(value) or _agent(policy, value)
    if named:
        plain = named.isalnum() and named.isascii() and len(named) <= 128
        written = f'"{named}"' if plain else quoted(printable(named, 128))
        by = f', "request_id": {written}'
    if (span := span_of(connection)) is not None:
        ids = ids_of(span)
        traced = f', "trace_id": "{ids[0]}", "span_id": "{ids[1]}"'
        tail = f', "trace_flags": "{ids[2]}"'
    head = (
        f'{{"method": {_methods[method]}, {target}{routed}, "status": {status}'
        f', "outcome": "{outcome}"'
        f', "ttfb_ms": {milliseconds_text(first - facts.began)}'
        f', "duration_ms": {milliseconds_text(ended - facts.began)}'
        f', "bytes_in": {progress.bytes_in}, "bytes_out": {progress.bytes_out}'
        f', "client": {_clients[client]}'
        f', "http_version": {_versions[version]}{agent}{by}{traced}'
    )
    return head, tail


def _target(policy: Policy, path: str, query: bytes) -> str:
    """The fields of *path* and *query*, which are kept if they are short and hide nothing."""
    shown, asked = policy.path(path), policy.query(query) if query else ""
    written = f'"path": {quoted(shown)}'
    if query:
        written += f', "query": {quoted(asked)}'
    if shown == path and asked.encode() == query and len(path) + len(query) <= _SHORT:
        keep(_targets, (path, query), written, _MOST)
    return written


def _agent(policy: Policy, agent: bytes) -> str:
    """The field of *agent*, which is kept if it is short and hides nothing."""
    shown = policy.agent(agent)
    written = f', "user_agent": {quoted(shown)}'
    if shown.encode() == agent and len(agent) <= _SHORT:
        keep(_agents, agent, written, _MOST)
    return written


def milliseconds_text(nanoseconds: int) -> str:
    """What :func:`~asgi_mw.middleware.access_log.fields.milliseconds` gives, as JSON.

    >>> milliseconds_text(12_340_999), milliseconds_text(5000), milliseconds_text(-1_500_000)
    ('12.34', '0.005', '-1.5')
    """
    if not 0 <= nanoseconds < _YEAR:
        return str(milliseconds(nanoseconds))
    whole, rest = divmod(nanoseconds // 1000, 1000)
    return f"{whole}{_THOUSANDTHS[rest]}"
