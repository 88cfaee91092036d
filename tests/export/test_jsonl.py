"""JSON Lines: in the words of ``show --json``, and back without loss."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings

from asgi_mw.export import DocumentError, Taken, jsonl, read_jsonl, write_jsonl
from asgi_mw.recorder.codec import decode, encode
from asgi_mw.recorder.objects import plain, whole
from tests.cli import facts
from tests.recorder.made import made
from tests.recorder.test_codec import EXCHANGE, EXCHANGES

if TYPE_CHECKING:
    from asgi_mw.events import Exchange

MADE = [
    one
    for one in vars(facts).values()
    if hasattr(one, "outcome") and not isinstance(one, type) and one.outcome
]


def lines(*exchanges: Exchange) -> list[str]:
    """The lines of *exchanges*."""
    file = io.StringIO()
    write_jsonl(exchanges, file)
    return file.getvalue().splitlines()


def again(*exchanges: Exchange, taken: Taken | None = None) -> list[Exchange]:
    """*exchanges*, written and read."""
    text = "\n".join([*lines(*exchanges), ""])
    return list(read_jsonl(io.BytesIO(text.encode()), taken=taken))


def stored(exchange: Exchange) -> Exchange:
    """*exchange* as a store has it."""
    return replace(decode(*encode(exchange)[-2:]), kept=exchange.kept)


@given(EXCHANGES)
@settings(max_examples=150, deadline=None)
def test_nothing_is_lost(exchange: Exchange) -> None:
    """Whatever is in it."""
    assert [encode(exchange)] == [encode(one) for one in again(exchange)]


@pytest.mark.parametrize("exchange", [*MADE, EXCHANGE, replace(made(), kept=True)])
def test_an_exchange_is_as_a_store_has_it(exchange: Exchange) -> None:
    """With its mark."""
    assert [stored(exchange)] == again(exchange)


def test_a_line_is_what_show_prints() -> None:
    """And no more, where that tells all."""
    exchange = made(response=b"\xff", request=b'{"a": 1}')
    assert [json.loads(json.dumps(plain(whole(exchange))))] == [
        json.loads(line) for line in lines(exchange)
    ]


def test_what_a_line_would_not_tell_is_in_it_once_more() -> None:
    """As here, where bytes stand in the place of text."""
    odd = made(scope={"state": {"key": b"bytes"}})
    [line] = map(json.loads, lines(odd))
    assert "bytes" == line["scope"]["state"]["key"]
    assert ["facts"] == [name for name in line["exact"] if name != "bodies"]
    assert [stored(odd)] == again(odd)


def test_lines_that_are_none_are_counted() -> None:
    """And the others are read."""
    taken = Taken()
    [good] = lines(made())
    spoilt = good.replace('"pid": 41', '"pid": "x"')
    bad = ["", "3", "{", '{"id": 3}', '{"exact": {"facts": "{}"}}']
    text = "\n".join([good, *bad, spoilt])
    assert [stored(made())] == list(read_jsonl(io.BytesIO(text.encode()), taken=taken))
    assert (1, 5) == (taken.count, sum(taken.left_out.values()))


def test_what_no_store_takes_is_left_out() -> None:
    """And counted."""
    written = write_jsonl([made(response=b"x" * (65 * 1024 * 1024)), made()], io.StringIO())
    assert (1, 1) == (written.count, sum(written.left_out.values()))


def test_a_line_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before it fills the memory."""
    monkeypatch.setattr(jsonl, "LONGEST", 100)
    with pytest.raises(DocumentError, match="line 1: over 100 bytes"):
        list(read_jsonl(io.BytesIO(b"[" * 1000)))
