"""Two bodies, line by line; JSON is laid out first, so that each value has a line."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from asgi_mw.amounts import size
from asgi_mw.parts import utf8
from asgi_mw.recorder.comparing.usual import calm
from asgi_mw.shortest import steps

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from asgi_mw.parts import Body

# Of longer bodies only the digests are shown
_LONGEST = 200_000
_DEEPEST = 30
# How many lines that are the same are shown on both sides of a difference
_NEAR = 2
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|[\[{]\s*[\]}]|[\[\]{},:]|[^\s\[\]{},:"]+')


class Bodies(NamedTuple):
    """How two bodies differ.

    Attributes:
        differ: How many lines do; 1 where they differ as a whole.
        usual: How many lines differ only in what usually differs.
        said: What there is to say of both, in a sentence.
        lines: The kind of each line, its text, and for the kind ``"usual"`` that of the other:
            ``("same", "{")``, ``("usual", "left", "right")``; ``("left out", "4")`` lines.
        whole: They were not compared by lines.
    """

    differ: int = 0
    usual: int = 0
    said: str = ""
    lines: Sequence[tuple[str, ...]] = ()
    whole: bool = False


def bodies(left: Body, right: Body) -> Bodies:
    """How *left* and *right* differ."""
    cut = "One was cut when it was recorded." if left.cut or right.cut else ""
    if (left.data, left.size) == (right.data, right.size):
        kept = ", as far as they were kept" if cut else ""
        return Bodies(said=f"The same, {size(left.size)}{kept}." if left.size else "None.")
    texts = [utf8(one.data) if len(one.data) <= _LONGEST else None for one in (left, right)]
    if texts[0] is None or texts[1] is None:
        digests = " and ".join(f"{size(one.size)}, SHA-256 {_digest(one)}" for one in (left, right))
        return Bodies(differ=1, said=f"{digests}. {cut}".rstrip(), whole=True)
    lines = list(_lines(laid_out(texts[0]), laid_out(texts[1])))
    ways = [line[0] for line in lines]
    differ = max(ways.count("removed"), ways.count("added"))
    usual = ways.count("usual")
    if not differ and not usual:
        said = f"The same values, written in another way: {size(left.size)} and {size(right.size)}."
        return Bodies(usual=1, said=f"{said} {cut}".rstrip())
    return Bodies(differ, usual, cut, list(_folded(lines)))


def laid_out(text: str) -> str:
    r"""JSON with a line for each value, each token as it was written; other text as it is.

    >>> laid_out('{"a":1e2}')
    '{\n  "a": 1e2\n}'
    """
    try:
        if not isinstance(json.loads(text), (dict, list)):
            return text
    except (ValueError, RecursionError):
        return text
    written: list[str] = []
    depth = 0
    for piece in _TOKENS.findall(text):
        if piece in "]}":
            depth -= 1
            written += _line(depth)
        written.append(": " if piece == ":" else piece)
        if piece in "[{":
            depth += 1
        if piece in "[{,":
            written += _line(depth)
    return "".join(written)


def _line(depth: int) -> list[str]:
    return ["\n", "  " * min(depth, _DEEPEST)]


def _lines(left: str, right: str) -> Iterator[tuple[str, ...]]:
    """Aligned by what does not usually differ, then compared as they are."""
    lefts, rights = left.split("\n"), right.split("\n")
    for way, x, y in steps(calm(left).split("\n"), calm(right).split("\n")):
        if way == "same" and lefts[x] != rights[y]:
            yield "usual", lefts[x], rights[y]
        else:
            yield way, rights[y] if way == "added" else lefts[x]


def _folded(lines: Sequence[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """The lines that differ, with those near them, and how many are left out between."""
    differ = [at for at, line in enumerate(lines) if line[0] != "same"]
    near = {at + by for at in differ for by in range(-_NEAR, _NEAR + 1)}
    left_out = 0
    for at, line in enumerate(lines):
        if at not in near:
            left_out += 1
            continue
        if left_out:
            yield "left out", str(left_out)
        left_out = 0
        yield line
    if left_out:
        yield "left out", str(left_out)


def _digest(body: Body) -> str:
    return sha256(body.data).hexdigest()[:16]
