"""Which of the connections that ended are kept: a choice in words, or the user's function."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgi_mw.recorder.assemble import outline_of
from asgi_mw.recorder.endings import ending_of
from asgi_mw.recorder.naming import OUTCOMES, is_status, is_status_word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from asgi_mw.errors import Problems
    from asgi_mw.events import Exchange
    from asgi_mw.faults import Faults
    from asgi_mw.tape import Tape

_MEND = "write 'all', 'problems', a status as '422' or '4xx', or an outcome as 'client_gone'"


def keeper(
    keep: str | Iterable[str] | Callable[[Exchange], bool],
    slow: int,
    problems: Problems,
    faults: Faults,
) -> Callable[[Tape], bool] | None:
    """The function that decides whether to keep a tape that has ended; ``None`` keeps all.

    Args:
        keep: ``"all"``, ``"problems"``, a status or a class of them, an outcome; several of
            these, of which one has to fit; or a predicate on the exchange without its payloads.
            If the predicate raises, the exchange is kept, and the fault is counted.
        slow: A connection that took at least this many ns is a problem, but no lifespan.
        problems: Collects what is wrong with *keep*.
        faults: Where a predicate that raises is counted.
    """
    if callable(keep):
        return _asking(keep, faults)
    words = _words(keep, problems)
    if "all" in words:
        return None
    statuses = [word for word in words if is_status_word(word)]

    def keeps(tape: Tape) -> bool:
        outcome, at, status, crashed = ending_of(tape)
        return (
            outcome in words
            or any(is_status(status, word) for word in statuses)
            or (
                "problems" in words
                and (
                    outcome not in {"complete", "unsupported"}
                    or crashed
                    or (status or 0) >= 500
                    # A lifespan is as long as its process lives
                    or (at - tape.origin >= slow and tape.scope["type"] != "lifespan")
                )
            )
        )

    return keeps


def _asking(keep: Callable[[Exchange], bool], faults: Faults) -> Callable[[Tape], bool]:
    def keeps(tape: Tape) -> bool:
        try:
            return bool(keep(outline_of(tape)))
        except Exception as error:  # noqa: BLE001  # the user's function; better too much than lost
            faults.note("keep", error)
            return True

    return keeps


def _words(keep: str | Iterable[str], problems: Problems) -> frozenset[str]:
    """The words in *keep*; only ``"all"`` if one of them is wrong, or if there are none."""
    try:
        words = [keep] if isinstance(keep, (str, bytes)) else list(keep)
    except TypeError:
        problems.add("keep", keep, "is neither words nor a predicate", _MEND)
        return frozenset({"all"})
    if not words:
        problems.add("keep", keep, "keeps nothing", "leave the layer out, or write sample=0")
    wrong = [word for word in words if not _is_word(word)]
    for word in wrong:
        problems.add("keep", word, "is none of its values", _MEND)
    return frozenset(words) if words and not wrong else frozenset({"all"})


def _is_word(word: object) -> bool:
    return isinstance(word, str) and (
        word in {"all", "problems"} or word in OUTCOMES or is_status_word(word)
    )
