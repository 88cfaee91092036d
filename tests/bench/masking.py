"""What it takes to look for secrets in what a recording keeps."""

from __future__ import annotations

import json
from functools import partial
from statistics import median
from time import thread_time_ns
from typing import TYPE_CHECKING

from asgi_mw.redaction import Redaction
from tests.bench.report import Row
from tests.bench.traffic import HEADERS

if TYPE_CHECKING:
    from collections.abc import Callable

_SIZE = 4096
_BATCH = 10
_WORDS = "the quick brown fox jumps over a lazy dog while shipping continues by design".split()  # noqa: SIM905  # words read best as words
_SECRETS = {"password": "x", "card_number": "4111 1111 1111 1111", "token": "x"}
_TEXTS = {
    "address": "https://example.org/items/7?page=2",
    "agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "time": "2026-01-02T03:04:05.123456Z",
    "message": "TimeoutError: no answer from db:5432 within 3 s, after 2 attempts of ann",
}
_ASKED = [(name, value) for name, _, value in (line.partition(b": ") for line in HEADERS)]
_ANSWERED = [
    (b"content-type", b"application/json"),
    (b"content-length", b"4096"),
    (b"date", b"Fri, 02 Jan 2026 03:04:05 GMT"),
    (b"server-timing", b"app;dur=12.3"),
]


async def rows(rounds: int) -> list[Row]:
    """Bodies, texts, queries and headers; the median of *rounds* of ten."""
    policy = Redaction()
    mask = partial(policy.body, content_type=b"application/json")
    masks: dict[str, Callable[[], object]] = {
        "path": partial(policy.path, "/items/a%20b"),
        "query": partial(policy.query, b"page=2&q=shoes"),
        "headers": lambda: [_afresh(policy).headers(_ASKED), policy.headers(_ANSWERED)],
        "headers, known": lambda: [policy.headers(_ASKED), policy.headers(_ANSWERED)],
    }
    for kind, body in _bodies().items():
        half = len(body) // 2
        masks[kind] = partial(mask, [body])
        masks[f"{kind}, in two"] = partial(mask, [body[:half], body[half:]])
        masks[f"{kind}, a message"] = partial(policy.message, body)
    for kind, text in _TEXTS.items():
        masks[kind] = partial(_text, policy, text)
    times = _times(masks, rounds)
    secrets = [kind for kind in times if kind.startswith((*_SECRETS,))]
    usual = [kind for kind in times if kind.startswith("records")]
    return [
        _row("masking 4 KB of JSON, clean", times, usual, 45),
        _row("masking 4 KB of JSON, with a secret", times, secrets, 120),
        _row("masking a text", times, [*_TEXTS]),
        _row("masking a path or a query", times, ["path", "query"]),
        _row("masking eight and four headers", times, ["headers", "headers, known"]),
    ]


def _row(name: str, times: dict[str, float], kinds: list[str], bar: float | None = None) -> Row:
    """The first of *kinds*, and what it is made of."""
    parts = {f"{kind} [us]": round(times[kind], 2) for kind in kinds}
    return Row(name, times[kinds[0]], "us", bar, parts=parts)


def _afresh(policy: Redaction) -> Redaction:
    """*policy* without what it remembers."""
    policy.known.texts.clear()
    policy.known.pairs.clear()
    return policy


def _text(policy: Redaction, text: str) -> str:
    return _afresh(policy).text(text)


def _bodies() -> dict[str, bytes]:
    """Records of 4 KB, each with texts of its own or all alike; and some with one secret."""
    records = [_record(number) for number in range(99)]
    size = next(n for n in range(99) if len(json.dumps(records[:n])) > _SIZE)
    alike = [{"id": number, "name": "Blue ceramic mug", "count": 2} for number in range(80)]
    bodies = {
        "records": json.dumps(records[:size]),
        "records alike": json.dumps(alike),
        "records, compact": json.dumps(records[:size], separators=(",", ":")),
        "records, indented": json.dumps(records[:size], indent=2),
    }
    for name, secret in _SECRETS.items():
        held = [*records[:size], {name: secret}, *records[:1]]
        bodies[name] = json.dumps(held)
    return {kind: body.encode() for kind, body in bodies.items()}


def _record(number: int) -> dict[str, object]:
    words = [_WORDS[(number * step + step) % len(_WORDS)] for step in (1, 3, 5, 7)]
    return {
        "id": 1000 + number,
        "name": " ".join(words[:2]),
        "note": " ".join([*words, f"no. {number}"]),
        "total": number * 12.5,
        "created_at": f"2026-01-02T03:04:{number % 60:02}Z",
        "email": f"{words[0]}{number}@example.org",
        "url": f"https://example.org/items/{number}?page=2",
        "active": number % 2 == 0,
        "tags": words[2:],
        "address": {"street": f"{number} Main Street", "zip": "12345"},
    }


def _times(masks: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """The median us of each, all of them taking turns; waiting for a processor does not count."""
    times: dict[str, list[float]] = {kind: [] for kind in masks}
    for _ in range(rounds):
        for kind, mask in masks.items():
            began = thread_time_ns()
            for _ in range(_BATCH):
                mask()
            times[kind].append((thread_time_ns() - began) / _BATCH / 1e3)
    return {kind: median(found) for kind, found in times.items()}
