"""What is known of a request when its span starts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from asgi_mw.redaction.forms import form_spans
from asgi_mw.redaction.spans import masked
from asgi_mw.telemetry.attributes import path_of, version_of
from asgi_mw.telemetry.network import server_of, socket_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asgi_mw.client import Origin
    from asgi_mw.middleware.tracing.policy import Policy
    from asgi_mw.redaction import Redaction
    from asgi_mw.telemetry.attributes import Attributes
    from asgi_mw.types import Scope

# What the conventions put in the place of a secret
_MASK = "REDACTED"
# Where a path may hold a secret: a token, a pair, a URL with a password
_SUSPICIOUS = re.compile(r"eyJ|[=@:]")


def start_attributes(  # noqa: PLR0917  # once a request: keywords cost time
    policy: Policy,
    scope: Scope,
    found: dict[bytes, list[bytes]],
    origin: Origin | None,
    method: str,
    scheme: str,
) -> Attributes:
    """The attributes of a span at its start, as the conventions name them.

    Args:
        policy: The compiled options.
        scope: Of the connection.
        found: What :class:`~asgi_mw.telemetry.attributes.Wanted` found among its headers.
        origin: Where the request came from, if proxies are trusted.
        method: As ``http.request.method`` has it.
        scheme: Of the original request.
    """
    path = path_of(scope)
    attributes: Attributes = {
        "http.request.method": method,
        "url.scheme": scheme,
        "url.path": policy.redact.text(path) if _SUSPICIOUS.search(path) else path,
    }
    if method == "_OTHER":
        attributes["http.request.method_original"] = str(scope.get("method"))
    query = scope.get("query_string")
    if query:
        attributes["url.query"] = redacted_query(query, policy.redact)
    client, port = socket_of(scope)
    if client is not None:
        attributes["network.peer.address"] = client
        if port is not None:
            attributes["network.peer.port"] = port
    host = None
    if origin is not None:
        client, host = origin.client, origin.host
    if client is not None:
        attributes["client.address"] = client
    if host is None and b"host" in found:
        host = found[b"host"][0].decode("latin-1")
    if host is not None:
        address, port = server_of(host)
        if address is not None:
            attributes["server.address"] = address
            if port is not None:
                attributes["server.port"] = port
    version = version_of(scope)
    if version is not None:
        attributes["network.protocol.version"] = version
    if b"user-agent" in found:
        attributes["user_agent.original"] = found[b"user-agent"][0].decode("latin-1")
    if policy.request_headers is not None:
        captured = {name: found[name] for name in found if policy.request_headers(name)}
        attributes.update(header_attributes(policy, "request", captured))
    return attributes


def redacted_query(query: bytes, redact: Redaction) -> str:
    """*query* with secret values masked, everything else byte for byte.

    >>> from asgi_mw.redaction import DEFAULT
    >>> redacted_query(b"q=OpenTelemetry&sig=39Up9jzH", DEFAULT)
    'q=OpenTelemetry&sig=REDACTED'
    """
    text = query.decode("latin-1")
    spans = form_spans(text, redact.secret)
    return masked(text, [span._replace(mask=_MASK) for span in spans]) if spans else text


def header_attributes(
    policy: Policy, side: str, captured: dict[bytes, list[bytes]]
) -> Iterable[tuple[str, list[str]]]:
    """``http.<side>.header.<name>``, each a list of values, with secrets masked."""
    for name, values in captured.items():
        text = name.decode("latin-1")
        if policy.sanitize is not None and policy.sanitize.search(text):
            shown = ["[REDACTED]"] * len(values)
        else:
            pairs, _ = policy.redact.headers([(name, value) for value in values])
            shown = [value.decode("latin-1") for _, value in pairs]
        yield f"http.{side}.header.{text}", shown
