"""What an app is to be given again, and what of it is not known."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgi_mw.events import Event
from asgi_mw.replay import plan
from tests.recorder.made import MS, made


def receive(at: int, message: dict[str, Any], **more: Any) -> Event:
    """An event, *at* ms after the beginning."""
    return Event("receive", at * MS, at * MS + 1, message, **more)


@pytest.mark.parametrize(
    ("method", "safe"), [("GET", True), ("HEAD", True), ("POST", False), ("get", False)]
)
def test_a_method_that_only_asks_is_safe(method: str, *, safe: bool) -> None:
    """RFC 9110 9.2.1; method names know case."""
    assert plan(made(method=method)).is_safe is safe


def test_a_websocket_is_not_safe() -> None:
    """Whatever is said there."""
    assert not plan(made(kind="websocket")).is_safe


@pytest.mark.parametrize(
    ("secrets", "expected", "missing"),
    [
        ({}, [], ("authorization",)),
        ({"Authorization": "t"}, [(b"authorization", b"Bearer t")], ()),
        ({"authorization": "bearer t"}, [(b"authorization", b"bearer t")], ()),
        ({"authorization": "bearer"}, [(b"authorization", b"Bearer bearer")], ()),
        ({"other": "t"}, [], ("authorization",)),
    ],
)
def test_a_header_without_its_secret_is_left_out(
    secrets: dict[str, str], expected: list[tuple[bytes, bytes]], missing: tuple[str, ...]
) -> None:
    """An app that is given a mask would answer to the mask."""
    found = plan(made(headers=[(b"authorization", b"Bearer [redacted]")]), secrets)
    assert found.scope["headers"] == expected
    assert found.missing == missing


def test_a_secret_cannot_make_another_header() -> None:
    """One that breaks the line is left out."""
    exchange = made(headers=[(b"cookie", b"a=[redacted]")])
    assert plan(exchange, {"cookie": "x\r\nevil: 1"}).scope["headers"] == []
    assert plan(exchange, {"a": "x", "cookie": "y"}).scope["headers"] == [(b"cookie", b"a=x")]


def test_the_secret_of_a_header_may_be_all_of_it() -> None:
    """Then it begins as the header does; a value that only looks so is one."""
    exchange = made(headers=[(b"cookie", b"a=[redacted]; b=[redacted]")])
    whole = plan(exchange, {"cookie": "a=1; b=2"})
    assert (whole.scope["headers"], whole.missing) == ([(b"cookie", b"a=1; b=2")], ())
    same = plan(exchange, {"cookie": "QT0=="})
    assert same.scope["headers"] == [(b"cookie", b"a=QT0==; b=QT0==")]


def test_what_is_not_known_is_said() -> None:
    """Cut, decoded, missing, not read."""
    exchange = made(headers=[(b"content-length", b"100"), (b"content-encoding", b"gzip")])
    body = {"type": "http.request", "body": b"ab"}
    read = replace(exchange, events=(receive(1, body, size=2),))
    cut = replace(exchange, events=(receive(1, body, size=100, truncated=True),), gap=1)
    decoded = replace(exchange, events=(receive(1, {**body, "decoded": True}, size=100),))

    assert plan(read).notes == ("the app read 2 of 100 bytes of the body: the rest is not known",)
    assert plan(cut).notes == ("what it received is cut: 2 of 100 bytes", "events are missing")
    assert plan(decoded).notes == ("its body was kept decoded: content-encoding is left out",)
    assert (b"content-encoding", b"gzip") not in plan(decoded).scope["headers"]
    assert plan(replace(exchange, outcome=None)).notes[0] == "it is still in flight"


def test_what_was_not_kept_is_said() -> None:
    """Of what is no text nothing was, however small; of an answer only the beginning."""
    upload = {"type": "http.request", "body": b"", "sha256": "ab"}
    answer = {"type": "http.response.body", "body": b"abc"}
    got = receive(1, upload, size=256, truncated=True)
    image = Event(
        "send", 2 * MS, 3 * MS, {**answer, "body": b"", "sha256": "ab"}, 9, truncated=True
    )
    exchange = made(headers=[(b"content-length", b"256")])

    assert plan(replace(exchange, events=(got, image))).notes == (
        "it received 256 bytes that were not kept, for secrets cannot be found in them",
    )
    cut = Event("send", 2 * MS, 3 * MS, answer, 9, truncated=True)
    assert plan(replace(exchange, events=(got, cut))).notes[1:] == (
        "what it sent is cut: 3 of 9 bytes are compared, and the size",
    )


def test_zero_bytes_stand_for_the_files_of_a_form() -> None:
    """As many as there were, so that the form can be read; the length says how long it is now."""
    part = b"content-type: image/png\r\n\r\n"
    kept = {"type": "http.request", "body": part + b"[5 bytes]", "more_body": False}
    headers = [(b"content-length", b"%d" % (len(part) + 5))]
    exchange = replace(made(headers=headers), events=(receive(1, kept, size=len(part) + 5),))
    found = plan(exchange)

    assert [one.message["body"] for one in found.inputs] == [part + bytes(5)]
    assert found.scope["headers"] == headers
    assert found.notes == ("the files of its form were not kept: zero bytes stand for them",)
    lying = replace(exchange, events=(receive(1, kept, size=len(part) + 4),))
    assert [one.message["body"] for one in plan(lying).inputs] == [kept["body"]]


def test_the_length_is_that_of_the_body_that_is_given() -> None:
    """With a secret, or cut, it is another; where more was to come, it stays."""
    headers = [(b"content-length", b"99")]
    body = {"type": "http.request", "body": b"pin=[redacted]"}
    exchange = made(headers=headers)
    whole = replace(exchange, events=(receive(1, body, size=99, truncated=True),))
    more = replace(exchange, events=(receive(1, {**body, "more_body": True}, size=99),))

    assert plan(whole, {"pin": "123"}).scope["headers"] == [(b"content-length", b"7")]
    assert plan(more, {"pin": "123"}).scope["headers"] == headers


def test_what_the_recording_says_of_a_payload_is_not_given() -> None:
    """The digest of what was not kept."""
    event = receive(1, {"type": "http.request", "body": b"", "sha256": "ab"}, size=2)
    [given_] = plan(replace(made(), events=(event,))).inputs
    assert given_.message == {"type": "http.request", "body": b""}


def test_a_disconnect_comes_where_it_came() -> None:
    """Before the first message of the app it is an input, behind it the client leaves."""
    start = Event("send", 5 * MS, 6 * MS, {"type": "http.response.start", "status": 200})
    gone = {"type": "http.disconnect"}
    early = plan(replace(made(), events=(receive(1, gone), start)))
    late = plan(replace(made(), events=(start, receive(7, gone))))

    assert [one.message for one in early.inputs] == [gone]
    assert early.left_after is None
    assert (late.inputs, late.left_after) == ((), 1)


@given(
    st.dictionaries(
        st.text(max_size=4),
        st.recursive(st.integers() | st.binary() | st.text(), st.lists),
    ),
    st.lists(st.tuples(st.binary(), st.binary())),
    st.binary(),
)
def test_anything_that_is_recorded_can_be_planned(
    scope: dict[str, Any], headers: list[tuple[bytes, bytes]], body: bytes
) -> None:
    """No name or value stands in the way."""
    keys = {key: value for key, value in scope.items() if key not in ("type", "headers")}
    exchange = made(scope=keys, headers=headers, request=body)
    assert plan(exchange, {"": ""}).scope["type"] == "http"
