"""The length of a coded page does not tell its secret, and decoders do not see the padding."""

from __future__ import annotations

import gzip as standard
import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgi_mw.middleware.compression import compression, padding
from asgi_mw.testing import request, run
from tests.middleware.compression.decoding import CODINGS, brotli, decoded, zstd

if TYPE_CHECKING:
    from asgi_mw.types import App, Receive, Scope, Send

HEX = "0123456789abcdef"
PLACES = 48
ROW = b"<div class=row><a href=/item>Item</a></div>\n"


def page(secret: str) -> App:
    """A page that shows what the visitor searched for, and a secret in a form."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        found = b"<html><p>You searched for token=" + scope["query_string"] + b"</p>" + ROW * 40
        hidden = b"<input type=hidden value='token=" + secret.encode() + b"'></html>"
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": found + hidden})

    return app


def told(secret: str, coding: str, pad: int) -> int:
    """How many of its characters the attack finds, each by one response to every guess."""
    app = compression(page(secret), pad=pad)
    found = 0
    for place in range(PLACES):
        sizes = {}
        for guess in HEX:
            target = f"/?{secret[:place]}{guess}"
            result = run(request(app, "GET", target, headers={"accept-encoding": coding}))
            sizes[guess] = len(result.body)
        least = [guess for guess in HEX if sizes[guess] == min(sizes.values())]
        found += least == [secret[place]]
    return found


@pytest.mark.slow
@pytest.mark.parametrize("coding", CODINGS)
def test_the_length_does_not_tell_the_next_character(
    coding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With padding the attack finds no more than chance does, 3 of 48."""
    secrets = random.Random(3 if coding == "zstd" else 2)
    secret = "".join(secrets.choices(HEX, k=PLACES))
    monkeypatch.setattr(padding, "urandom", random.Random(5).randbytes)

    assert told(secret, coding, pad=255) <= 3


def test_without_padding_the_length_tells() -> None:
    """Which is the default, and is said in the layer's documentation."""
    secret = "".join(random.Random(1).choices(HEX, k=PLACES))

    assert told(secret, "gzip", pad=0) > 12  # by chance 3


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("size", [0, 1, 63, 64, 254, 255])
def test_every_decoder_skips_it(coding: str, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """At every length; the body is so much longer, and all lengths are as likely."""
    monkeypatch.setattr(padding, "amount", lambda most, length=None: size)
    app = page("0" * PLACES)
    headers = {"accept-encoding": coding}
    plain = run(request(app)).body

    bare = run(request(compression(app, pad=0), headers=headers)).body
    padded = run(request(compression(app, pad=255), headers=headers)).body

    assert decoded(coding.encode(), padded) == plain
    assert {"gzip": standard, "br": brotli, "zstd": zstd}[coding].decompress(padded) == plain
    assert size <= len(padded) - len(bare) <= size + 16


@given(st.integers(0, 255), st.none() | st.integers(0, 100_000))
def test_the_amount_is_never_more_than_was_asked_for(most: int, size: int | None) -> None:
    """From nothing to all of it; a known size becomes a round one."""
    added = padding.amount(most, size)

    assert 0 <= added <= most
    if size is not None and most >= 63:
        assert (size + added) % 32 == 0


def test_all_amounts_are_drawn() -> None:
    """None is left out."""
    assert {padding.amount(3) for _ in range(1000)} == {0, 1, 2, 3}
    assert {padding.amount(255, 31) for _ in range(1000)} == set(range(1, 256, 32))
