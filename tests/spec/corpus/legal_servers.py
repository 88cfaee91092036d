"""Servers that are unusual, and do nothing that is forbidden."""

from __future__ import annotations

from collections import OrderedDict, namedtuple
from contextlib import suppress
from enum import Enum, IntEnum
from typing import TYPE_CHECKING, Any

import anyio

from asgi_mw.testing import HEADER_KINDS, http_scope, lifespan_scope, websocket_scope
from tests.spec.corpus.cases import Shelf, bare
from tests.spec.corpus.words import (
    accept,
    body,
    close,
    connect,
    gone,
    left,
    more,
    receive,
    request,
    shutdown,
    start,
    startup,
    text,
)

if TYPE_CHECKING:
    from asgi_mw.types import App, Receive, Send

LEGAL_SERVERS = Shelf()
legal = LEGAL_SERVERS.server

_PAIRS = [(b"host", b"example.org"), (b"cookie", b"a=1"), (b"cookie", b"b=2")]
_TLS: dict[str, Any] = {"server_cert": None, "tls_version": None, "cipher_suite": None}
_Address = namedtuple("_Address", "host port")  # noqa: PYI024  # sockets have such


class _Kind(str, Enum):  # noqa: UP042  # servers may write it so
    HTTP = "http"
    REQUEST = "http.request"


class _Code(IntEnum):
    AWAY = 1001


class _GoneError(OSError):
    pass


class _Text(str):
    __slots__ = ()


class _Bytes(bytes):
    __slots__ = ()


async def _http(app: App, *messages: Any, **keys: Any) -> None:
    await bare(app, http_scope(**keys), messages or [request()])


async def _websocket(app: App, *messages: Any, **keys: Any) -> None:
    await bare(app, websocket_scope(**keys), messages or [connect()])


async def _patient(scope: Any, receive: Receive, send: Send) -> None:
    """Streams until its client leaves, and minds nothing."""
    await receive()
    await send(start(headers=[]))
    with suppress(OSError):
        await send(more())
        await receive()
        await send(more())


async def _insists(scope: Any, receive: Receive, send: Send) -> None:
    """Answers until it is heard."""
    await receive()
    for status in (200, 503):
        with suppress(RuntimeError):
            await send(start(status, headers=[]))
            await send(body())
            return


async def _talks(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(receive)
        await send(accept())
        await send(text())
    await send(close())


async def _closes(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(accept())
    await send(close())
    await receive()


async def _fails(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "lifespan.startup.failed", "message": "no disk"})


@legal()
async def says_only_what_it_must(app: App) -> None:
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.0",
        "method": "GET",
        "path": "/",
        "query_string": b"",
        "headers": [],
    }
    await bare(app, scope, [{"type": "http.request"}])


@legal()
async def says_of_a_websocket_only_what_it_must(app: App) -> None:
    scope = {"type": "websocket", "asgi": {"version": "2.0"}, "path": "/", "headers": ()}
    await bare(app, scope, [connect()])


@legal()
async def says_that_its_ASGI_has_no_version(app: App) -> None:  # noqa: N802  # the name
    """It is 2.0 then."""
    await _http(app, asgi={})


@legal()
async def says_that_it_is_of_ASGI_2(app: App) -> None:  # noqa: N802  # the name
    await _http(app, asgi={"version": "2.1", "spec_version": "2.0"})


@legal()
async def is_of_a_version_that_is_to_come(app: App) -> None:
    await _http(app, asgi={"version": "3.0", "spec_version": "2.10", "more": object()})


@legal()
async def has_a_version_in_words(app: App) -> None:
    await _http(app, asgi={"version": "three", "spec_version": "newest"})


@legal()
async def has_keys_of_its_own(app: App) -> None:
    own = {"app": object(), "endpoint": _http, "route": None, "session": {"a": {1, 2}}}
    await bare(app, http_scope() | own, [request()])


@legal()
async def has_None_for_what_may_be_None(app: App) -> None:  # noqa: N802  # the value
    await _http(app, raw_path=None, client=None, server=None, extensions=None, state=None)


@legal()
async def has_a_websocket_of_what_may_be_None(app: App) -> None:  # noqa: N802  # the value
    await _websocket(app, raw_path=None, client=None, server=None, query_string=None)


@legal()
async def leaves_out_what_may_be_left_out(app: App) -> None:
    names = "raw_path client server extensions state scheme root_path"
    await _http(app, omit=names.split())


@legal()
async def has_a_path_for_a_server(app: App) -> None:
    await _http(app, spec_version="2.2", server=["/run/app.sock", None])


@legal()
async def has_addresses_of_IPv6_in_lists(app: App) -> None:  # noqa: N802  # the name
    await _http(app, client=["::1", 50000], server=["fe80::1%eth0", 443])


@legal()
async def has_addresses_with_names(app: App) -> None:
    await _http(app, client=_Address("::1", 50000), server=_Address("::", 80))


@legal()
async def has_addresses_that_can_be_read_once(app: App) -> None:
    await _http(app, client=iter(("::1", 1)), server=iter(("::", 80)))


@legal()
async def has_headers_of_one_use(app: App) -> None:
    await _http(app, headers=HEADER_KINDS["generator of one-shot pairs"](_PAIRS))


@legal()
async def has_pairs_of_one_use(app: App) -> None:
    await _http(app, headers=HEADER_KINDS["list of one-shot pairs"](_PAIRS))


@legal()
async def has_a_view_of_the_headers(app: App) -> None:
    await _http(app, headers=HEADER_KINDS["view"](_PAIRS))


@legal()
async def has_headers_in_lists(app: App) -> None:
    await _websocket(app, headers=HEADER_KINDS["list of lists"](_PAIRS))


@legal()
async def has_pairs_with_names(app: App) -> None:
    await _http(app, headers=(_Address(b"host", b"example.org"),))


@legal()
async def repeats_headers_and_leaves_them_empty(app: App) -> None:
    await _http(app, headers=[(b"host", b""), (b"x-a", b""), (b"x-a", b"\xff"), (b"", b"")])


@legal()
async def has_subclasses_of_all(app: App) -> None:
    scope = http_scope(path=_Text("/"), method=_Text("GET"), query_string=_Bytes(b""))
    scope["headers"] = [(_Bytes(b"host"), _Bytes(b"example.org"))]
    await bare(app, OrderedDict(scope), [OrderedDict(request(_Bytes(b"hi")))])


@legal()
async def has_types_from_enums(app: App) -> None:
    await bare(app, http_scope(type=_Kind.HTTP), [request() | {"type": _Kind.REQUEST}])


@legal()
async def has_methods_of_its_own(app: App) -> None:
    for method in ("PROPFIND", "M-SEARCH", "QUERY", "X", ""):
        await _http(app, method=method)


@legal()
async def has_odd_paths(app: App) -> None:
    for path in ("", "*", "//", "/a b/é", "/\udcff", "http://example.org/", "/a?b", "/\0"):
        await _http(app, path=path)


@legal()
async def has_odd_raw_paths(app: App) -> None:
    for raw_path in (b"", b"*", b"/a%3Fb", b"/\xff", b"/;a=1"):
        await _http(app, raw_path=raw_path)


@legal()
async def has_odd_schemes(app: App) -> None:
    for scheme in ("HTTP", "https", "unix", "coap"):
        await _http(app, scheme=scheme)


@legal()
async def mounts_the_app(app: App) -> None:
    await _http(app, root_path="/api/", path="/api//items")


@legal("advice.root-path", profile="advice")
async def mounts_the_app_beside_its_path(app: App) -> None:
    await _http(app, root_path="/api", path="/items")


@legal()
async def offers_what_nobody_knows(app: App) -> None:
    extensions = {"fullflush": {}, "x.trace": {"id": object(), "at": {1: 2}}}
    await _http(app, request(), extensions=extensions)


@legal(receives=2)
async def gives_what_its_extension_knows(app: App) -> None:
    await _http(app, request(), {"type": "http.flushed"}, extensions={"fullflush": {}})


@legal()
async def knows_nothing_of_its_TLS(app: App) -> None:  # noqa: N802  # the name
    """It is behind a proxy."""
    await _http(app, scheme="https", extensions={"tls": dict(_TLS)})


@legal()
async def knows_all_of_a_websocket_over_TLS(app: App) -> None:  # noqa: N802  # the name
    known = {
        "server_cert": "PEM",
        "client_cert_chain": ("PEM", "PEM"),
        "client_cert_name": "CN=ada",
        "client_cert_error": "expired",
        "tls_version": 0x0303,
        "cipher_suite": 0x1301,
        "x": object(),
    }
    await _websocket(app, scheme="wss", extensions={"tls": known})


@legal()
async def has_certificates_that_can_be_read_once(app: App) -> None:
    tls = {**_TLS, "client_cert_chain": iter(["PEM"]), "client_cert_name": "CN=ada"}
    await _http(app, scheme="https", extensions={"tls": tls})


@legal()
async def has_no_certificates(app: App) -> None:
    """And the name of a client from a proxy."""
    tls = {**_TLS, "client_cert_chain": [], "client_cert_name": "CN=ada", "client_cert_error": None}
    await _http(app, scheme="https", extensions={"tls": tls})


@legal()
async def has_subprotocols_of_every_kind(app: App) -> None:
    for subprotocols in ((), ["chat"], ("chat", ""), iter(["chat"]), {"chat": 1}.keys()):
        await bare(app, websocket_scope() | {"subprotocols": subprotocols}, [connect()])


@legal()
async def opens_a_websocket_on_HTTP_2(app: App) -> None:  # noqa: N802  # the name
    await _websocket(app, http_version="2", omit=["scheme", "subprotocols", "query_string"])


@legal("scope.http_version.three")
async def speaks_a_newer_HTTP(app: App) -> None:  # noqa: N802  # the name
    await _http(app, http_version="3")


@legal(receives=2)
async def gives_copies_of_the_state(app: App) -> None:
    state: dict[str, Any] = {}
    await bare(app, lifespan_scope(state=state), [startup(), shutdown()])
    state["pool"] = object()
    for _ in range(2):
        await _http(app, request(more_body=True), request(), state=state.copy())


@legal(receives=2)
async def shares_its_dicts_between_connections(app: App) -> None:
    """As a well-known server does with two of them."""
    scope, message = http_scope(), request(more_body=True)
    for _ in range(3):
        await bare(app, scope, [message, message])


@legal(receives=5)
async def gives_the_body_in_odd_parts(app: App) -> None:
    more_to_come = {"type": "http.request", "more_body": True}
    await _http(
        app,
        more_to_come,
        request(b"a", more_body=True),
        request(b"", more_body=True),
        request(b"b", more_body=True, extra={"at": [1.5, None]}),
        {"type": "http.request"},
    )


@legal(receives=3)
async def ends_in_the_middle_of_the_body(app: App) -> None:
    await _http(app, request(b"a", more_body=True), gone(), gone(reason="reset"))


@legal()
async def begins_with_the_end_of_a_request(app: App) -> None:
    await _http(app, gone())


@legal(app=_patient)
async def takes_what_is_sent_to_nobody_as_it_is_old(app: App) -> None:
    await _http(app, request(), gone(), spec_version="2.3")


@legal(app=_patient)
async def raises_that_the_client_is_gone(app: App) -> None:
    scope = http_scope(spec_version="2.4")
    await bare(app, scope, [request(), gone()], raises={3: _GoneError()})


@legal(app=_patient)
async def raises_it_before_it_says_so(app: App) -> None:
    """Highly concurrent code may find that."""
    scope = http_scope(spec_version="2.5")
    await bare(app, scope, [request(), gone()], raises={2: BrokenPipeError()})


@legal(app=_patient)
async def raises_what_it_likes_as_it_is_old(app: App) -> None:
    scope = http_scope(spec_version=None)
    await bare(app, scope, [request(), gone()], raises={3: RuntimeError("gone")})


@legal(app=_insists)
async def refuses_a_start_for_the_moment(app: App) -> None:
    await bare(app, http_scope(), [request()], raises={1: RuntimeError("busy")})


@legal(receives=2)
async def ends_the_handshake(app: App) -> None:
    await _websocket(app, connect(), left(1006), spec_version="2.3")


@legal(receives=3)
async def says_twice_that_a_websocket_ended(app: App) -> None:
    ends = left(1005, reason=None), left(_Code.AWAY, reason="", at=1.5)
    await _websocket(app, connect(), *ends, spec_version="2.2")


@legal(receives=4)
async def gives_messages_with_both_keys(app: App) -> None:
    both = receive("", bytes=None), receive(None, bytes=b""), receive(_Text("hi"), seq=1)
    await _websocket(app, connect(id=7), *both)


@legal(app=_talks)
async def gives_a_message_at_once_when_it_is_accepted(app: App) -> None:
    await _websocket(app, connect(), receive())


@legal(app=_closes)
async def gives_a_message_that_was_on_its_way(app: App) -> None:
    await _websocket(app, connect(), receive())


@legal(receives=2)
async def has_a_lifespan_of_version_1(app: App) -> None:
    await bare(app, lifespan_scope(spec_version="1.0", omit=["state"]), [startup(), shutdown()])


@legal(receives=2)
async def has_a_lifespan_with_more(app: App) -> None:
    scope = lifespan_scope(extensions={"x": {}}, loop=object())
    await bare(app, scope, [startup(at=1.5), shutdown(why="signal")])


@legal(app=_fails)
async def says_nothing_more_to_who_failed(app: App) -> None:
    await bare(app, lifespan_scope(), [startup()])


@legal(profile="http")
async def has_a_length_and_an_encoding_of_the_transfer(app: App) -> None:
    """The encoding counts then."""
    headers = [(b"content-length", b"3"), (b"transfer-encoding", b"chunked")]
    await _http(app, request(b"hi"), headers=headers)


@legal(profile="http", receives=2)
async def gives_less_than_the_length_as_the_client_left(app: App) -> None:
    parts = request(b"hi", more_body=True), gone()
    await _http(app, *parts, headers=[(b"content-length", b"3")])


@legal(profile="http")
async def has_a_length_that_is_none(app: App) -> None:
    await _http(app, request(b"hi"), headers=[(b"content-length", b"three")])
