"""JSON and texts of names that are secret, nearly secret or harmless, broken and cut at random."""

from __future__ import annotations

import html
import json
from contextlib import contextmanager
from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

from hypothesis import strategies as st

from asgi_mw.redaction import Redaction, forms, headers, json_spans, paths, plausible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NAMES = [
    *("password", "Token", "tokens", "API key", "api_key", "clientSecret", "pin", "sid", "card"),
    *("auth", "session", "user[pin]", "pa-ss", "X-Token", "cardHolderNumber", "pin7", "secret"),
    *("to\N{KELVIN SIGN}en", "pa\N{SOFT HYPHEN}ss", "p%69n", "p%2569n", "ssn", "Cookie", "otp"),
    *("id", "key", "keys", "number", "no", "num", "code", "response", "security", "NUMBER"),
    *("se", "ss", "ess", "ion", "sess", "cc", "c", "car", "d", "ca", "rd", "saml", "api", "cards"),
    *("iban2", "iban3", "user", "userid", "größe", "note", "pin0", "access", "account", "social"),
    *("17", "v1", "1", "é", "pan", "signature", "pins", "otps", "address2", "\xe2\x84\xaa"),
    *("shipping", "design", "author", "token_type", "max_tokens", "company", "2fa", "keyboard"),
    *("name", "value", "values", "header", "val", "field", "created_at", "url", "@type", "a=b", ""),
    *("items", "page", "total", "price", "email", "tags", "description", "address", "n", "x" * 70),
]
PROSE = [
    *("the quick brown fox", "cannot read", "shipping, design; outside", "it's", "50 %", "a & b"),
    *("café", "1234", "4111 1111 1111 1111", "true", "null", "", "company session", "Basic facts"),
    *("Bearer x", "bearer abc.def", "Basic YWRtaW46cHc=", "eyJhbGciOiJub25lIn0.e30.x", "they Just"),
    *("2026-01-02T03:04:05Z", "12:30", "ann@example.org", "https://example.org/a?page=2#x", "a: b"),
    *(
        "https://me:pw@example.org/",
        "https://h:80/a@b",
        "//x@y",
        "ftp://pin/",
        "&lt;pin&gt;1",
        "C:\\new",
    ),
    *("Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/115.0", "text/html;q=0.9"),
    *("-----BEGIN PRIVATE KEY-----x", "<pin>1</pin>", "<a href='x'>", "data: {", "\ndata: x"),
    *("ValueError: invalid token: x", "API key: x", "card[number]=1", "[card]\nnumber = 1"),
    *(
        "id: 7",
        "%zz",
        "a\tb",
        "%2541uth%253Dx",
        "to%C3%A2%C2%84%C2%AAen=x",
        "a%3Db",
        "page=2&q=shoes",
        "data:x\npin=1",
    ),
]
SEPARATORS = ["=", ": ", ":", "&", ";", ",", " ", "\n", "\r\n", *"\"'{}[]/%"]
BREAKS = ["", *"\"\\{}[],: 0a\n'\x1e=é\x00"]
WRAPS: list[Callable[[str], str]] = [
    lambda text: json.dumps({"note": text}),
    lambda text: json.dumps([text, "x"], ensure_ascii=False),
    lambda text: quote(text, safe=""),
    lambda text: f"a=1&note={quote_plus(text)}",
    html.escape,
    lambda text: f"<note>{text}</note>",
    lambda text: repr({"note": text}),
    lambda text: f"x: {text}",
]


KINDS = [
    *(b"application/json", b"", b"application/json", b"text/plain", b"text/event-stream"),
    *(b"application/x-www-form-urlencoded", b"multipart/form-data; boundary=b", b"text/html"),
]
FIELDS = [
    *(b"x-note", b"Referer", b"user-agent", b"X-Token", b"sec-websocket-protocol", b"set-cookie"),
    *(b"cookie", b"authorization", b"date", b"x-pin0"),
]
POLICIES: list[Callable[[], Redaction]] = [
    Redaction,
    lambda: Redaction(names=["iban2", "userid", "größe", "note"], show=["token", "pin0"]),
    lambda: Redaction(names=["account"], show=["Cookie"]),
]
_GLANCES = [
    *((room, "is_clean") for room in (forms, headers, paths, plausible)),
    (json_spans, "json_doubts"),
]
seeds = st.integers(0, 2**64)


def check(seed: int) -> None:
    """Whatever is masked is masked as without a glance, however it came."""
    glanced = masked(Random(seed))
    with carefully():
        assert masked(Random(seed)) == glanced


@contextmanager
def carefully() -> Iterator[None]:
    """No glance says anything: all is read."""
    before = [getattr(room, name) for room, name in _GLANCES]
    for room, name in _GLANCES:
        setattr(room, name, lambda *_args, **_options: None)
    try:
        yield
    finally:
        for (room, name), glance in zip(_GLANCES, before, strict=True):
            setattr(room, name, glance)


def masked(random: Random) -> list[object]:
    """What a policy makes of a text in every place that it may come in."""
    policy = random.choice(POLICIES)()
    whole, how = piece(random, random.choice([document, text])(random))
    data = whole.encode(random.choice(["utf-8", "utf-8", "latin-1"]), "replace")
    field = random.choice(FIELDS)
    state = {random.choice(NAMES): whole, "x": [data]}
    return [
        whole,
        policy.body(pieces(random, data), content_type=random.choice(KINDS), **how),
        policy.message(data, **how),
        policy.text(whole, **how),
        policy.path(whole, **how),
        policy.query(data, **how),
        policy.headers([(field, data), [field, data], (field.decode(), whole), data], **how),
        policy.subprotocols([whole]),
        policy.scope({"path": whole, "raw_path": data, "headers": [(field, data)], "state": state}),
    ]


def document(random: Random) -> str:
    """JSON, often of many records of one shape, sometimes broken."""
    shape = _value(random, 3)
    if random.random() < 0.5:
        shape = [_again(random, shape) for _ in range(random.randrange(1, 30))]
    text = json.dumps(
        shape,
        ensure_ascii=random.random() < 0.2,
        indent=random.choice([None, None, 1, 2]),
        separators=random.choice([None, None, (",", ":"), (" , ", " : "), (",", ": ")]),
    )
    text += random.choice(["", "", "", "\n", ",", '{"a": 1}', "]"])
    return random.choice(["", "", "", "42", "\ufeff", "a", "cb("]) + _broken(random, text)


def text(random: Random) -> str:
    """Words, names and separators, sometimes within other formats."""
    made = ""
    for _ in range(random.randrange(1, 9)):
        kind = random.choice([NAMES, PROSE, SEPARATORS, SEPARATORS])
        made += random.choice(kind)
    for _ in range(random.choice([0, 0, 0, 1, 1, 2, 3])):
        made = random.choice(WRAPS)(made)
    return _broken(random, made)


def piece(random: Random, whole: str) -> tuple[str, dict[str, Any]]:
    """A piece of *whole*, mostly all of it, and what to say of it."""
    cut, headless = random.random() < 0.2, random.random() < 0.1
    start = random.randrange(len(whole) + 1) if headless else 0
    end = random.randrange(start, len(whole) + 1) if cut else len(whole)
    return whole[start:end], {"cut": cut, "headless": headless}


def pieces(random: Random, body: bytes) -> list[bytes]:
    """*body* in up to four pieces."""
    borders = [random.randrange(len(body) + 1) for _ in range(random.randrange(4))]
    places = [0, *sorted(borders), len(body)]
    return [body[start:end] for start, end in pairwise(places)]


def _value(random: Random, depth: int) -> Any:
    kind = random.random()
    if depth and kind < 0.35:
        names = random.sample(NAMES, random.randrange(5))
        return {name: _value(random, depth - 1) for name in names}
    if depth and kind < 0.5:
        return [_value(random, depth - 1) for _ in range(random.randrange(4))]
    if kind < 0.6:
        return random.choice([None, True, 0, 7, -1.5, 12345, 1e30, float("nan")])
    if kind < 0.7:
        return random.choice(NAMES)
    return random.choice(PROSE) if kind < 0.95 else text(random)


def _again(random: Random, shape: Any) -> Any:
    """*shape* with other numbers, and here and there another value."""
    if isinstance(shape, dict):
        return {name: _again(random, held) for name, held in shape.items()}
    if isinstance(shape, list):
        return [_again(random, held) for held in shape]
    if random.random() < 0.01:
        return _value(random, 1)
    if isinstance(shape, str):
        return "".join(str(random.randrange(10)) if one in "0123456789" else one for one in shape)
    return random.randrange(10**4) if shape.__class__ is int else shape


def _broken(random: Random, whole: str) -> str:
    for _ in range(random.choice([0, 0, 0, 0, 1, 1, 2])):
        at = random.randrange(len(whole) + 1)
        whole = whole[:at] + random.choice(BREAKS) + whole[at + random.randrange(2) :]
    return whole
