"""A preflight is granted what it asks for and no more, or it is denied, in bounded work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgi_mw.middleware.cors.preflight import (
    MOST_ECHOED,
    MOST_EMPTY,
    MOST_READ,
    Denied,
    compile_preflight,
    members,
    read,
)

if TYPE_CHECKING:
    from asgi_mw.middleware.cors.preflight import (
        Preflight,
    )

METHODS, HEADERS = b"access-control-allow-methods", b"access-control-allow-headers"
CREDENTIALS = (b"access-control-allow-credentials", b"true")
AGE = (b"access-control-max-age", b"600")
TOO_MANY = "more header names are asked for than are answered"
FORGED = b"x-a\r\nset-cookie: a=b"
MALFORMED = "Access-Control-Request-Headers is too long or malformed"


def policy(kind: str) -> Preflight:
    """A policy by its name."""
    options: dict[str, tuple[list[bytes], list[bytes], bool]] = {
        "list": ([b"GET", b"PUT", b"patch"], [b"x-a", b"authorization"], False),
        "list, credentials": ([b"GET", b"PUT"], [b"x-a", b"authorization"], True),
        "star": ([b"*"], [b"*"], False),
        "star, credentials": ([b"*"], [b"*"], True),
        "nothing": ([], [], False),
    }
    methods, headers, credentials = options[kind]
    return compile_preflight(methods, headers, credentials=credentials, max_age=600)


def methods(value: bytes) -> tuple[bytes, bytes]:
    """The header that allows a method."""
    return (METHODS, value)


def headers(value: bytes) -> tuple[bytes, bytes]:
    """The header that allows names."""
    return (HEADERS, value)


def no_method(value: bytes) -> Denied:
    """Why a method is denied."""
    return Denied("method {} is not in allow_methods", value)


def no_header(value: bytes) -> Denied:
    """Why a header is denied."""
    return Denied("header {} is not in allow_headers", value)


# What policy, method and header lines; what it is answered, or why it is denied.
TABLE: list[tuple[str, bytes, list[bytes], Any]] = [
    ("list", b"GET", [], (AGE,)),
    ("list", b"HEAD", [], (AGE,)),
    ("list", b"POST", [], (AGE,)),
    ("nothing", b"GET", [], (AGE,)),
    ("nothing", b"HEAD", [], (AGE,)),
    ("nothing", b"POST", [], (AGE,)),
    ("list", b"PUT", [], (methods(b"PUT"), AGE)),
    ("list", b"patch", [], (methods(b"patch"), AGE)),
    ("list, credentials", b"PUT", [], (methods(b"PUT"), CREDENTIALS, AGE)),
    ("list", b"put", [], no_method(b"put")),
    ("list", b"get", [], no_method(b"get")),
    ("list", b"PATCH", [], no_method(b"PATCH")),
    ("list", b"DELETE", [], no_method(b"DELETE")),
    ("list", b"", [], no_method(b"")),
    ("list", b"*", [], no_method(b"*")),
    ("list", b"PUT ", [], no_method(b"PUT ")),
    ("list", b"PUT,DELETE", [], no_method(b"PUT,DELETE")),
    ("nothing", b"PUT", [], no_method(b"PUT")),
    ("star", b"PUT", [], (methods(b"*"), AGE)),
    ("star", b"put", [], (methods(b"*"), AGE)),
    ("star, credentials", b"PUT", [], (methods(b"PUT"), CREDENTIALS, AGE)),
    ("star, credentials", b"M-SEARCH", [], (methods(b"M-SEARCH"), CREDENTIALS, AGE)),
    ("star, credentials", b"P UT", [], no_method(b"P UT")),
    ("star, credentials", b"PUT\r\nx: y", [], no_method(b"PUT\r\nx: y")),
    ("star, credentials", b"A" * 65, [], Denied("the method is too long", b"")),
    ("list", b"A" * 1_048_576, [], Denied("the method is too long", b"")),
    ("star, credentials", b"A" * 64, [], (methods(b"A" * 64), CREDENTIALS, AGE)),
    ("star", b"TRACE", [], no_method(b"TRACE")),
    ("star", b"connect", [], no_method(b"connect")),
    ("star", b"Track", [], no_method(b"Track")),
    ("list", b"GET", [b""], (AGE,)),
    ("list", b"GET", [b"x-a"], (headers(b"x-a"), AGE)),
    ("list", b"GET", [b"X-A"], (headers(b"x-a"), AGE)),
    ("list", b"PUT", [b"x-a"], (methods(b"PUT"), headers(b"x-a"), AGE)),
    ("list", b"GET", [b"authorization,x-a"], (headers(b"authorization,x-a"), AGE)),
    ("list", b"GET", [b"authorization", b"x-a"], (headers(b"authorization,x-a"), AGE)),
    ("list", b"GET", [b"x-a, authorization"], (headers(b"x-a,authorization"), AGE)),
    ("list", b"GET", [b" x-a ,\tauthorization"], (headers(b"x-a,authorization"), AGE)),
    ("list", b"GET", [b"x-a,,authorization,"], (headers(b"x-a,authorization"), AGE)),
    ("list", b"GET", [b"content-type"], (headers(b"content-type"), AGE)),
    (
        "nothing",
        b"GET",
        [b"accept,accept-language,content-language,content-type,range"],
        (headers(b"accept,accept-language,content-language,content-type,range"), AGE),
    ),
    ("list", b"GET", [b"x-b"], no_header(b"x-b")),
    ("list", b"GET", [b"x-a,x-b"], no_header(b"x-b")),
    ("list", b"GET", [b"x-a", b"x-b"], no_header(b"x-b")),
    ("list", b"GET", [b"*"], no_header(b"*")),
    ("list", b"GET", [b"x-a x-a"], no_header(b"x-a x-a")),
    ("list", b"GET", [b"x-ax-a"], no_header(b"x-ax-a")),
    ("list", b"GET", [b"x-a\xe9"], no_header(b"x-a\xe9")),
    ("list", b"GET", [b"x-a   "], Denied(MALFORMED, b"")),
    ("list", b"GET", [b"  x-a "], Denied(MALFORMED, b"")),
    ("list", b"GET", [b"," * MOST_EMPTY + b"x-a"], (headers(b"x-a"), AGE)),
    ("list", b"GET", [b"," * (MOST_EMPTY + 1) + b"x-a"], Denied(MALFORMED, b"")),
    ("list", b"GET", [b""] * (MOST_EMPTY + 1), Denied(MALFORMED, b"")),
    ("list", b"GET", [b"x-a," * 1024], Denied(TOO_MANY, b"")),
    ("list", b"GET", [b"x-a," * 262_144], Denied(MALFORMED, b"")),
    ("list", b"GET", [b"," * 1_048_576], Denied(MALFORMED, b"")),
    ("list", b"GET", [b","] * 1_048_576, Denied(MALFORMED, b"")),
    ("list", b"GET", [b""] * 1_048_576, Denied(MALFORMED, b"")),
    ("star", b"GET", [b"x-any,authorization"], (headers(b"x-any,authorization"), AGE)),
    ("star", b"GET", [b"X-Any"], (headers(b"x-any"), AGE)),
    (
        "star, credentials",
        b"PUT",
        [b"authorization", b"x-any"],
        (methods(b"PUT"), headers(b"authorization,x-any"), CREDENTIALS, AGE),
    ),
    ("star", b"GET", [b"a" * MOST_ECHOED], (headers(b"a" * MOST_ECHOED), AGE)),
    (
        "star",
        b"GET",
        [b"a" * (MOST_ECHOED + 1)],
        Denied(TOO_MANY, b""),
    ),
    ("star", b"GET", [b"a" * (MOST_READ + 1)], Denied(MALFORMED, b"")),
    ("star", b"GET", [FORGED], no_header(FORGED)),
    ("star", b"GET", [b"x-a\x1b[2J"], no_header(b"x-a\x1b[2j")),
    ("star", b"GET", [b"x a"], no_header(b"x a")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "method", "lines", "expected"),
    TABLE,
    ids=[f"{kind}: {method!r:.30} {lines!r:.40}" for kind, method, lines, _ in TABLE],
)
def test_what_is_answered(kind: str, method: bytes, lines: list[bytes], expected: Any) -> None:
    """The first time and, remembered, the second."""
    tables = policy(kind)

    assert tables.answer([method], lines) == expected
    assert tables.answer([method], lines) == expected


@pytest.mark.parametrize("lines", [[], [b"GET", b"GET"], [b"GET", b"PUT"]], ids=len)
def test_one_method_is_asked_for(lines: list[bytes]) -> None:
    """Browsers ask for one."""
    assert policy("star").answer(lines, []) == Denied("several methods are asked for", b"")


def test_the_age_can_be_left_out_or_be_nothing() -> None:
    """``None`` leaves it to the browser; zero keeps nothing."""
    none = compile_preflight([], [], credentials=False, max_age=None)
    zero = compile_preflight([], [], credentials=False, max_age=0)

    assert none.answer([b"GET"], []) == ()
    assert zero.answer([b"GET"], []) == ((b"access-control-max-age", b"0"),)


def test_only_a_few_granted_answers_are_remembered() -> None:
    """However many an attacker makes up; a denied one is none of them."""
    tables = policy("star")
    for number in range(1000):
        tables.answer([b"GET"], [b"x-%d" % number])
        tables.answer([b"GET"], [b"x %d" % number])

    assert 0 < len(tables.remembered) <= 64
    assert not any(b" " in line for _, line in tables.remembered)


@given(st.lists(st.text("aB,-\t é", max_size=30).map(str.encode), max_size=4))
def test_names_are_read_as_the_rfc_reads_a_list(lines: list[bytes]) -> None:
    """RFC 9110 5.6.1, as far as little space and few empty members go."""
    parts = b",".join(lines).split(b",") if lines else []
    names = [part.strip(b" \t") for part in parts]
    lengths = [len(part) - len(name) for part, name in zip(parts, names, strict=True)]
    sane = names.count(b"") <= MOST_EMPTY and max(lengths, default=0) <= 2

    assert members(lines) == ([name.lower() for name in names if name] if sane else None)


@given(
    st.lists(st.binary(max_size=300), max_size=3),
    st.sampled_from(["list", "star", "star, credentials", "nothing"]),
    st.sampled_from([b"GET", b"PUT"]) | st.binary(max_size=80),
)
def test_an_answer_holds_nothing_but_tokens(lines: list[bytes], kind: str, method: bytes) -> None:
    """Whatever was asked for: nothing of it can forge a header, and it is short."""
    answer = policy(kind).answer([method], lines)
    if not isinstance(answer, Denied):
        size = sum(len(name) + len(value) for name, value in answer)
        text = b"".join(value for _, value in answer)
        assert size < 8192
        assert text.isascii()
        assert text.decode().isprintable()
        assert b" " not in text


def test_the_lines_are_read_in_one_pass() -> None:
    """In any case; pairs that are none are passed over."""
    pairs = [
        (b"origin", b"1"),
        (b"Access-Control-Request-Method", b"2"),
        (b"accept", b"*/*"),
        (b"access-control-request-headers", b"3"),
        (b"ORIGIN", b"4"),
        (b"ACCESS-CONTROL-REQUEST-HEADERS", b"5"),
        (b"access-control-allow-methodsX", b"no"),
    ]
    expected = ([b"1", b"4"], [b"2"], [b"3", b"5"])

    assert read(pairs) == expected
    broken = [(name, None) if value == b"3" else (name, value) for name, value in pairs]
    assert read(broken) == ([b"1", b"4"], [b"2"], [b"\x00", b"5"])  # type: ignore[arg-type]  # the same
    assert read([*pairs, (b"broken",)]) == expected  # type: ignore[list-item]  # wrong on purpose
