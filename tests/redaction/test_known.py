"""What is remembered changes nothing but the time that it takes."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from asgi_mw.redaction import Redaction
from asgi_mw.redaction.known import Known
from tests.tried import tried

names = st.sampled_from([b"accept", b"cookie", b"x-token", b"referer", b"x", b"Set-Cookie", b""])
fragments = st.sampled_from([b"a", b"=", b";", b" ", b"pin=1", b"Bearer x", b"https://a:b@c/", b""])
values = st.lists(fragments, max_size=3).map(b"".join)
pairs = st.tuples(names, values)
headers = st.lists(
    pairs | pairs.map(list) | st.binary(max_size=3) | st.lists(st.just([b"x"]), max_size=2),
    max_size=6,
)
texts = values.map(bytes.decode)
bodies = st.lists(values, max_size=3)
scopes = st.fixed_dictionaries(
    {},
    optional={
        "path": texts,
        "raw_path": values | st.just(b"/a/b"),
        "headers": headers,
        "state": st.dictionaries(texts, texts | headers | st.booleans(), max_size=3),
    },
)


@tried(300)
@given(
    calls=st.lists(
        st.one_of(
            st.tuples(st.just("headers"), headers),
            st.tuples(st.just("text"), texts),
            st.tuples(st.just("scope"), scopes),
            st.tuples(st.just("body"), bodies),
        ),
        max_size=12,
    )
)
def test_a_policy_that_saw_much_masks_as_a_new_one(calls: list[tuple[str, Any]]) -> None:
    """Whatever it saw before."""
    old = Redaction(names=["x"])
    for method, argument in [*calls, *calls]:
        expected = getattr(Redaction(names=["x"]), method)(argument)
        assert expected == getattr(old, method)(argument)


@given(found=headers)
def test_no_masked_pair_is_remembered(found: list[Any]) -> None:
    """What is remembered is a secret of nobody."""
    policy = Redaction()
    shown, _ = policy.headers(found)
    assert all(pair in shown or list(pair) in shown for pair in policy.known.pairs)


def test_no_masked_body_is_remembered() -> None:
    """Nor one that may go on, or that says something else under another media type."""
    policy = Redaction()
    for pieces in ([b'{"pin": 1', b"234}"], [b"a=1&b", b"=2"]):
        for kind in (b"application/json", b"application/x-www-form-urlencoded", b""):
            policy.body(pieces, content_type=kind)
            policy.body([b"x", *pieces], content_type=kind, cut=True)
            policy.body([b"y", *pieces], content_type=kind, headless=True)
    remembered = sorted(body for _, body in policy.known.bodies)
    assert remembered == [b"a=1&b=2", b"a=1&b=2", b"a=1&b=2"]


def test_what_is_remembered_is_bounded() -> None:
    """In number and in length: it comes from clients."""
    known = Known()
    for number in range(5000):
        known.note_text(f"{number}")
        known.note_pair((b"x", b"%d" % number))
        known.note_body((b"", b"%d" % number))
    known.note_text("x" * 1000)
    known.note_pair((b"x", b"x" * 1000))
    known.note_body((b"", b"x" * 1000))
    assert len(known.texts) <= 1024
    assert len(known.pairs) <= 1024
    assert len(known.bodies) <= 1024
    assert max(map(len, known.texts)) < 1000
    assert max(len(value) for _, value in known.pairs | known.bodies) < 1000
