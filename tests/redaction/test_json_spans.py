"""The quick look at JSON never says other than the reading string by string."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgi_mw.redaction.json_glance import json_doubts
from asgi_mw.redaction.json_spans import _read, json_spans
from asgi_mw.redaction.names import compile_names
from tests.redaction.lookalikes import carefully
from tests.tried import tried

if TYPE_CHECKING:
    from asgi_mw.redaction.names import Names

secret = compile_names()


def _is_harmless(text: str, secret: Names, *, cut: bool) -> bool:
    return json_doubts(text, secret, cut=cut) == ([], False)


names = st.sampled_from(["id", "größe", "@type", "a=b", "password", "token_type", "", "Bearer "])
values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(max_size=8),
    st.sampled_from(
        [
            "2026-01-02T03:04:05Z",
            "https://example.org/a?b=c",
            "https://me:pw@example.org/",
            "see token=x",
            "Bearer x",
            "basic eyJhbGciOiJub25lIn0.e30.x",
            "it's",
        ]
    ),
)
documents = st.recursive(
    values,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)
fragments = st.sampled_from(
    [
        *('"', '"a"', '"b":', '"pin"', '"token=1"', '"x:y"', '"2026-01-02T03:04"', '"Ã¶"', "\\"),
        *("{", "}", "[", "]", ":", ",", " ", "\n", "\x1e", "1", "-", "tru", "true", "null", "nul"),
        *("\xef\xbb\xbf", "42", "a[", "x", "'", '""', '": "', '", "', ": 1, "),
    ]
)


def check(text: str, *, cut: bool) -> None:
    with carefully():
        read = json_spans(text, secret, cut=cut)
    assert read == json_spans(text, secret, cut=cut)
    if _is_harmless(text, secret, cut=cut):
        assert ([], True) == tuple(_read(text, secret, cut=cut))


def text_of(document: Any, *, spaced: bool) -> str:
    """*document* as JSON, its bytes as Latin-1."""
    separators = (" , ", " : ") if spaced else None
    text = json.dumps(document, ensure_ascii=False, separators=separators)
    return text.encode("utf-8", "replace").decode("latin-1")


@tried(1000)
@given(document=documents, spaced=st.booleans(), cut=st.booleans(), data=st.data())
def test_what_the_quick_look_accepts_has_nothing_to_mask(
    *, document: Any, spaced: bool, cut: bool, data: st.DataObject
) -> None:
    """Whole documents, and their beginnings."""
    text = text_of(document, spaced=spaced)
    end = data.draw(st.integers(0, len(text))) if cut else len(text)
    check(text[:end], cut=cut)
    check(text[:end], cut=False)


@tried(2000)
@given(text=st.lists(fragments, max_size=12).map("".join), cut=st.booleans())
def test_what_the_quick_look_accepts_is_sound(*, text: str, cut: bool) -> None:
    """However broken a text is."""
    check(text, cut=cut)


@pytest.mark.parametrize(
    "text",
    [
        '{"id": 1, "tags": ["a", "b"], "at": "2026-01-02T03:04:05Z", "none": null}',
        '[{"url": "https://example.org/a"}, {"größe": -1.5e3}]',
        '{ "a" : "b" , "c" : [ ] }',
    ],
)
def test_usual_json_needs_no_second_look(text: str) -> None:
    """Dates and addresses among it; else the quick look would be for nothing."""
    latin = text.encode().decode("latin-1")
    assert _is_harmless(latin, secret, cut=False)
    assert ([], True) == tuple(json_spans(latin, secret))


def test_a_string_without_an_end_is_read() -> None:
    """What is cut may be half a secret."""
    assert not _is_harmless('{"a": "b', secret, cut=True)
    assert not _is_harmless('{"a": "b"', secret, cut=True)
