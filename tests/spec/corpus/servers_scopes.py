"""Servers that make wrong scopes."""

from __future__ import annotations

from collections import UserDict
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from asgi_mw.testing import http_scope, lifespan_scope, websocket_scope
from tests.spec.corpus.cases import Shelf, bare
from tests.spec.corpus.words import connect, request, shutdown, startup

if TYPE_CHECKING:
    from asgi_mw.types import App

SCOPED = Shelf()
breaks = SCOPED.server

_TLS: dict[str, Any] = {"server_cert": None, "tls_version": 0x0304, "cipher_suite": 4865}


async def _http(app: App, **keys: Any) -> None:
    await bare(app, http_scope(**keys), [request()])


async def _websocket(app: App, **keys: Any) -> None:
    await bare(app, websocket_scope(**keys), [connect()])


async def _lifespan(app: App, **keys: Any) -> None:
    await bare(app, lifespan_scope(**keys), [startup(), shutdown()])


async def _tls(app: App, **keys: Any) -> None:
    await _http(app, scheme="https", extensions={"tls": {**_TLS, **keys}})


@breaks("scope.dict", receives=0)
async def gives_a_scope_that_cannot_be_changed(app: App) -> None:
    await bare(app, MappingProxyType(http_scope()), [request()])


@breaks("scope.dict", receives=0)
async def gives_a_scope_that_is_only_like_a_dict(app: App) -> None:
    await bare(app, UserDict(http_scope()), [request()])


@breaks("scope.type", receives=0)
async def does_not_say_what_it_is(app: App) -> None:
    await _http(app, omit=["type"])


@breaks("scope.type", receives=0)
async def says_in_bytes_what_it_is(app: App) -> None:
    await _http(app, type=b"http")


@breaks("scope.asgi")
async def does_not_say_which_ASGI_it_speaks(app: App) -> None:  # noqa: N802  # the name
    """As the test client of a well-known framework does."""
    await _http(app, omit=["asgi"])


@breaks("scope.asgi")
async def says_only_the_version_of_ASGI(app: App) -> None:  # noqa: N802  # the name
    await _http(app, asgi="3.0")


@breaks("scope.asgi.version")
async def has_a_number_for_the_version_of_ASGI(app: App) -> None:  # noqa: N802  # the name
    await _http(app, asgi={"version": 3})


@breaks("scope.asgi.version", receives=2)
async def has_a_number_for_it_in_a_lifespan(app: App) -> None:
    await bare(app, {"type": "lifespan", "asgi": {"version": 3.0}}, [startup(), shutdown()])


@breaks("scope.asgi.spec_version")
async def has_a_number_for_the_version_of_HTTP(app: App) -> None:  # noqa: N802  # the name
    await _http(app, asgi={"version": "3.0", "spec_version": 2.3})


@breaks("scope.asgi.version", "scope.asgi.spec_version")
async def has_its_versions_in_tuples(app: App) -> None:
    await _websocket(app, asgi={"version": (3, 0), "spec_version": (2, 3)})


@breaks("scope.method.upper-case")
async def has_a_method_in_lower_case(app: App) -> None:
    await _http(app, method="get")


@breaks("http.scope.method")
async def has_a_method_of_bytes(app: App) -> None:
    await _http(app, method=b"GET")


@breaks("http.scope.method", "http.scope.query_string", "http.scope.path")
async def leaves_out_what_was_asked_for(app: App) -> None:
    await _http(app, omit=["method", "query_string", "path"])


@breaks("http.scope.http_version")
async def has_no_version_of_HTTP(app: App) -> None:  # noqa: N802  # the name
    await _http(app, omit=["http_version"])


@breaks("http.scope.http_version")
async def has_a_number_for_its_version(app: App) -> None:
    await _http(app, http_version=1.1)


@breaks("scope.http_version.value")
async def has_the_version_with_its_name(app: App) -> None:
    await _http(app, http_version="HTTP/1.1")


@breaks("scope.http_version.value")
async def has_the_version_with_a_point(app: App) -> None:
    await _http(app, http_version="2.0")


@breaks("scope.http_version.value")
async def opens_a_websocket_on_HTTP_1_0(app: App) -> None:  # noqa: N802  # the name
    await _websocket(app, http_version="1.0")


@breaks("scope.http_version.three")
async def speaks_HTTP_3(app: App) -> None:  # noqa: N802  # the name
    await _http(app, http_version="3")


@breaks("scope.scheme.empty")
async def has_an_empty_scheme(app: App) -> None:
    await _http(app, scheme="")


@breaks("http.scope.root_path", "http.scope.scheme")
async def has_scheme_and_root_of_bytes(app: App) -> None:
    await _http(app, scheme=b"http", root_path=b"/api")


@breaks("http.scope.root_path", "http.scope.scheme")
async def has_None_for_root_and_scheme(app: App) -> None:  # noqa: N802  # the value
    await _http(app, root_path=None, scheme=None)


@breaks("http.scope.path")
async def has_a_path_of_bytes(app: App) -> None:
    await _http(app, path=b"/")


@breaks("http.scope.query_string")
async def has_a_query_of_text(app: App) -> None:
    await _http(app, query_string="page=2")


@breaks("http.scope.query_string")
async def has_None_for_its_query(app: App) -> None:  # noqa: N802  # the value
    """A WebSocket may have that, and HTTP not."""
    await _http(app, query_string=None)


@breaks("http.scope.raw_path")
async def has_a_raw_path_of_text(app: App) -> None:
    await _http(app, raw_path="/")


@breaks("scope.raw_path.query")
async def has_the_query_in_the_raw_path(app: App) -> None:
    await _http(app, raw_path=b"/items?page=2")


@breaks("http.scope.headers")
async def has_no_headers(app: App) -> None:
    await _http(app, omit=["headers"])


@breaks("http.scope.headers")
async def has_request_headers_of_text(app: App) -> None:
    await bare(app, {**http_scope(), "headers": [("host", "example.org")]}, [request()])


@breaks("http.scope.headers")
async def has_request_headers_in_a_dict(app: App) -> None:
    await bare(app, {**http_scope(), "headers": {b"host": b"example.org"}}, [request()])


@breaks("http.scope.headers")
async def has_None_for_its_headers(app: App) -> None:  # noqa: N802  # the value
    await bare(app, {**http_scope(), "headers": None}, [request()])


@breaks("scope.headers.lower-case")
async def has_headers_in_capitals(app: App) -> None:
    await _http(app, headers=[(b"Host", b"example.org"), (b"accept", b"*/*")])


@breaks("scope.headers.pseudo", "scope.headers.pseudo")
async def leaves_pseudo_headers_in(app: App) -> None:
    await _http(
        app, http_version="2", headers=[(b":authority", b"example.org"), (b":method", b"GET")]
    )


@breaks("http.scope.client", "http.scope.server")
async def has_ports_of_text(app: App) -> None:
    """As a well-known server does."""
    await _http(app, client=("127.0.0.1", "50000"), server=("127.0.0.1", "8000"))


@breaks("http.scope.client", "http.scope.server")
async def has_addresses_in_one_text(app: App) -> None:
    await _http(app, client="127.0.0.1:50000", server="127.0.0.1:8000")


@breaks("http.scope.client")
async def has_a_client_with_four_parts(app: App) -> None:
    """As sockets of IPv6 name them."""
    await _http(app, client=("::1", 50000, 0, 0))


@breaks("http.scope.client")
async def has_a_client_without_a_port(app: App) -> None:
    """A server may have none, and a client not."""
    await _http(app, client=("/run/client.sock", None))


@breaks("scope.server.no-port")
async def has_a_path_for_a_server_too_early(app: App) -> None:
    await _http(app, spec_version="2.1", server=("/run/app.sock", None))


@breaks("scope.server.no-port")
async def has_a_path_for_a_server_and_no_version(app: App) -> None:
    await _http(app, spec_version=None, server=["/run/app.sock", None])


@breaks("http.scope.state", "http.scope.extensions")
async def has_lists_for_dicts(app: App) -> None:
    await _http(app, state=[], extensions=["http.response.push"])


@breaks("http.scope.extensions")
async def has_extensions_that_are_flags(app: App) -> None:
    await _http(app, extensions={"http.response.push": True})


@breaks("http.scope.state")
async def has_an_object_for_its_state(app: App) -> None:
    await _http(app, state=object())


@breaks(
    "websocket.scope.http_version",
    "websocket.scope.query_string",
    "websocket.scope.subprotocols",
    "websocket.scope.path",
    "websocket.scope.raw_path",
    "websocket.scope.root_path",
    "websocket.scope.headers",
    "websocket.scope.client",
    "websocket.scope.server",
    "websocket.scope.scheme",
    "websocket.scope.state",
    "websocket.scope.extensions",
)
async def has_a_websocket_of_wrong_types(app: App) -> None:
    wrong = {
        "http_version": 1.1,
        "query_string": "",
        "subprotocols": [b"chat"],
        "path": b"/",
        "raw_path": "/",
        "root_path": b"",
        "headers": {"host": "example.org"},
        "client": 50000,
        "server": 8000,
        "scheme": b"ws",
        "state": 1,
        "extensions": 2,
    }
    await bare(app, websocket_scope() | wrong, [connect()])


@breaks("websocket.scope.subprotocols")
async def has_its_subprotocols_in_one_text(app: App) -> None:
    await bare(app, websocket_scope() | {"subprotocols": "chat, talk"}, [connect()])


@breaks("websocket.scope.path", "websocket.scope.headers")
async def has_a_websocket_of_nothing(app: App) -> None:
    await bare(app, {"type": "websocket", "asgi": {"version": "3.0"}}, [connect()])


@breaks("lifespan.scope.state", receives=2)
async def has_a_list_for_the_state_of_the_lifespan(app: App) -> None:
    await _lifespan(app, state=[])


@breaks("lifespan.scope.extensions", receives=2)
async def has_a_list_for_the_extensions_of_the_lifespan(app: App) -> None:
    await _lifespan(app, extensions=["tls"])


@breaks("scope.state.filled", receives=2)
async def fills_the_state_of_the_app(app: App) -> None:
    await _lifespan(app, state={"server": "mine"})


@breaks("scope.state.shared", receives=2)
async def gives_its_state_to_a_request_as_it_is(app: App) -> None:
    state: dict[str, Any] = {}
    await _lifespan(app, state=state)
    await bare(app, http_scope(state=state), [request(b"", more_body=True), request()])


@breaks("scope.state.shared", receives=2)
async def gives_its_state_to_a_websocket_as_it_is(app: App) -> None:
    state: dict[str, Any] = {}
    await _lifespan(app, state=state)
    await bare(
        app, websocket_scope(state=state), [connect(), {"type": "websocket.receive", "text": "hi"}]
    )


@breaks("scope.tls.without-tls")
async def has_certificates_without_TLS(app: App) -> None:  # noqa: N802  # the name
    await _http(app, extensions={"tls": dict(_TLS)})


@breaks("scope.tls.without-tls")
async def has_certificates_on_a_plain_websocket(app: App) -> None:
    await _websocket(app, extensions={"tls": dict(_TLS)})


@breaks("scope.tls.client-name")
async def knows_a_client_and_not_its_name(app: App) -> None:
    await _tls(app, client_cert_chain=["-----BEGIN CERTIFICATE-----"])


@breaks("scope.tls.client-name")
async def knows_a_client_whose_name_is_None(app: App) -> None:  # noqa: N802  # the value
    await _tls(app, client_cert_chain=("-----BEGIN CERTIFICATE-----",), client_cert_name=None)


@breaks("tls.server_cert", "tls.tls_version", "tls.cipher_suite")
async def says_nothing_of_its_TLS(app: App) -> None:  # noqa: N802  # the name
    await _http(app, scheme="https", extensions={"tls": {}})


@breaks(
    "tls.server_cert",
    "tls.client_cert_chain",
    "tls.client_cert_name",
    "tls.client_cert_error",
    "tls.tls_version",
    "tls.cipher_suite",
)
async def says_what_is_wrong_of_its_TLS(app: App) -> None:  # noqa: N802  # the name
    await _tls(
        app,
        server_cert=b"PEM",
        client_cert_chain=[b"DER"],
        client_cert_name=b"CN=ada",
        client_cert_error=0,
        tls_version="TLSv1.3",
        cipher_suite="TLS_AES_128_GCM_SHA256",
    )
