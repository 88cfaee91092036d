"""How two exchanges differ, in one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgi_mw.amounts import duration, plural

if TYPE_CHECKING:
    from asgi_mw.events import Exchange
    from asgi_mw.recorder.comparing.bodies import Bodies

# Two runs that differ by less count as equally long: in ns, and as a part of the first
_EVEN, _EVEN_PART = 1_000_000, 0.1


def answer(
    left: Exchange,
    right: Exchange,
    *,
    asked: Bodies,
    answered: Bodies,
    headers: int,
    alone: int,
) -> str:
    """The sentence.

    Args:
        left: The one.
        right: The other.
        asked: How the bodies of the requests differ.
        answered: How those of the responses do.
        headers: How many headers differ.
        alone: How many events have no counterpart.
    """
    statuses = [str(one.answer.status) if one.answer else "none" for one in (left, right)]
    outcomes = [one.outcome or "in flight" for one in (left, right)]
    said = [
        f"same status {statuses[0]}"
        if statuses[0] == statuses[1]
        else f"status {' → '.join(statuses)}"
    ]
    if outcomes[0] != outcomes[1]:
        said.append(f"outcome {' → '.join(outcomes)}")
    if asked.differ:
        said.append(f"request body {_differs(asked)}")
    said.append(f"body {_differs(answered)}" if answered.differ else "same body")
    if headers:
        said.append(f"{plural(headers, 'header')} differ{'s' if headers == 1 else ''}")
    if alone:
        said.append(f"{plural(alone, 'event')} without a counterpart")
    said.append(_speed(left, right))
    sentence = ", ".join(said)
    return f"{sentence[0].upper()}{sentence[1:]}."


def is_even(left: Exchange, right: Exchange) -> bool:
    """Whether both took about as long."""
    took = left.ended or 0
    return abs((right.ended or 0) - took) < max(_EVEN, took * _EVEN_PART)


def _speed(left: Exchange, right: Exchange) -> str:
    if is_even(left, right):
        return "as fast"
    more = (right.ended or 0) - (left.ended or 0)
    return f"{duration(abs(more))} {'slower' if more > 0 else 'faster'}"


def _differs(one: Bodies) -> str:
    return "differs" if one.whole else f"differs in {plural(one.differ, 'line')}"
