"""The policy: its options and its entrances."""

from __future__ import annotations

from typing import Any

import pytest

from asgi_mw.errors import ConfigError, Problems
from asgi_mw.redaction import DEFAULT, Redaction, redaction_of


@pytest.mark.parametrize(
    ("query", "expected", "names"),
    [
        (b"", b"", ()),
        (b"page=2&limit=10", b"page=2&limit=10", ()),
        (b"token=a&x=%41", b"token=[redacted]&x=%41", ("token",)),
        (b"api%5Fkey=a", b"api%5Fkey=[redacted]", ("api_5fkey",)),
        (b"a=1;token=x;y&z=2", b"a=1;token=[redacted]&z=2", ("token",)),
        (b"t=eyJhIjox.eyJi.c", b"t=[redacted]", ("jwt",)),
        (b"u=https://a:b@h/", b"u=https://[redacted]@h/", ("userinfo",)),
        (b"u=https%3A%2F%2Fa%3Ab%40h%2F&v=1", b"u=[redacted]&v=1", ("userinfo",)),
        (b"a=Bearer+abc", b"a=[redacted]", ("bearer",)),
        (b"token=&token", b"token=&token", ()),
        (b"&&==&%", b"&&==&%", ()),
        (b"a=\xff&pin=\xff", b"a=\xff&pin=[redacted]", ("pin",)),
    ],
)
def test_a_query_is_masked_byte_for_byte(
    query: bytes, expected: bytes, names: tuple[str, ...]
) -> None:
    """Nothing but secret values changes."""
    assert (expected, names) == DEFAULT.query(query)


def test_bodies_may_be_kept_raw_or_not_at_all() -> None:
    """Both are asked for by name."""
    pieces = [b"pin=1"]
    assert Redaction(bodies="raw").body(pieces).pieces == (b"pin=1",)
    assert Redaction(bodies="none").body(pieces).pieces is None
    assert Redaction(bodies="raw").message(b"\xff").pieces == (b"\xff",)


def test_a_policy_is_a_value() -> None:
    """Equal options make equal policies, which can be printed and not be changed."""
    assert Redaction(names=["a"]) == Redaction(names=("a",))
    assert len({Redaction(), DEFAULT}) == 1
    assert repr(DEFAULT) == (
        "Redaction(names=(), show=(), bodies='redacted', decoded_limit=262144)"
    )
    with pytest.raises(AttributeError):
        DEFAULT.bodies = "raw"  # type: ignore[misc]  # that it cannot be set is the test


@pytest.mark.parametrize(
    "options",
    [
        {"names": "iban"},
        {"names": [1]},
        {"names": [""]},
        {"show": b"iban"},
        {"show": 3},
        {"bodies": "all"},
        {"decoded_limit": 0},
        {"decoded_limit": True},
        {"decoded_limit": "1"},
    ],
    ids=str,
)
def test_a_wrong_option_is_refused(options: dict[str, Any]) -> None:
    """The error names the option."""
    with pytest.raises(ConfigError, match=f"Redaction: {next(iter(options))}="):
        Redaction(**options)


def test_a_layer_takes_a_policy_names_or_nothing() -> None:
    """The option is the same everywhere."""
    problems = Problems("record")
    policy = Redaction(show=["pin"])
    assert redaction_of(None, "redact", problems) is DEFAULT
    assert redaction_of(policy, "redact", problems) is policy
    assert redaction_of({"iban"}, "redact", problems) == Redaction(names=["iban"])
    problems.check()


@pytest.mark.parametrize("option", ["iban", 3, [None], {"a": 1}])
def test_a_layer_notes_what_is_no_redaction(option: Any) -> None:
    """A lone str is a list forgotten."""
    problems = Problems("record")
    assert redaction_of(option, "redact", problems) is DEFAULT
    assert [problem.option for problem in problems.found] == ["redact"]
