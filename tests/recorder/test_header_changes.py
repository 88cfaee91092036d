"""What makes one list of headers of another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from asgi_mw.passages import HeaderChanges
from asgi_mw.recorder.header_changes import header_changes
from asgi_mw.redaction import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Sequence

_A, _B = (b"a", b"1"), (b"b", b"2")
_CASES: dict[str, tuple[Sequence[Any], Sequence[Any], HeaderChanges]] = {
    "nothing": ([_A, _B], [_A, _B], HeaderChanges()),
    "another order": ([_A, _B], [_B, _A], HeaderChanges()),
    "another case of the name": ([_A], [(b"A", b"1")], HeaderChanges()),
    "one more": ([_A], [_A, _B], HeaderChanges(added=(_B,))),
    "one less": ([_A, _B], [_B], HeaderChanges(removed=(_A,))),
    "the same twice": ([_A], [_A, _A], HeaderChanges(added=(_A,))),
    "another value": ([_A], [(b"a", b"3")], HeaderChanges(replaced=((b"a", b"1", b"3"),))),
    "one of two values": (
        [_A, (b"a", b"2")],
        [_A, (b"a", b"3"), (b"a", b"4")],
        HeaderChanges(added=((b"a", b"4"),), replaced=((b"a", b"2", b"3"),)),
    ),
    "no header at all": ([(1, 2, 3)], [_A, ("a", "b")], HeaderChanges(added=(_A,))),
}


@pytest.mark.parametrize(("before", "after", "expected"), _CASES.values(), ids=_CASES)
def test_the_changes(before: Sequence[Any], after: Sequence[Any], expected: HeaderChanges) -> None:
    """By name, whatever its case, and value."""
    assert expected == header_changes(before, after, DEFAULT, [])


def test_secrets_that_differ_are_a_change_and_stay_secret() -> None:
    """They are compared before they are masked."""
    masked: list[str] = []
    changes = header_changes(
        [(b"authorization", b"Bearer one")], [(b"authorization", b"Bearer two")], DEFAULT, masked
    )
    secret = b"Bearer [redacted]"
    assert HeaderChanges(replaced=((b"authorization", secret, secret),)) == changes
    assert {"header authorization"} == set(masked)
