"""Run the property tests of what strangers send or leave with many examples, in bounded time."""

from __future__ import annotations

import sys
from time import monotonic
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from asgi_mw.middleware.compression.negotiation import choose
from asgi_mw.redaction import DEFAULT
from tests.live.kept import kept
from tests.live.kept import programs as kept_programs
from tests.middleware.compression import test_properties as coding
from tests.recorder import test_mutations as files
from tests.redaction import lookalikes, through
from tests.redaction import test_json_spans as json_spans
from tests.redaction.shapes import parts, pieces

if TYPE_CHECKING:
    from collections.abc import Callable

EXAMPLES = 20_000
_BATCH = 2_000
_SECONDS = 600.0


def _negotiate(accepted: bytes) -> None:
    assert choose(accepted, [b"br", b"gzip"]) in {None, b"br", b"gzip"}


def _kept(http: str) -> Callable[[Any], None]:
    return lambda program: kept(http, "asyncio").check(program)


def _mask(piece: tuple[str, dict[str, Any]]) -> None:
    text, cut = piece
    message = DEFAULT.message(text.encode(), **cut).pieces or (b"",)
    assert [] == parts(DEFAULT.text(text, **cut)) + parts(message[0].decode())


def _judge(one: tuple[Any, bool, float]) -> None:
    """The quick look at JSON beside the careful one: all of a document, or its beginning."""
    document, spaced, share = one
    text = json_spans.text_of(document, spaced=spaced)
    json_spans.check(text, cut=False)
    json_spans.check(text[: int(len(text) * share)], cut=True)


# What each is checked by, what it is given, and how often
TARGETS: dict[str, tuple[Callable[[Any], None], st.SearchStrategy[Any], int]] = {
    "compression": (coding.check, coding.programs(), EXAMPLES),
    "negotiation": (_negotiate, st.binary(max_size=200), EXAMPLES),
    "masking": (_mask, pieces(5), EXAMPLES),
    "masking at a glance": (lookalikes.check, lookalikes.seeds, EXAMPLES),
    "masking JSON, quick and careful": (
        _judge,
        st.tuples(json_spans.documents, st.booleans(), st.floats(0, 1)),
        3 * EXAMPLES,
    ),
    "masking in layers": (through.check, through.padded(), EXAMPLES // 20),
    "store files": (files.check, files.programs, EXAMPLES // 8),
    # Each is up to a dozen requests to a real server
    "kept connections, h11": (_kept("h11"), kept_programs, EXAMPLES // 10),
    "kept connections, httptools": (_kept("httptools"), kept_programs, EXAMPLES // 10),
}


def fuzz(
    name: str, check: Callable[[Any], None], inputs: st.SearchStrategy[Any], examples: int
) -> bool:
    """Give *check* its examples in batches, each from another seed; whether all were had."""
    began = monotonic()
    done = 0

    def counted(one: Any) -> None:
        nonlocal done
        done += 1
        check(one)

    batch = 0
    while done < examples and monotonic() - began < _SECONDS:
        run = given(inputs)(counted)
        seed(batch)(settings(max_examples=min(_BATCH, examples), **_SETTINGS)(run))()
        batch += 1
        print(f"{name}: {done:,} examples in {monotonic() - began:.0f} s", flush=True)
    return done >= examples


_SETTINGS: dict[str, Any] = {
    "deadline": None,
    "database": None,
    "print_blob": True,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.nested_given],
}


if __name__ == "__main__":
    done = [fuzz(name, *target) for name, target in TARGETS.items()]
    sys.exit(not all(done))
