"""Preflights are answered, responses decorated, and everything else passes as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anyio
import pytest

from asgi_mw import layer, request_id, server_error, set_route, stack, timing
from asgi_mw.connection import KEY, Connection
from asgi_mw.errors import ConfigError
from asgi_mw.middleware.cors import Policy, cors
from asgi_mw.testing import (
    HEADER_KINDS,
    SERVERS,
    lifespan,
    request,
)

if TYPE_CHECKING:
    from asgi_mw.testing import (
        Behaviour,
    )
    from asgi_mw.types import App, Message, Receive, Scope, Send

pytestmark = pytest.mark.anyio
ORIGIN = b"https://a.example"
ALLOW, VARY = (b"access-control-allow-origin", ORIGIN), (b"vary", b"Origin")
STAR = (b"access-control-allow-origin", b"*")
PREFLIGHT = (b"vary", b"Origin, Access-Control-Request-Method, Access-Control-Request-Headers")
AGE = (b"access-control-max-age", b"600")
TYPE = (b"content-type", b"text/plain")
ASK, NAMES = b"access-control-request-method", b"access-control-request-headers"
START: Message = {"type": "http.response.start", "status": 200, "headers": [TYPE]}
BODY: Message = {"type": "http.response.body", "body": b"abc"}
LISTED: dict[str, Any] = {"allow_origins": ["https://a.example"]}


def answering(*messages: Message) -> App:
    """Send *messages*."""

    async def answering_app(scope: Scope, receive: Receive, send: Send) -> None:
        for message in messages:
            await send(message)

    return answering_app


app = answering(START, BODY)


def origins(*values: bytes) -> list[tuple[bytes, bytes]]:
    """The headers of a request from there."""
    return [(b"host", b"api.example"), *((b"origin", value) for value in values)]


ACTUAL: list[tuple[dict[str, Any], list[bytes], list[tuple[bytes, bytes]]]] = [
    (LISTED, [ORIGIN], [VARY, ALLOW]),
    (LISTED, [], [VARY]),
    (LISTED, [b"https://evil.example"], [VARY]),
    (LISTED, [b"null"], [VARY]),
    (LISTED, [b""], [VARY]),
    (LISTED, [ORIGIN, b"https://evil.example"], [VARY]),
    (LISTED, [b"https://evil.example", ORIGIN], [VARY]),
    (LISTED, [ORIGIN, ORIGIN], [VARY]),
    (LISTED, [b"\xff" * 10_000], [VARY]),
    ({}, [ORIGIN], [VARY]),
    ({"allow_origins": ["*"]}, [ORIGIN], [STAR]),
    ({"allow_origins": ["*"]}, [b"null"], [STAR]),
    # No Vary, so that a cache may give this answer to a page: it has to be the same one
    ({"allow_origins": ["*"]}, [], [STAR]),
    ({"allow_origins": ["*"]}, [ORIGIN, b"https://evil.example"], [STAR]),
    (
        {"allow_origins": ["*"], "expose_headers": ["X-A", "X-B"]},
        [],
        [STAR, (b"access-control-expose-headers", b"X-A, X-B")],
    ),
    (
        LISTED | {"allow_credentials": True, "expose_headers": ["X-A"]},
        [ORIGIN],
        [
            VARY,
            ALLOW,
            (b"access-control-allow-credentials", b"true"),
            (b"access-control-expose-headers", b"X-A"),
        ],
    ),
    (LISTED | {"allow_credentials": True}, [b"https://b.example"], [VARY]),
    (
        {"allow_origins": ["https://*.example"], "dangerously_allow_public_suffixes": True},
        [ORIGIN],
        [VARY, ALLOW],
    ),
    ({"allow_origin_regex": "https://[a-z].example"}, [ORIGIN], [VARY, ALLOW]),
    ({"allow_origin_regex": "https://[a-z]"}, [ORIGIN], [VARY]),
    (
        {"dangerously_allow_null_origin": True},
        [b"null"],
        [VARY, (b"access-control-allow-origin", b"null")],
    ),
    ({"dangerously_allow_null_origin": True}, [b"NULL"], [VARY]),
    (
        {"allow_origins": ["app://a"], "dangerously_allow_schemes": ["app"]},
        [b"app://a"],
        [VARY, (b"access-control-allow-origin", b"app://a")],
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("options", "values", "expected"),
    ACTUAL,
    ids=[f"{' '.join(options)}: {values!r:.60}" for options, values, _ in ACTUAL],
)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
async def test_what_a_response_says(
    method: str, options: dict[str, Any], values: list[bytes], expected: list[tuple[bytes, bytes]]
) -> None:
    """After what the app says; nothing that the server owns is changed."""
    result = await request(cors(app, **options), method, headers=origins(*values))

    assert result.sent == [{**START, "headers": [TYPE, *expected]}, BODY]
    assert result.mutated() == []
    assert START["headers"] == [TYPE]


@pytest.mark.parametrize("status", [200, 204, 301, 304, 404, 500])
@pytest.mark.parametrize(
    ("values", "expected"),
    [([], [VARY]), ([b"https://evil.example"], [VARY]), ([ORIGIN], [VARY, ALLOW])],
    ids=["no origin", "denied", "allowed"],
)
async def test_every_status_says_it(
    status: int, values: list[bytes], expected: list[tuple[bytes, bytes]]
) -> None:
    """So that no cache gives one page's answer to another, and a page can read an error."""
    own = (b"vary", b"Accept, Cookie")
    start: Message = {"type": "http.response.start", "status": status, "headers": [own]}
    result = await request(cors(answering(start, BODY), **LISTED), headers=origins(*values))

    assert (result.status, result.headers) == (status, [own, *expected])


async def test_the_answer_to_an_exception_can_be_read() -> None:
    """With ``server_error`` inside; the exception goes on, the same one."""
    error = LookupError("mine")

    async def failing(scope: Scope, receive: Receive, send: Send) -> None:
        raise error

    layered = stack(failing, request_id, layer(cors, **LISTED), server_error)
    result = await request(layered, headers=origins(ORIGIN))

    assert (result.status, result.raised) == (500, error)
    assert result.all("access-control-allow-origin") == [ORIGIN]


@pytest.mark.parametrize(
    ("method", "headers", "answered"),
    [
        ("OPTIONS", [(b"origin", ORIGIN), (ASK, b"GET")], True),
        ("OPTIONS", [(b"Origin", ORIGIN), (b"Access-Control-Request-Method", b"GET")], True),
        ("OPTIONS", [(b"origin", b"https://evil.example"), (ASK, b"GET")], True),
        ("OPTIONS", [(b"origin", ORIGIN), (ASK, b"")], True),
        ("OPTIONS", [(b"origin", ORIGIN)], False),
        ("OPTIONS", [(ASK, b"GET")], False),
        ("OPTIONS", [(b"origin", ORIGIN), (NAMES, b"x-a")], False),
        ("OPTIONS", [], False),
        ("options", [(b"origin", ORIGIN), (ASK, b"GET")], False),
        ("GET", [(b"origin", ORIGIN), (ASK, b"GET")], False),
        ("HEAD", [(b"origin", ORIGIN), (ASK, b"GET")], False),
    ],
)
async def test_only_a_preflight_is_answered_here(
    method: str,
    headers: list[tuple[bytes, bytes]],
    answered: bool,  # noqa: FBT001  # a table
) -> None:
    """``OPTIONS`` with an origin and a method asked for; the app sees every other one."""
    result = await request(cors(app, **LISTED), method, headers=headers)

    assert (result.body == b"abc") is not answered
    assert result.received == []


GRANTS: list[tuple[dict[str, Any], list[tuple[bytes, bytes]], list[tuple[bytes, bytes]]]] = [
    (LISTED, [(ASK, b"GET")], [PREFLIGHT, ALLOW, AGE]),
    (LISTED | {"max_age": None}, [(ASK, b"GET")], [PREFLIGHT, ALLOW]),
    (LISTED | {"expose_headers": ["X-A"]}, [(ASK, b"GET")], [PREFLIGHT, ALLOW, AGE]),
    (
        LISTED | {"allow_methods": ["PUT", "DELETE"], "allow_headers": ["X-A", "X-B"]},
        [(ASK, b"PUT"), (NAMES, b"x-a")],
        [
            PREFLIGHT,
            ALLOW,
            (b"access-control-allow-methods", b"PUT"),
            (b"access-control-allow-headers", b"x-a"),
            AGE,
        ],
    ),
    ({"allow_origins": ["*"]}, [(ASK, b"GET")], [PREFLIGHT, STAR, AGE]),
    (
        LISTED | {"allow_credentials": True, "allow_methods": ["*"], "allow_headers": ["*"]},
        [(ASK, b"PUT"), (NAMES, b"authorization")],
        [
            PREFLIGHT,
            ALLOW,
            (b"access-control-allow-methods", b"PUT"),
            (b"access-control-allow-headers", b"authorization"),
            (b"access-control-allow-credentials", b"true"),
            AGE,
        ],
    ),
    (
        LISTED,
        [(ASK, b"GET"), (b"access-control-request-private-network", b"true")],
        [PREFLIGHT, ALLOW, AGE],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("options", "asked", "expected"), GRANTS)
@pytest.mark.parametrize("behaviour", SERVERS, ids=str)
async def test_what_is_asked_for_is_granted(
    behaviour: Behaviour,
    options: dict[str, Any],
    asked: list[tuple[bytes, bytes]],
    expected: list[tuple[bytes, bytes]],
) -> None:
    """In a 204, and nothing beyond it; private networks are asked about in vain."""
    headers = [*origins(ORIGIN), *asked]
    result = await request(cors(app, **options), "OPTIONS", headers=headers, behaviour=behaviour)

    assert result.sent == [
        {"type": "http.response.start", "status": 204, "headers": expected},
        {"type": "http.response.body", "body": b"", "more_body": False},
    ]


async def test_a_preflight_from_several_origins_is_denied() -> None:
    """Even where all of them are allowed."""
    headers = [*origins(ORIGIN, ORIGIN), (ASK, b"GET")]
    result = await request(cors(app, allow_origins=["*"]), "OPTIONS", headers=headers)

    assert (result.status, result.headers) == (403, [PREFLIGHT, (b"content-length", b"0")])


@pytest.mark.parametrize("kind", HEADER_KINDS)
@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
async def test_every_kind_of_request_headers_is_read(method: str, kind: str) -> None:
    """And the app can still read all of them; its route is known outside."""
    seen: list[tuple[bytes, ...]] = []
    connection = Connection({"type": "http"})

    async def reading(scope: Scope, receive: Receive, send: Send) -> None:
        seen.extend(tuple(pair) for pair in scope["headers"])
        set_route(scope, "/x")
        await app(scope, receive, send)

    pairs = [(b"host", b"a"), (b"Origin", ORIGIN)]
    headers = HEADER_KINDS[kind](pairs)
    layered = cors(reading, **LISTED)
    result = await request(layered, method, headers=headers, scope={KEY: connection})

    assert result.headers == [TYPE, VARY, ALLOW]
    assert (seen, connection.route) == (pairs, "/x")


async def test_a_route_left_in_a_copied_scope_is_published() -> None:
    """A framework writes it into the scope that it was given."""
    connection = Connection({"type": "http"})

    async def routed(scope: Scope, receive: Receive, send: Send) -> None:
        scope["path_template"] = "/items/{id}"
        await app(scope, receive, send)

    headers = HEADER_KINDS["generator"](origins(ORIGIN))
    await request(cors(routed, **LISTED), headers=headers, scope={KEY: connection})

    assert connection.route == "/items/{id}"


async def ask_later(origin: str, scope: Scope) -> bool:
    """Know one origin."""
    await anyio.lowlevel.checkpoint()
    return origin == "https://a.example" and scope["path"] == "/"


@pytest.mark.parametrize("predicate", [ask_later, lambda origin, _: origin == "https://a.example"])
async def test_a_predicate_is_asked_last(predicate: Any) -> None:
    """Sync or async; for responses and preflights alike."""
    layered = cors(app, allow_origins=["https://b.example"], allow_origin_predicate=predicate)
    ask = [(ASK, b"GET")]
    results = [
        await request(layered, headers=origins(ORIGIN)),
        await request(layered, headers=origins(b"https://b.example")),
        await request(layered, headers=origins(b"https://c.example")),
        await request(layered, "OPTIONS", headers=[*origins(ORIGIN), *ask]),
        await request(layered, "OPTIONS", headers=[*origins(b"https://c.example"), *ask]),
    ]

    assert [(one.status, one.header("access-control-allow-origin")) for one in results] == [
        (200, ORIGIN),
        (200, b"https://b.example"),
        (200, None),
        (204, ORIGIN),
        (403, None),
    ]


@pytest.mark.parametrize(
    "origin",
    [b"null", b"", b"https://a.example/", b"https://\xff", b"https://a b", b"a" * 300, b"//a"],
)
async def test_a_predicate_sees_nothing_but_origins(origin: bytes) -> None:
    """So that it may compare as carelessly as it likes."""
    asked = []

    def predicate(origin: str, scope: Scope) -> bool:
        asked.append(origin)
        return True

    layered = cors(app, allow_origin_predicate=predicate)
    result = await request(layered, headers=origins(origin))

    assert (result.headers, asked) == ([TYPE, VARY], [])


def failing(origin: str, scope: Scope) -> bool:
    """Fail."""
    raise LookupError("mine")


async def failing_later(origin: str, scope: Scope) -> bool:
    """Fail, when awaited."""
    raise LookupError("mine")


@pytest.mark.parametrize(
    "predicate", [failing, failing_later, lambda *_: 1, lambda *_: "yes", lambda *_: None]
)
async def test_a_predicate_without_an_answer_denies(
    predicate: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """The app goes on; it is said once."""
    caplog.set_level("WARNING", "asgi_mw")
    layered = cors(app, allow_origin_predicate=predicate)
    results = [await request(layered, headers=origins(ORIGIN)) for _ in range(2)]

    assert [result.headers for result in results] == [[TYPE, VARY]] * 2
    assert len(caplog.records) == 1


async def test_cancellation_in_a_predicate_goes_on() -> None:
    """The request is over; the app is not called."""
    asked = anyio.Event()

    async def waiting(origin: str, scope: Scope) -> bool:
        asked.set()
        await anyio.sleep_forever()
        raise AssertionError

    layered = cors(app, allow_origin_predicate=waiting)
    result = await request(layered, headers=origins(ORIGIN), cancel=asked)

    assert (result.cancelled, result.sent) == (True, [])


async def test_other_messages_pass_as_they_are() -> None:
    """The same objects, in order; a second start is decorated as the first."""
    others: list[Message] = [
        {"type": "http.response.early_hint", "links": [b"</a>; rel=preload"]},
        {"type": "http.response.push", "path": "/x", "headers": []},
        START,
        {"type": "http.response.pathsend", "path": "/x"},
        START,
        {"type": "http.response.trailers", "headers": [(b"vary", b"x")]},
        {"type": "x-unknown", "headers": [(b"access-control-allow-origin", b"x")]},
        {},
    ]
    result = await request(cors(answering(*others), **LISTED), headers=origins(ORIGIN))

    decorated = {**START, "headers": [TYPE, VARY, ALLOW]}
    assert result.sent == [decorated if one is START else one for one in others]
    assert [
        given is one
        for given, one in zip(result.originals, others, strict=True)
        if one is not START
    ] == [True] * 6


async def test_other_scopes_pass_as_they_are() -> None:
    """The very objects."""
    seen: list[Any] = []

    async def noting(*given: Any) -> None:
        seen.extend(given)

    layered = cors(noting, **LISTED)
    given: list[Any] = [{"type": "x-unknown", "headers": 5}, object(), object()]
    await layered(*given)

    assert [one is other for one, other in zip(seen, given, strict=True)] == [True] * 3
    assert (await lifespan(cors(answering({"type": "lifespan.startup.complete"})))).raised is None


@pytest.mark.parametrize(
    "scope",
    [
        {"omit": ["headers"]},
        {"headers": None},
        {"headers": ()},
        {"omit": ["method", "path", "extensions", "client", "server", "root_path"]},
        {"path": "/%00", "root_path": "/" * 1000},
    ],
    ids=str,
)
async def test_an_odd_scope_is_no_fault_of_ours(scope: dict[str, Any]) -> None:
    """What is missing is not there."""
    result = await request(cors(app, **LISTED, policies={"/api": Policy()}), scope=scope)

    assert (result.headers, result.raised) == ([TYPE, VARY], None)


@pytest.mark.parametrize("odd", ["https://a.example", bytearray(ORIGIN), None, 5], ids=repr)
@pytest.mark.parametrize("more", [[], [5]], ids=["pairs", "and what is none"])
@pytest.mark.parametrize(
    "name", [b"origin", b"access-control-request-method", b"access-control-request-headers"]
)
async def test_a_value_that_is_no_bytes_is_denied(name: bytes, more: list[Any], odd: Any) -> None:
    """No server sends one; it is neither a fault of ours nor absent."""
    asked = {b"origin": ORIGIN, ASK: b"PUT", NAMES: b"x-a", name: odd}
    layered = cors(app, **LISTED, allow_methods=["*"], allow_headers=["*"])

    async def odd_server(scope: Scope, receive: Receive, send: Send) -> None:
        await layered({**scope, "headers": [*more, *asked.items()]}, receive, send)

    preflight, actual = await request(odd_server, "OPTIONS"), await request(odd_server)

    assert preflight.headers == [PREFLIGHT, (b"content-length", b"0")]
    assert (preflight.status, preflight.raised) == (403, None)
    assert actual.headers == [TYPE, VARY, *([ALLOW] if name != b"origin" else [])]
    assert actual.raised is None


async def test_what_the_app_raises_goes_on() -> None:
    """By identity, before and after the start."""
    error = OSError("mine")

    async def failing_after(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)
        raise error

    async def failing_before(scope: Scope, receive: Receive, send: Send) -> None:
        raise error

    for failing_app in (failing_after, failing_before):
        result = await request(cors(failing_app, **LISTED), headers=origins(ORIGIN))
        assert result.raised is error


async def test_what_send_raises_reaches_the_app() -> None:
    """The client left: the app is told as it would be without us."""
    error = OSError("gone")
    result = await request(cors(app, **LISTED), headers=origins(ORIGIN), send_errors={1: error})

    assert result.raised is error


async def test_more_than_two_kibibytes_are_never_echoed() -> None:
    """However much is asked for: 1 MiB of names or commas is denied, by any policy."""
    for value in (b"," * 1_048_576, b"x-a," * 262_144, b"a" * 1_048_576):
        headers = [*origins(ORIGIN), (ASK, b"GET"), (NAMES, value)]
        for options in ({"allow_headers": ["*"]}, {"allow_headers": ["x-a"]}, {"debug": True}):
            result = await request(cors(app, **LISTED, **options), "OPTIONS", headers=headers)
            size = sum(len(name) + len(value) for name, value in result.headers)
            assert (result.status, size < 8192, len(result.body) < 2048) == (403, True, True)


def test_request_id_and_cors_have_an_order() -> None:
    """A preflight is answered with an id."""
    with pytest.raises(ConfigError, match="the answer to a preflight would lack the id"):
        stack(app, cors, request_id)
    assert callable(stack(app, request_id, cors, timing))


@pytest.mark.parametrize(
    "options",
    [
        {"allow_origins": ["file://"], "dangerously_allow_schemes": ["file"]},
        {"allow_origin_regex": "file://"},
        {"allow_origin_predicate": lambda origin, scope: origin == "file://"},
    ],
    ids=["exact", "regex", "predicate"],
)
async def test_electron_may_be_let_in(options: dict[str, Any]) -> None:
    """Its pages have the origin ``file://``; by whichever option, with WebSockets too."""
    layered = cors(app, allow_credentials=True, **options)
    result = await request(layered, headers={"origin": "file://"})
    other = await request(layered, headers={"origin": "file:///x"})
    null = await request(layered, headers={"origin": "null"})

    assert b"file://" == result.header("access-control-allow-origin")
    assert other.header("access-control-allow-origin") is None
    assert null.header("access-control-allow-origin") is None


@pytest.mark.parametrize(
    ("options", "mend"),
    [
        ({"allow_origins": "https://a.example,https://b.example"},
         "write allow_origins=['https://a.example', 'https://b.example']"),
        ({"allow_origins": "https://a.example https://b.example"},
         "write allow_origins=['https://a.example', 'https://b.example']"),
        ({"allow_methods": "PUT, DELETE"}, "write allow_methods=['PUT', 'DELETE']"),
        ({"allow_methods": ["PUT,DELETE"]}, "write 'PUT', 'DELETE'"),
        ({"allow_headers": ["X-A, X-B"]}, "write 'X-A', 'X-B'"),
        ({"expose_headers": "X-A"}, "write expose_headers=['X-A']"),
        ({"allow_headers": ["X A"]}, "write 'X', 'A'"),
        ({"allow_headers": ["X(A"]}, "write one name, as 'X-Name'"),
    ],
)  # fmt: skip
def test_what_is_written_in_one_text_is_taken_apart(options: dict[str, Any], mend: str) -> None:
    """As it stands in a variable; what is proposed is accepted."""
    with pytest.raises(ConfigError) as caught:
        cors(app, **options)

    assert [mend] == [problem.mend for problem in caught.value.problems]
