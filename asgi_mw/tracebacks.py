"""The text of an exception, cut by limits before the work is done, and where it was cut.

To format an exception whose message has megabytes would block the event loop, and to mask a
message whose beginning is gone would be a guess.  So each message is cut before anything is made
of it, and only its beginning is kept.  The pieces of a traceback that end in such a cut are marked.
"""

from __future__ import annotations

import os
from traceback import TracebackException
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

from asgi_mw.printable import SafeLines, printable, printable_lines, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Fold: TypeAlias = "Callable[[BaseException, TracebackException], None]"
MOST_MESSAGE = 8192
"""How many characters of one message are looked at."""
_MOST_FRAMES = 50
_MOST_EXCEPTIONS = 16
_MOST_NOTES = 16
_MOST_TEXT = 32_768
# Ways to format an exception whose cost is that of the texts in its arguments
_PLAIN = frozenset({BaseException.__str__, KeyError.__str__, BaseExceptionGroup.__str__})
# Marks where a message was cut; it is random, so that no message contains it
_CUT = f"<cut {os.urandom(8).hex()}>"
_FRAME = '  File "'


class Excerpt(NamedTuple):
    """A *text*: *cut* if its end is missing, *headless* if its beginning is."""

    text: str
    cut: bool = False
    headless: bool = False


class Mask(Protocol):
    """Masks the secrets in a text, of which the end or the beginning may be missing."""

    def __call__(self, text: str, *, cut: bool = False, headless: bool = False) -> str:
        """The text without them."""


def excerpt(text: str, most: int = MOST_MESSAGE) -> Excerpt:
    """The beginning of *text*.

    >>> excerpt("abc", 2)
    Excerpt(text='ab', cut=True, headless=False)
    """
    return Excerpt(text[:most], len(text) > most)


def shown(excerpts: Iterable[Excerpt], mask: Mask) -> str:
    """*excerpts* as one text without secrets."""
    return "".join([mask(one.text, cut=one.cut, headless=one.headless) for one in excerpts])


def message_of(error: BaseException, most: int = MOST_MESSAGE) -> Excerpt:
    """What *error* says; arguments that are far longer than that are not formatted in full.

    >>> message_of(KeyError("x" * 10_000_000), 3)
    Excerpt(text="'xx", cut=True, headless=False)
    """
    if not _has_long_arguments(error):
        return excerpt(text_of(error), most)
    args = error.args
    if isinstance(error, BaseExceptionGroup) or (
        len(args) == 1 and isinstance(args[0], str) and not isinstance(error, KeyError)
    ):
        return Excerpt(args[0][:most], cut=True)
    said = "(" if len(args) > 1 else ""
    for arg in args:
        if _is_long(arg):
            said += repr(arg[:most])[:-1]  # its end, and the others, are missing
            break
        said += f"{_repr_of(arg)}, "
    return Excerpt(said[:most], cut=True)


def described(error: BaseException) -> tuple[str, Excerpt, list[Excerpt]]:
    """The qualified name of *error*'s type, its message, and its traceback.

    >>> described(KeyError("7"))[:2]
    ('KeyError', Excerpt(text="'7'", cut=False, headless=False))
    """
    kind = type(error)
    name = kind.__qualname__
    if kind.__module__ != "builtins":
        name = f"{kind.__module__}.{name}"
    return name, message_of(error, 4096), traceback_of(error)


class TracebackText(SafeLines):
    """A traceback that is safe to print, with its *error*.

    A copy is the text alone.
    """

    __slots__ = ("error",)
    error: BaseException

    def __reduce__(self) -> tuple[type[SafeLines], tuple[str]]:
        """Hand only the text to another process: the exception may refuse to be pickled."""
        return SafeLines, (str(self),)


def traceback_text(error: BaseException, mask: Mask, fold: Fold | None = None) -> TracebackText:
    """The traceback of *error*, without secrets, each line indented: none can pass for a record."""
    lines = printable_lines(shown(traceback_of(error, fold=fold), mask).rstrip("\n"), indent="  ")
    text = TracebackText(lines)
    text.error = error
    return text


def summary(error: BaseException, mask: Mask) -> str:
    """Type and message of *error* in one line, without secrets."""
    message = message_of(error)
    name = type(error).__qualname__
    said = message._replace(text=f"{name}: {message.text}" if message.text else name)
    return printable(shown([said], mask), 512)


def traceback_of(
    error: BaseException, *, message: bool = True, fold: Fold | None = None
) -> list[Excerpt]:
    """The traceback of *error* as Python prints it, with 50 frames of each exception at most.

    Args:
        error: What was raised.
        message: Whether what the exception says, and what it was raised from, is in it.
        fold: Leaves out some of it, before it is written.
    """
    try:
        if not message:
            told = TracebackException(
                type(error), _StandIn(), error.__traceback__, limit=-_MOST_FRAMES
            )
            return _excerpts(told.stack.format())
        facts = _told(error)
        if fold is not None:
            fold(error, facts)
        return _excerpts(facts.format())
    except Exception as fault:  # noqa: BLE001  # somebody else's code
        return [Excerpt(f"<no traceback: {type(fault).__name__}>")]


def _excerpts(parts: Iterable[str]) -> list[Excerpt]:
    """The last of *parts* that fit; of a long part its beginning."""
    kept = [
        one if len(one) <= 2 * MOST_MESSAGE else f"{one[:MOST_MESSAGE]}{_CUT}…\n" for one in parts
    ]
    room = _MOST_TEXT
    first = len(kept)
    while first and room >= len(kept[first - 1]):
        first -= 1
        room -= len(kept[first])
    headless = False
    if first:
        # Begin with a frame: its line is no part of a message
        frame = next(
            (at for at, one in enumerate(kept) if at >= first and one.startswith(_FRAME)), None
        )
        headless = frame is None
        first = first if frame is None else frame
    *cut, whole = "".join(kept[first:]).split(_CUT)
    excerpts = [*(Excerpt(text, cut=True) for text in cut), Excerpt(whole)]
    excerpts[0] = excerpts[0]._replace(headless=headless)
    return excerpts


class _StandIn(Exception):  # noqa: N818  # it is none
    """Stands in for another exception, with what is left of its message."""


def _told(error: BaseException) -> TracebackException:
    """The facts of *error* and of what it was raised from, with every message within its limit."""
    related = list(_related(error))
    if len(related) < _MOST_EXCEPTIONS and not any(map(_is_heavy, related)):
        return TracebackException(type(error), error, error.__traceback__, limit=-_MOST_FRAMES)
    facts: dict[int, TracebackException] = {}
    for one in related:
        facts[id(one)] = told = TracebackException(
            type(one), _stand_in(one), one.__traceback__, limit=-_MOST_FRAMES
        )
        told.__suppress_context__ = one.__suppress_context__
    linked: set[int] = {id(error)}

    def fact(one: BaseException | None) -> TracebackException | None:
        if one is None or id(one) in linked:
            return None
        linked.add(id(one))
        return facts.get(id(one))

    for one in related:
        told = facts[id(one)]
        told.__cause__ = fact(one.__cause__)
        told.__context__ = fact(one.__context__)
        if isinstance(one, BaseExceptionGroup):
            told.exceptions = [made for inner in one.exceptions if (made := fact(inner))]
    return facts[id(error)]


def _related(error: BaseException) -> Iterator[BaseException]:
    """*error* and what it was raised from or holds: the nearest first, and each once."""
    seen = {id(error)}
    found = [error]
    for one in found:
        yield one
        inner = one.exceptions if isinstance(one, BaseExceptionGroup) else ()
        for other in (one.__cause__, one.__context__, *inner):
            if other is not None and id(other) not in seen and len(seen) < _MOST_EXCEPTIONS:
                seen.add(id(other))
                found.append(other)


def _stand_in(error: BaseException) -> BaseException:
    if isinstance(error, SyntaxError):
        return error
    text, cut, _ = message_of(error)
    one = _StandIn(text + _CUT + "…" if cut else text)
    for note in _notes(error)[:_MOST_NOTES]:
        text, cut, _ = excerpt(text_of(note), MOST_MESSAGE // 8)
        one.add_note(text + _CUT + "…" if cut else text)
    return one


def _notes(error: BaseException) -> list[object]:
    notes = getattr(error, "__notes__", None)
    return list(notes) if isinstance(notes, (list, tuple)) else []


def _is_heavy(error: BaseException) -> bool:
    notes = _notes(error)
    return _has_long_arguments(error) or len(notes) > _MOST_NOTES or any(map(_is_long, notes))


def _has_long_arguments(error: BaseException) -> bool:
    return type(error).__str__ in _PLAIN and any(map(_is_long, error.args))


def _is_long(value: object) -> bool:
    return isinstance(value, (str, bytes, bytearray)) and len(value) > MOST_MESSAGE


def _repr_of(value: object) -> str:
    try:
        return repr(value)
    except Exception as error:  # noqa: BLE001  # somebody else's code
        return f"<no text: {type(error).__name__}>"
