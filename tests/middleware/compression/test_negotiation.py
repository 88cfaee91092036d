"""Which coding a client gets: RFC 9110 12.5.3, row by row."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgi_mw.middleware.compression import negotiation
from asgi_mw.middleware.compression.negotiation import choose, negotiator

ALL = (b"zstd", b"br", b"gzip")
GZIP = (b"gzip",)
OFFERED = {name: name for name in ALL}

ROWS: list[tuple[bytes, tuple[bytes, ...], bytes | None]] = [
    # What browsers and tools send
    (b"gzip, deflate, br, zstd", ALL, b"zstd"),
    (b"gzip, deflate, br", ALL, b"br"),
    (b"gzip, deflate", ALL, b"gzip"),
    (b"gzip;q=1.0, deflate;q=0.6, identity;q=0.3", ALL, b"gzip"),
    (b"deflate, gzip, br, zstd", GZIP, b"gzip"),
    (b"identity;q=1, *;q=0", ALL, None),
    (b"identity", ALL, None),
    (b"deflate, compress", ALL, None),
    # Nothing named: only no coding is (RFC 9110 12.5.3)
    (b"", ALL, None),
    (b" \t", ALL, None),
    (b",", ALL, None),
    (b", ,, ,", ALL, None),
    # Names are tokens, whole ones, of any case (RFC 9110 8.4.1)
    (b"GZIP", ALL, b"gzip"),
    (b"GzIp, Br;Q=0.5", ALL, b"gzip"),
    (b"notgzip", GZIP, None),
    (b"gzipped", GZIP, None),
    (b"gzip2", GZIP, None),
    (b"-gzip", GZIP, None),
    (b"gzip deflate", GZIP, None),
    (b'"gzip"', GZIP, None),
    (b"gzip/br", ALL, None),
    (b"g\xc5\xbcip", ALL, None),
    (b"\xff\xfe", ALL, None),
    # An old name of gzip (RFC 9110 8.4.1.3)
    (b"x-gzip", ALL, b"gzip"),
    (b"X-GZip;q=0.5", ALL, b"gzip"),
    (b"x-gzip;q=0", ALL, None),
    (b"x-br", ALL, None),
    # Weights (RFC 9110 12.4.2)
    (b"gzip;q=1", ALL, b"gzip"),
    (b"gzip;q=1.000", ALL, b"gzip"),
    (b"gzip;q=1.", ALL, b"gzip"),
    (b"gzip;q=0.001", ALL, b"gzip"),
    (b"gzip;q=0.", ALL, None),
    (b"gzip;q=0", ALL, None),
    (b"gzip;q=0.0", ALL, None),
    (b"gzip;q=0.000", ALL, None),
    (b"gzip;Q=0", ALL, None),
    (b"gzip ; q=0", ALL, None),
    (b"gzip;\tq=0.5", ALL, b"gzip"),
    (b"br;q=0.2, gzip;q=0.9", ALL, b"gzip"),
    (b"br;q=0.9, gzip;q=0.2", ALL, b"br"),
    (b"gzip;q=0.5, br;q=0.5, zstd;q=0.5", ALL, b"zstd"),
    (b"gzip;q=0.501, br;q=0.5, zstd;q=0.5", ALL, b"gzip"),
    (b"gzip;q=0, br;q=0, zstd;q=0", ALL, None),
    # What is no weight refuses; float() takes most of these
    (b"gzip;q=inf", ALL, None),
    (b"gzip;q=nan", ALL, None),
    (b"gzip;q=1_0", ALL, None),
    (b"gzip;q=1e0", ALL, None),
    (b"gzip;q=+1", ALL, None),
    (b"gzip;q=-1", ALL, None),
    (b"gzip;q=2", ALL, None),
    (b"gzip;q=1.001", ALL, None),
    (b"gzip;q=0.0001", ALL, None),
    (b"gzip;q=.5", ALL, None),
    (b"gzip;q=0,5", ALL, None),
    (b"gzip;q=", ALL, None),
    (b"gzip;q", ALL, None),
    (b"gzip;q=high", ALL, None),
    (b"gzip;q=\xd9\xa1", ALL, None),
    (b"gzip;q= 1", ALL, None),
    (b'gzip;q="1"', ALL, None),
    (b"gzip;q=1;q=0", ALL, None),
    # Everything else
    (b"*", ALL, b"zstd"),
    (b"*", GZIP, b"gzip"),
    (b"*;q=0.001", ALL, b"zstd"),
    (b"*;q=0", ALL, None),
    (b"*;q=0, gzip", ALL, b"gzip"),
    (b"*;q=0.5, zstd;q=0", ALL, b"br"),
    (b"zstd;q=0, br;q=0, *", ALL, b"gzip"),
    (b"gzip;q=0, *", GZIP, None),
    (b"gzip;q=0.2, *;q=0.8", ALL, b"zstd"),
    # No coding at all has a weight, too
    (b"identity;q=0", ALL, None),
    (b"identity;q=0, gzip", ALL, b"gzip"),
    (b"identity;q=0, *", ALL, b"zstd"),
    (b"identity, gzip", ALL, b"gzip"),
    (b"identity;q=1, gzip;q=0.5", ALL, None),
    (b"identity;q=0.5, gzip;q=1", ALL, b"gzip"),
    (b"identity;q=0.5, *;q=0.1", ALL, None),
    # Twice named: as it is said least
    (b"gzip, gzip;q=0", ALL, None),
    (b"gzip;q=0, gzip", ALL, None),
    (b"gzip;q=0, x-gzip", ALL, None),
    (b"gzip;q=0.9, gzip;q=0.1, br;q=0.5", ALL, b"br"),
    # Nothing is offered
    (b"gzip", (), None),
    (b"*", (), None),
]


@pytest.mark.parametrize(
    ("accepted", "offered", "chosen"),
    ROWS,
    ids=[f"{accepted!r} of {len(offered)}" for accepted, offered, _ in ROWS],
)
def test_the_coding_is_the_one_that_the_specification_says(
    accepted: bytes, offered: tuple[bytes, ...], chosen: bytes | None
) -> None:
    """All of ``Accept-Encoding`` to the coding that is sent."""
    assert chosen == choose(accepted, offered)


@pytest.mark.parametrize(
    ("lines", "chosen"),
    [
        ([b"deflate", b"gzip"], b"gzip"),
        ([b"gzip;q=0", b"br"], b"br"),
        ([b"gzip", b"", b"br;q=0.5"], b"gzip"),
        ([b"gzip", b"gzip;q=0"], None),
        ([b""], None),
    ],
)
def test_several_lines_are_one_list(lines: list[bytes], chosen: bytes | None) -> None:
    """RFC 9110 5.3."""
    assert (chosen and (chosen, chosen)) == negotiator(OFFERED)(b",".join(lines))


@pytest.mark.parametrize(
    ("accepted", "chosen"),
    [
        (b"gzip, deflate, br, zstd", (b"zstd", b"zstd")),
        (b"gzip, deflate, br", (b"br", b"gzip")),
        (b"*", (b"zstd", b"zstd")),
        (b"zstd;q=0, *", (b"br", b"gzip")),
        (b"br;q=1, gzip;q=0.9", (b"br", b"br")),
        (b"br", (b"br", b"br")),
    ],
)
def test_streams_prefer_other_codings_than_br(accepted: bytes, chosen: tuple[bytes, bytes]) -> None:
    """Among those that the client likes equally."""
    assert chosen == negotiator(OFFERED)(accepted)


@pytest.mark.parametrize(
    "unit",
    [b",", b"a;q=1,", b"\t,", b"gzip;q=0.9,", b"9"],
    ids=["commas", "a", "tabs", "gzip", "9"],
)
@pytest.mark.parametrize("size", [65_536, 1 << 20], ids=["64 KiB", "1 MiB"])
def test_a_list_longer_than_any_client_sends_is_not_read(
    unit: bytes, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes no time, and no coding is right for every client."""
    monkeypatch.setattr(negotiation, "weights", None)

    assert negotiator(OFFERED)(b"gzip;q=0." + unit * (size // len(unit))) is None


def test_what_clients_send_is_cached_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither many values nor long ones stay."""
    parsed = []

    def noting(accepted: bytes, offered: object) -> None:
        parsed.append(accepted)

    monkeypatch.setattr(negotiation, "choose", noting)
    negotiated = negotiator(OFFERED)
    long = b"gzip," * 40
    for value in [b"gzip", b"gzip", long, long]:
        negotiated(value)
    assert [b"gzip"] * 2 + [long] * 4 == parsed
    for number in range(256):
        negotiated(b"%d" % number)
    parsed.clear()
    negotiated(b"gzip")
    assert [b"gzip"] * 2 == parsed


_PIECES = [b"gzip", b"br", b"x-gzip", b"*", b"identity", b";", b"q=", b"0", b"1", b".5", b",", b" "]


def _judged(accepted: bytes) -> dict[str, list[float]]:
    """What the specification's grammar says of each name, written another way."""
    found: dict[str, list[float]] = {}
    for member in accepted.decode("latin-1").split(","):
        match = re.fullmatch(
            r"[ \t]*([^ \t;]+)[ \t]*(?:;[ \t]*[qQ]=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)[ \t]*)?", member
        )
        if match:
            name = match[1].lower().removeprefix("x-") if "gzip" in match[1] else match[1].lower()
            found.setdefault(name, []).append(float(match[2] or 1))
    return found


@given(st.one_of(st.binary(max_size=60), st.lists(st.sampled_from(_PIECES)).map(b"".join)))
def test_nothing_is_chosen_that_the_client_did_not_ask_for(accepted: bytes) -> None:
    """Whatever the bytes, and never is an exception raised."""
    chosen = choose(accepted, ALL)
    assert chosen == choose(accepted.upper(), ALL)
    if chosen is not None and b";" not in accepted:
        said = _judged(accepted)
        assert chosen.decode() in said or "*" in said
