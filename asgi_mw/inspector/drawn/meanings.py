"""What the headers of an exchange mean, where that is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgi_mw.parts import pairs_of, readable

if TYPE_CHECKING:
    from asgi_mw.events import Exchange

# name: meaning, one a line
_TEXT = """
accept: Kinds of content that the client understands.
accept-encoding: Compressions that the client can read.
accept-language: Languages that the user prefers.
accept-ranges: Whether parts of the resource can be asked for.
access-control-allow-credentials: CORS: pages of the allowed origin may send cookies.
access-control-allow-headers: CORS: headers that a page may send.
access-control-allow-methods: CORS: methods that a page may use.
access-control-allow-origin: CORS: the origin whose pages may read this response.
access-control-expose-headers: CORS: headers of the response that a page may read.
access-control-max-age: CORS: seconds for which the preflight's answer may be reused.
access-control-request-headers: Preflight: headers that the page wants to send.
access-control-request-method: Preflight: the method that the page wants to use.
age: Seconds since a cache got this from its origin.
allow: Methods that this resource has.
alt-svc: Other addresses or protocols for the same service.
authorization: Credentials of the client.
baggage: Values that travel along with the trace.
cache-control: Who may keep a copy, and for how long.
connection: Whether the connection is kept, and headers for this hop alone.
content-disposition: Shown in place, or saved as a file, and its name.
content-encoding: How the body is compressed.
content-language: Language of the content.
content-length: Length of the body in bytes, as sent.
content-range: Which part of the whole this is.
content-security-policy: From where the page may load scripts, styles and the like.
content-type: Kind of the content, and its charset.
cookie: Cookies that the client got before.
date: When the server made the message.
etag: Version of the resource, to ask later whether it changed.
expect: What the client waits for before it sends the body.
expires: When a copy becomes stale.
forwarded: Client, host and scheme, as the proxies in front saw them.
host: Name and port that the client asked for.
if-match: Only do it if the resource still has this version.
if-modified-since: Only answer in full if it changed since.
if-none-match: Only answer in full if it has another version.
last-modified: When the resource last changed.
link: Related resources, such as those to load early.
location: Where to go: of a redirect, or what was created.
origin: Origin of the page that sent this.
permissions-policy: Which browser features the page may use.
pragma: The cache-control of HTTP/1.0.
range: Which part of the resource is wanted.
referer: The page that led here.
referrer-policy: How much of the address other sites are told.
retry-after: When to try again.
sec-fetch-dest: What the browser wants it for: document, script, image.
sec-fetch-mode: How the browser asked: navigate, cors, no-cors, websocket.
sec-fetch-site: Whether the asking page is of the same origin, the same site, or neither.
sec-websocket-extensions: Extensions of the WebSocket, such as compression.
sec-websocket-key: Random value that proves that the server speaks WebSocket.
sec-websocket-protocol: Subprotocols that the client offers, or that was chosen.
sec-websocket-version: Version of the WebSocket protocol; 13 is the only one.
server: Software of the server.
server-timing: How long the parts of the work took, for the browser's tools.
set-cookie: A cookie for the client to keep.
strict-transport-security: Only ever use HTTPS here.
te: Whether the client takes trailers.
traceparent: Trace and span of the caller.
tracestate: What tracing vendors add to the trace.
trailer: Headers that follow the body.
transfer-encoding: How the body is framed; chunked is in pieces.
upgrade: Protocol to change to.
user-agent: Software of the client.
vary: Request headers on which the response depends, for caches.
via: Proxies on the way.
www-authenticate: How the client has to prove who it is.
x-content-type-options: nosniff: believe the content-type.
x-forwarded-for: Addresses of the client and of the proxies in front.
x-forwarded-host: The host that the client asked the proxy for.
x-forwarded-proto: Scheme between client and proxy.
x-frame-options: Whether other pages may frame this one.
x-real-ip: Address of the client, as the proxy saw it.
x-request-id: Id of this request, the same in log and response.
"""
MEANINGS = dict(line.split(": ", 1) for line in _TEXT.strip().splitlines())
"""By the name of the header, in lower case."""


def meanings(exchange: Exchange) -> dict[str, str]:
    """The meaning of each header of *exchange* that is known, by its name in lower case."""
    holders = [exchange.scope, *(event.message for event in exchange.events)]
    names = {readable(name).lower() for holder in holders for name, _ in pairs_of(holder)}
    return {name: MEANINGS[name] for name in sorted(names) if name in MEANINGS}
