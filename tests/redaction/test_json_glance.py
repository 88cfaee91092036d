"""Of JSON, only what may name or hold a secret is read."""

from __future__ import annotations

import json

import pytest

from asgi_mw.redaction import Redaction
from asgi_mw.redaction.json_glance import json_doubts
from asgi_mw.redaction.names import compile_names

secret = compile_names()
RECORD = {
    "id": 1000,
    "name": "shipping",
    "note": "by design, outside of the company",
    "total": 12.5,
    "created_at": "2026-01-02T03:04:05Z",
    "email": "ann@example.org",
    "url": "https://example.org/items/7?page=2",
    "tags": ["a", ["b"]],
    "address": {"zip_code": "12345", "street": None},
}
USUAL = {"items": [{**RECORD, "id": number} for number in range(9)], "next": None}


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("separators", [None, (",", ":")])
def test_usual_records_need_no_reading(
    indent: int | None, separators: tuple[str, str] | None
) -> None:
    """However they are printed, and behind the beginning of a name too."""
    text = json.dumps(USUAL, indent=indent, separators=separators)
    assert ([], False) == json_doubts(text, secret)
    assert ([], False) == json_doubts(text + "\n", secret)


def test_what_may_name_or_hold_a_secret_is_read() -> None:
    """Each time it comes, and nothing else."""
    text = '[{"pin": 1, "a": "x:y"}, {"pin": 2, "b": "pin=3"}, "tokens"]'
    doubts = json_doubts(text, secret)
    assert doubts is not None
    assert [text.index('"pin"'), text.rindex('"pin"'), text.index('"pin=')] == doubts.places


@pytest.mark.parametrize(
    "text",
    [
        r'{"p\u0069n": 1}',
        '{"to\N{KELVIN SIGN}en": 1}',
        '{"card": {"number": 1}}',
        '{"se": {"ss": {"id": 1}}}',
        '{"auth": {"2fa": {"code": 1}}}',
        '{"tokens": {"17": {"key": 1}}}',
        '{"pins": {"é": {"id": 1}}}',
        '{"a": 1 2}',
        '{"a": "b',
        '{"a": "b" "c"}',
        "[1, 2]",
    ],
)
def test_what_cannot_be_told_is_read_as_a_whole(text: str) -> None:
    """Escapes, names that others make secret, and what is not sound."""
    assert json_doubts(text, secret) is None


@pytest.mark.parametrize("value", ["}", "}{", "a}, {b", "{name}"])
def test_a_brace_in_a_string_parts_nothing(value: str) -> None:
    """The records are told apart nevertheless."""
    text = json.dumps([*[{"id": 1, "note": value}] * 9, {"pin": value}])
    doubts = json_doubts(text, secret)
    assert doubts == ([text.index('"pin"')], False)


def test_a_member_that_another_names_is_looked_for_where_there_is_a_secret_name() -> None:
    """Or one may be encoded, or the text is cut."""
    text = '[{"name": "%s", "value": "x"}]'
    assert ([], False) == json_doubts(text % "page", secret)
    assert ([], True) == json_doubts(text % "pin", secret)
    assert ([], True) == json_doubts(text % "p%2569n", secret)
    assert ([], True) == json_doubts(text % "page", secret, cut=True)


@pytest.mark.parametrize(
    ("names", "body"),
    [
        (["userid"], b'{"user": {"id": "x"}}'),
        (["iban2"], b'[{"iban2": "x"}]'),
        ([], b'{"se": {"ss": {"id": "x"}}}'),
    ],
)
def test_a_name_is_secret_within_others_at_a_glance_too(names: list[str], body: bytes) -> None:
    """One that was added as well, and whatever the order in which names are looked at."""
    pieces = Redaction(names=names).body([body], content_type=b"application/json").pieces
    assert pieces == (body.replace(b"x", b"[redacted]"),)


def test_what_is_remembered_of_gaps_is_bounded() -> None:
    """In number and in length: they come from clients."""
    from asgi_mw.redaction.json_glance import _GAPS  # noqa: PLC0415

    for width in range(3000):
        json_doubts(f'["a",{" " * (width % 80)}{"[" * (width // 80)}"b"]', secret)
    assert len(_GAPS) <= 1024
    assert max(map(len, _GAPS)) <= 64
