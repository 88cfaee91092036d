"""Ids of proxies and clouds are taken by choice, from several headers, and handed to the app."""

from __future__ import annotations

import re
import uuid
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgi_mw import ConfigError, get_request_id, request_id
from asgi_mw.testing import HEADER_KINDS, request, run, websocket

if TYPE_CHECKING:
    from asgi_mw.types import Receive, Scope, Send

pytestmark = pytest.mark.anyio

NAME = b"x-request-id"
CLOUD = "=/;@:|+"
AMAZON = "Root=1-67891233-abcdef012345678912345678;Parent=463ac35c9f6413ad;Sampled=1"
LINEAGE = f"{AMAZON};Lineage=a87bd80c:1|68fd508a:5|c512fbe3:2|a87bd80c:17|68fd508a:5|c512fbe3:2"
CLOUDFRONT = "BFhYVRdiRB5z4MPZHqLqiUVWm5aKHSBgyMRWTDeJ-KXHJL_mEfQ4hA=="
APACHE = "YXBhY2hl@MTIz/Q:AAAA"


class Seen:
    """An app that notes what it is called with."""

    headers: Any
    current: str | None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 204."""
        self.headers = scope["headers"]
        self.current = get_request_id()
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body"})
        else:
            await send({"type": "websocket.close"})


@pytest.mark.parametrize("text", [AMAZON, LINEAGE, CLOUDFRONT, APACHE, "plain-1", "|00-a.b_c."])
@pytest.mark.parametrize(
    "accept",
    [CLOUD, re.compile(rf"[\w{CLOUD}.-]+"), lambda text: "-" in text or "=" in text or "@" in text],
    ids=["characters", "pattern", "function"],
)
async def test_ids_of_clouds_are_taken_by_choice(accept: Any, text: str) -> None:
    """Byte for byte, and nowhere without."""
    headers = {"x-request-id": text}
    seen = Seen()
    taken = await request(request_id(seen, accept=accept), headers=headers)
    usual = await request(request_id(Seen()), headers=headers)

    if not (callable(accept) and text.startswith("|")):
        assert ([text.encode()], text) == (taken.all(NAME), seen.current)
    assert (text == "plain-1") == (usual.all(NAME) == [text.encode()])


@pytest.mark.parametrize(
    "accept", [CLOUD, re.compile(r"(?s).*"), lambda text: True], ids=["characters", "all", "true"]
)
@pytest.mark.parametrize(
    "hostile",
    [b"a b", b"a\r\nb: c", b"a\n", b"\x1b[2J", b"\xe9", b"", b" ", b"a" * 257, b"\x00", b"a\tb"],
)
async def test_no_choice_lets_through_what_breaks_a_line(accept: Any, hostile: bytes) -> None:
    """A response with it could be two."""
    result = await request(request_id(Seen(), accept=accept), headers=[(NAME, hostile)])
    [made] = result.all(NAME)

    assert hostile != made
    assert re.fullmatch(rb"[0-9a-f]{32}", made)


@given(st.binary(max_size=300))
def test_whatever_is_sent_one_word_goes_out(value: bytes) -> None:
    """For the widest choice there is."""
    layered = request_id(Seen(), accept=lambda _: True)
    [sent] = run(request(layered, headers=[(NAME, value)])).all(NAME)

    assert re.fullmatch(rb"[!-~]{1,256}", sent)


MARKS = "!#$%&'()*+-./:;<=>?@[\\]^_`{|}~"


@pytest.mark.parametrize("mark", [*MARKS, MARKS, MARKS[::-1]])
async def test_any_mark_may_be_named(mark: str) -> None:
    """Without a meaning of its own in a pattern."""
    app = request_id(Seen(), accept=mark)

    sent = f"a{mark}1"
    assert [sent.encode()] == (await request(app, headers={"x-request-id": sent})).all(NAME)
    other = await request(app, headers={"x-request-id": "a+1"})
    assert ("+" in mark) == (other.all(NAME) == [b"a+1"])


async def test_a_function_that_raises_takes_nothing() -> None:
    """It is counted."""
    app = request_id(Seen(), accept=lambda text: 1 / 0 > len(text))
    result = await request(app, headers={"x-request-id": "a-1"})

    assert [b"a-1"] != result.all(NAME)
    assert result.raised is None


NAMES = ["X-Request-ID", "X-Amzn-Trace-Id", "X-Correlation-ID"]


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ([("x-request-id", "a"), ("x-amzn-trace-id", "b")], b"a"),
        ([("x-correlation-id", "c"), ("x-amzn-trace-id", "b")], b"b"),
        ([("X-Correlation-Id", "c")], b"c"),
        ([("x-request-id", "a b"), ("x-correlation-id", "c")], b"c"),
        ([("x-request-id", "a"), ("x-request-id", "a"), ("x-amzn-trace-id", "b")], b"b"),
    ],
)
async def test_the_first_header_with_an_id_counts(
    sent: list[tuple[str, str]], expected: bytes
) -> None:
    """By the order of the names, not of the headers; the first name goes out."""
    result = await request(request_id(Seen(), header=NAMES), headers=sent)

    assert [(NAME, expected)] == result.headers


async def test_of_several_names_none_is_taken_from_strangers() -> None:
    """As with one."""
    app = request_id(Seen(), header=NAMES, trust=lambda _: False)
    result = await request(app, headers={"x-amzn-trace-id": "b"})

    assert [b"b"] != result.all(NAME)


def by_path(scope: Scope) -> str:
    """Make an id of the scope."""
    return f"{scope['type']}-{scope['path'].strip('/')}"


class Maker:
    """Makes ids of a scope."""

    def __call__(self, scope: Scope) -> str:
        """As a method."""
        return by_path(scope)


@pytest.mark.parametrize(
    "generate", [by_path, Maker(), partial(by_path), lambda scope, extra=1: by_path(scope)]
)
async def test_an_id_may_be_made_of_the_scope(generate: Any) -> None:
    """Of a request or a WebSocket."""
    seen = Seen()
    result = await request(request_id(seen, generate=generate), target="/shop")
    await websocket(request_id(seen, generate=generate), "/live", messages=())

    assert [b"http-shop"] == result.all(NAME)
    assert "websocket-live" == seen.current


@pytest.mark.parametrize("generate", [lambda: "made", lambda extra=None: "made", lambda *_: "made"])
async def test_an_id_may_be_made_of_nothing(generate: Any) -> None:
    """As it always could; what it need not have it is not given."""
    assert [b"made"] == (await request(request_id(Seen(), generate=generate))).all(NAME)


async def test_what_is_made_may_be_as_what_is_taken() -> None:
    """A service that begins the traces of a cloud."""
    app = request_id(Seen(), generate=lambda: AMAZON, accept=CLOUD)

    assert [AMAZON.encode()] == (await request(app)).all(NAME)
    assert [AMAZON.encode()] != (await request(request_id(Seen(), generate=lambda: AMAZON))).all(
        NAME
    )


async def test_any_maker_of_the_standard_library_will_do() -> None:
    """Its result has to be a ``str``."""
    app = request_id(Seen(), generate=lambda: str(uuid.uuid4()))

    assert 36 == len((await request(app)).all(NAME)[0])


HOST = (b"host", b"127.0.0.1:8000")


@pytest.mark.parametrize(
    ("sent", "trust", "expected"),
    [
        ([], True, [HOST, (NAME, b"made")]),
        ([(b"X-Request-ID", b"a-1")], True, [HOST, (NAME, b"a-1")]),
        ([(NAME, b"a b")], True, [HOST, (NAME, b"made")]),
        ([(NAME, b"a"), (NAME, b"b")], True, [HOST, (NAME, b"made")]),
        ([(NAME, b"a-1")], False, [HOST, (NAME, b"made")]),
        (
            [(b"x-amzn-trace-id", b"t-1"), (NAME, b"a-1")],
            True,
            [HOST, (b"x-amzn-trace-id", b"t-1"), (NAME, b"a-1")],
        ),
        (
            [(b"x-amzn-trace-id", b"<t>"), (NAME, b"a-1")],
            True,
            [HOST, (NAME, b"a-1")],
        ),
        (
            [(b"x-amzn-trace-id", b"t-1"), (b"X-Correlation-Id", b"c")],
            lambda _: False,
            [HOST, (NAME, b"made")],
        ),
        (
            [(b"x-amzn-trace-id", b"t-1")],
            True,
            [HOST, (b"x-amzn-trace-id", b"t-1"), (NAME, b"t-1")],
        ),
    ],
)
async def test_the_app_finds_the_id_in_the_request_by_choice(
    sent: list[tuple[bytes, bytes]], trust: Any, expected: list[tuple[bytes, bytes]]
) -> None:
    """Once, and nothing that was refused, under no name."""
    seen = Seen()
    options: dict[str, Any] = {"header": NAMES, "trust": trust, "generate": lambda: "made"}
    result = await request(request_id(seen, in_request=True, **options), headers=[HOST, *sent])
    without = Seen()
    await request(request_id(without, **options), headers=[HOST, *sent])

    assert expected == seen.headers
    assert [HOST, *sent] == without.headers
    assert [] == result.mutated()


@pytest.mark.parametrize("kind", HEADER_KINDS)
async def test_every_kind_of_headers_is_read_once(kind: str) -> None:
    """And what else there is stays."""
    seen = Seen()
    pairs = [(b"host", b"a"), (b"X-Request-ID", b"a b"), (b"accept", b"*/*")]
    app = request_id(seen, in_request=True, generate=lambda: "made")
    await request(app, headers=HEADER_KINDS[kind](pairs))

    assert [(b"host", b"a"), (NAME, b"made"), (b"accept", b"*/*")] == [
        (name, value) for name, value in seen.headers
    ]


async def later() -> str:
    """Be async."""
    return "late"


@pytest.mark.parametrize(
    ("option", "wrong", "reason"),
    [
        ("header", [], "names none"),
        ("header", ["x-id", "X-ID"], "has a name twice"),
        ("header", ["x-id", "x id"], "is no token"),
        ("header", ["x-id", 5], "a header name is a str"),
        ("header", 5, "a header name is a str"),
        ("accept", "", "is no list of punctuation marks"),
        ("accept", "[a-z]+", "is no list of punctuation marks"),
        ("accept", "=,", "is no list of punctuation marks"),
        ("accept", 5, "says of no id whether it is one"),
        ("accept", later, "says of no id whether it is one"),
        ("accept", re.compile(b"a"), "is a pattern of bytes"),
        ("generate", later, "is not callable"),
        ("generate", lambda first, second: "id", "takes neither nothing nor the scope"),
        ("generate", lambda *, key: "id", "takes neither nothing nor the scope"),
        ("in_request", "yes", "is no bool"),
    ],
)
def test_what_cannot_be_right_is_said(option: str, wrong: Any, reason: str) -> None:
    """When the layer is made."""
    with pytest.raises(ConfigError, match=reason) as caught:
        request_id(Seen(), **{option: wrong})

    assert [option] == [problem.option for problem in caught.value.problems]
