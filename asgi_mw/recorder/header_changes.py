"""What a layer changed in headers: found by comparing them unmasked, then masked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgi_mw.passages import HeaderChanges

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asgi_mw.redaction import Redaction

_NOTHING = HeaderChanges()


def header_changes(
    before: Sequence[Any], after: Sequence[Any], redact: Redaction, masked: list[str]
) -> HeaderChanges:
    """The changes from *before* to *after*, with secrets masked; the order of names is no change.

    Args:
        before: Pairs of bytes; anything else is left out.
        after: The same.
        redact: What masks them.
        masked: Takes the names of what was masked.

    >>> from asgi_mw.redaction import DEFAULT
    >>> header_changes([(b"a", b"1"), (b"b", b"2")], [(b"A", b"3")], DEFAULT, [])
    HeaderChanges(added=(), removed=((b'b', b'2'),), replaced=((b'A', b'1', b'3'),))
    """
    if before is after or before == after:
        return _NOTHING
    added, removed = _left(after, before), _left(before, after)
    replaced = []
    for pair in [*removed]:
        other = next((one for one in added if one[0].lower() == pair[0].lower()), None)
        if other is not None:
            removed.remove(pair)
            added.remove(other)
            replaced.append((pair, other))

    def shown(pairs: Sequence[tuple[bytes, bytes]]) -> list[Any]:
        found, names = redact.headers(pairs)
        masked.extend(f"header {name}" for name in names)
        return found

    befores = shown([one for one, _ in replaced])
    afters = shown([other for _, other in replaced])
    return HeaderChanges(
        tuple((name, value) for name, value in shown(added)),
        tuple((name, value) for name, value in shown(removed)),
        tuple((new[0], old[1], new[1]) for old, new in zip(befores, afters, strict=True)),
    )


def _left(pairs: Sequence[Any], others: Sequence[Any]) -> list[tuple[bytes, bytes]]:
    """Those of *pairs* without an equal one among *others*, each of which counts once."""
    known: dict[tuple[bytes, bytes], int] = {}
    for name, value in _plain(others):
        key = (name.lower(), value)
        known[key] = known.get(key, 0) + 1
    left = []
    for name, value in _plain(pairs):
        key = (name.lower(), value)
        if known.get(key, 0):
            known[key] -= 1
        else:
            left.append((name, value))
    return left


def _plain(pairs: Sequence[Any]) -> list[tuple[bytes, bytes]]:
    return [
        (pair[0], pair[1])
        for pair in pairs
        if len(pair) == 2 and pair[0].__class__ is bytes is pair[1].__class__
    ]
