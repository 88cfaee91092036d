"""What is on a span, by section 1 of the checklist in ``docs/tracing.md``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult
from opentelemetry.trace import SpanKind, StatusCode

from asgi_mw import set_route
from asgi_mw.testing import HEADER_KINDS, lifespan, play, request
from tests.middleware.tracing.conftest import Sdk, answering

if TYPE_CHECKING:
    from asgi_mw.types import Receive, Scope, Send

pytestmark = pytest.mark.anyio

ok = answering()


async def routed(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer, as a framework that says its route."""
    set_route(scope, "/users/{id}")
    await ok(scope, receive, send)


async def test_one_server_span_a_request_with_all_that_is_known(sdk: Sdk) -> None:
    """The whole list: nothing is missing and nothing is more than the conventions ask."""
    await request(sdk.tracing(routed), "GET", "/users/a%20b?q=1")

    assert sdk.span.name == "GET /users/{id}"
    assert sdk.span.kind is SpanKind.SERVER
    assert sdk.span.parent is None
    assert sdk.span.status.status_code is StatusCode.UNSET
    assert sdk.attributes == {
        "http.request.method": "GET",
        "url.scheme": "http",
        "url.path": "/users/a%20b",
        "url.query": "q=1",
        "network.peer.address": "127.0.0.1",
        "network.peer.port": 50000,
        "client.address": "127.0.0.1",
        "server.address": "127.0.0.1",
        "server.port": 8000,
        "network.protocol.version": "1.1",
        "user_agent.original": "asgi-mw-testing",
        "http.response.status_code": 200,
        "http.route": "/users/{id}",
    }


async def test_the_scope_names_us_and_the_version_of_the_conventions(sdk: Sdk) -> None:
    """Readers convert by the schema URL."""
    await request(sdk.tracing(ok))

    scope = sdk.span.instrumentation_scope
    assert scope is not None
    assert (scope.name, scope.schema_url) == (
        "asgi_mw",
        "https://opentelemetry.io/schemas/1.44.0",
    )


@pytest.mark.parametrize(
    ("method", "route", "name", "method_attributes"),
    [
        ("GET", "/users/{id}", "GET /users/{id}", ("GET", None)),
        ("GET", None, "GET", ("GET", None)),
        ("QUERY", None, "QUERY", ("QUERY", None)),
        ("PURGE", None, "HTTP", ("_OTHER", "PURGE")),
        ("PURGE", "/cache", "HTTP /cache", ("_OTHER", "PURGE")),
        ("get", None, "HTTP", ("_OTHER", "get")),
    ],
)
async def test_the_name_is_method_and_route_and_never_the_path(
    sdk: Sdk, method: str, route: str | None, name: str, method_attributes: tuple[str, str | None]
) -> None:
    """Methods are case-sensitive; one that is not known is told in an attribute of its own."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if route is not None:
            set_route(scope, route)
        await ok(scope, receive, send)

    await request(sdk.tracing(app), method, "/secret/path")

    assert sdk.span.name == name
    assert sdk.attributes.get("http.route") == route
    assert method_attributes == (
        sdk.attributes["http.request.method"],
        sdk.attributes.get("http.request.method_original"),
    )


async def test_what_the_app_does_to_its_scope_changes_nothing(sdk: Sdk) -> None:
    """A framework may rewrite method, path and scheme in place: they are not what was asked for."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scope.update(method="POST", path="/other", scheme="https", http_version="2")
        set_route(scope, "/route")
        await ok(scope, receive, send)

    result = await request(sdk.tracing(app), "GET", "/asked")

    assert result.mutated() == []
    assert sdk.span.name == "GET /route"
    assert (sdk.attributes["http.request.method"], sdk.attributes["url.path"]) == ("GET", "/asked")
    [point] = sdk.points()
    assert (point.attributes["http.request.method"], point.attributes["url.scheme"]) == (
        "GET",
        "http",
    )


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"raw_path": b"/a%20b"}, {"url.path": "/a%20b"}),
        ({"raw_path": b"/a?b"}, {"url.path": "/a"}),
        ({"raw_path": None, "path": "/a b/é"}, {"url.path": "/a%20b/%C3%A9"}),
        ({"raw_path": b"/\xff"}, {"url.path": "/\xff"}),
        ({"query_string": b""}, {"url.query": None}),
        ({"query_string": b"a=\xff"}, {"url.query": "a=\xff"}),
        ({"scheme": "https"}, {"url.scheme": "https"}),
        ({"omit": ["scheme"]}, {"url.scheme": "http"}),
        ({"scheme": "gopher"}, {"url.scheme": "_OTHER"}),
        ({"http_version": "2"}, {"network.protocol.version": "2"}),
        ({"http_version": "3"}, {"network.protocol.version": "3"}),
        ({"http_version": "0.9"}, {"network.protocol.version": None}),
        ({"omit": ["http_version"]}, {"network.protocol.version": None}),
        ({"client": None}, {"network.peer.address": None, "client.address": None}),
        ({"client": ("", "0")}, {"network.peer.address": None, "network.peer.port": None}),
        ({"client": ["::1", "5"]}, {"network.peer.address": "::1", "network.peer.port": 5}),
        ({"server": ("/run/a.sock", None)}, {"server.address": "127.0.0.1"}),
    ],
    ids=repr,
)
async def test_what_servers_give(sdk: Sdk, keys: dict[str, Any], expected: dict[str, Any]) -> None:
    """Each in the ways that servers have been seen to give it."""
    await request(sdk.tracing(ok), scope=keys)

    assert {name: sdk.attributes.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    ("host", "address", "port"),
    [
        ("api.example.com", "api.example.com", None),
        ("api.example.com:8443", "api.example.com", 8443),
        ("[2001:db8::1]:80", "2001:db8::1", 80),
        ("192.0.2.1:", "192.0.2.1", None),
        ("a b", None, None),
        ("", None, None),
        ("a:99999", "a", None),
        ("x" * 300, None, None),
    ],
)
async def test_the_server_is_the_one_that_was_asked_for(
    sdk: Sdk, host: str, address: str | None, port: int | None
) -> None:
    """By ``Host``, without its port; never the socket that happened to listen."""
    await request(sdk.tracing(ok), headers=[("Host", host)])

    assert (sdk.attributes.get("server.address"), sdk.attributes.get("server.port")) == (
        address,
        port,
    )


async def test_no_host_no_server(sdk: Sdk) -> None:
    """HTTP/1.0 knows none."""
    await request(sdk.tracing(ok), headers=[])

    assert not {"server.address", "server.port", "user_agent.original"} & set(sdk.attributes)


FORWARDED = [
    ("host", "inside:8000"),
    ("x-forwarded-for", "203.0.113.7"),
    ("x-forwarded-proto", "https"),
    ("x-forwarded-host", "api.example.com:8443"),
]


@pytest.mark.parametrize(
    ("trusted", "expected"),
    [
        (["127.0.0.1"], ("203.0.113.7", "https", "api.example.com", 8443)),
        (["10.0.0.0/8"], ("127.0.0.1", "http", "inside", 8000)),
        ([], ("127.0.0.1", "http", "inside", 8000)),
    ],
)
async def test_forwarded_headers_count_from_trusted_proxies_alone(
    sdk: Sdk, trusted: list[str], expected: tuple[Any, ...]
) -> None:
    """The peer of the socket stays what it is."""
    await request(sdk.tracing(ok, trusted_proxies=trusted), headers=FORWARDED)

    names = ("client.address", "url.scheme", "server.address", "server.port")
    assert tuple(sdk.attributes[name] for name in names) == expected
    assert sdk.attributes["network.peer.address"] == "127.0.0.1"
    assert "client.port" not in sdk.attributes


class Recording(Sampler):
    """Keeps what a sampler is given at the start."""

    def __init__(self) -> None:
        self.seen: dict[str, Any] = {}

    def should_sample(self, *args: Any, **keywords: Any) -> SamplingResult:
        self.seen = dict(args[4])
        return SamplingResult(Decision.RECORD_AND_SAMPLE, args[4])

    def get_description(self) -> str:
        return "recording"


async def test_a_sampler_sees_what_is_known_at_the_start() -> None:
    """Once lazily and, as the last one was recorded, once as a plain dict."""
    sampler = Recording()
    sdk = Sdk(sampler)
    app = sdk.tracing(ok, capture_request_headers=["X-Tenant"])
    for _ in range(2):
        await request(app, "GET", "/a?b=1", headers=[("host", "h:1"), ("X-Tenant", "t")])

        assert sampler.seen == {
            "http.request.method": "GET",
            "url.scheme": "http",
            "url.path": "/a",
            "url.query": "b=1",
            "network.peer.address": "127.0.0.1",
            "network.peer.port": 50000,
            "client.address": "127.0.0.1",
            "server.address": "h",
            "server.port": 1,
            "network.protocol.version": "1.1",
            "http.request.header.x-tenant": ["t"],
        }


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("q=OpenTelemetry&sig=39Up9jzH", "q=OpenTelemetry&sig=REDACTED"),
        ("X-Amz-Signature=a&x=%20+&&", "X-Amz-Signature=REDACTED&x=%20+&&"),
        ("X-Amz-Credential=a", "X-Amz-Credential=REDACTED"),
        ("X-Amz-Security-Token=a", "X-Amz-Security-Token=REDACTED"),
        ("X-Goog-Signature=a", "X-Goog-Signature=REDACTED"),
        ("AWSAccessKeyId=a&Signature=b", "AWSAccessKeyId=REDACTED&Signature=REDACTED"),
        ("access_token=a;b&page=2", "access_token=REDACTED&page=2"),
        ("sig=&a", "sig=&a"),
    ],
)
async def test_secrets_in_the_query_are_masked_and_the_rest_is_not(
    sdk: Sdk, query: str, shown: str
) -> None:
    """The names of the conventions, and those of ``asgi_mw.redaction``; twice, as it remembers."""
    app = sdk.tracing(ok)
    await request(app, "GET", f"/?{query}")
    await request(app, "GET", f"/?{query}")

    assert [dict(span.attributes or {})["url.query"] for span in sdk.spans] == [shown] * 2


async def test_a_path_that_holds_a_secret_is_masked(sdk: Sdk) -> None:
    """A token, as links in mails have them."""
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N"
    await request(sdk.tracing(ok), "GET", f"/confirm/{token}")

    assert token not in sdk.attributes["url.path"]
    assert sdk.attributes["url.path"].startswith("/confirm/")


async def test_more_names_can_be_secret(sdk: Sdk) -> None:
    """Or a whole policy."""
    await request(sdk.tracing(ok, redact=["iban"]), "GET", "/?iban=DE02&a=1")

    assert sdk.attributes["url.query"] == "iban=REDACTED&a=1"


async def test_headers_are_captured_by_name_alone(sdk: Sdk) -> None:
    """With dashes, as lists, secrets masked; from any kind of iterable."""
    app = answering(
        headers=[(b"X-A", b"1"), (b"x-a", b"2"), (b"x-b", b"3"), (b"set-cookie", b"s=1")]
    )
    await request(
        sdk.tracing(
            app,
            capture_request_headers=["X-Forwarded-For", "Authorization"],
            capture_response_headers=["x-a", "set-cookie", "x-none"],
        ),
        headers=[("x-forwarded-for", "a"), ("authorization", "Bearer t"), ("x-other", "o")],
    )

    captured = {name: value for name, value in sdk.attributes.items() if ".header." in name}
    assert captured == {
        "http.request.header.x-forwarded-for": ("a",),
        "http.request.header.authorization": ("Bearer [redacted]",),
        "http.response.header.x-a": ("1", "2"),
        "http.response.header.set-cookie": ("s=[redacted]",),
    }


@pytest.mark.parametrize("kind", HEADER_KINDS)
async def test_every_kind_of_headers_is_read_once_and_handed_on(sdk: Sdk, kind: str) -> None:
    """A generator among them: the app and the server get all of it."""
    given = [(b"host", b"example.com"), (b"X-A", b"1")]
    seen: list[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.extend(tuple(pair) for pair in scope["headers"])
        await send(
            {"type": "http.response.start", "status": 200, "headers": HEADER_KINDS[kind](given)}
        )
        await send({"type": "http.response.body"})

    layered = sdk.tracing(app, capture_response_headers=["x-a"])
    result = await request(layered, headers=HEADER_KINDS[kind](given))

    assert (seen, result.headers) == (given, given)
    assert sdk.attributes["server.address"] == "example.com"
    assert sdk.attributes["http.response.header.x-a"] == ("1",)


@pytest.mark.parametrize(
    "headers",
    [
        [(b"host",)],
        [None],
        [(b"host", None)],
        [(b"host", b"a", b"b")],
        [5],
        [(b"host", bytearray(b"a")), (b"user-agent", bytearray(b"b"))],
    ],
    ids=repr,
)
async def test_malformed_headers_are_nothing_to_us(sdk: Sdk, headers: Any) -> None:
    """They reach the app as they are, and the span is there."""
    scope = {"headers": headers}
    await request(sdk.tracing(ok), scope=scope)

    assert "server.address" not in sdk.attributes
    assert sdk.attributes["http.response.status_code"] == 200


async def test_skipped_paths_and_other_types_pass_untouched(sdk: Sdk) -> None:
    """The very scope that the server gave reaches the app."""
    seen: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope)
        if scope["type"] == "http":
            await ok(scope, receive, send)

    layered = sdk.tracing(app, skip=["/health"])
    skipped = await request(layered, "GET", "/health")
    unknown = await play(layered, {"type": "telepathy"})
    phase = await lifespan(layered)

    assert [scope is one.scope for scope, one in zip(seen, (skipped, unknown, phase), strict=True)]
    assert sdk.spans == []
    assert sdk.points() == []


async def test_the_route_that_a_framework_leaves_is_found(sdk: Sdk) -> None:
    """It is known when the response starts, and the name follows."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scope["path_template"] = "/items/{item}"
        await ok(scope, receive, send)

    await request(sdk.tracing(app), "DELETE", "/items/5")

    assert sdk.span.name == "DELETE /items/{item}"
    assert sdk.attributes["http.route"] == "/items/{item}"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"/reset/token%3DSECRET/x", "/reset/token=[redacted]"),
        (b"/reset/token%253DSECRET", "/reset/token%253D[redacted]"),
        (b"/p/t%6Fken=SECRET", "/p/token=[redacted]"),
        (b"/p/https%3A%2F%2Fann%3ASECRET%40host%2F", "/p/https://[redacted]@host/"),
        (
            b"/" + b"a" * 8172 + b"/https://ann:SECRET@host",
            "/" + "a" * 8172 + "/https://[redacted]",
        ),
        (b"/users/caf%C3%A9%20b", "/users/caf%C3%A9%20b"),
    ],
    ids=["encoded", "twice", "name", "url", "cut", "plain"],
)
async def test_a_token_in_a_path_is_masked_however_it_is_encoded(
    sdk: Sdk, raw: bytes, expected: str
) -> None:
    """As it is in the store; a path without one stays byte for byte."""
    await request(sdk.tracing(ok), scope={"raw_path": raw})

    assert expected == sdk.attributes["url.path"]


async def test_secrets_in_other_attributes_of_a_request_are_masked(sdk: Sdk) -> None:
    """A user agent is free text, of any length, and so is a header that was asked for."""
    headers = [
        (b"user-agent", b"curl/8 https://ann:SECRET@host/ token=SECRET"),
        (b"x-note", b"x" * 8180 + b" https://ann:SECRET@host/"),
    ]
    await request(
        sdk.tracing(ok, capture_request_headers=["x-note"]),
        "M" * 1000,
        scope={"headers": headers},
    )

    assert (
        "curl/8 https://[redacted]@host/ token=[redacted]" == sdk.attributes["user_agent.original"]
    )
    assert "SECRET" not in repr(sdk.attributes)
    assert 128 == len(sdk.attributes["http.request.method_original"])
