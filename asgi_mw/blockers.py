"""Name what a thread does by its stack: the app's own functions, and where they are at work."""

from __future__ import annotations

from pathlib import Path
from traceback import FrameSummary
from typing import TYPE_CHECKING, Any, NamedTuple

from asgi_mw.folding import Folded, library_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import FrameType

# At most so many frames are looked at, and at most so many of the app's are named
_MOST_FRAMES, _MOST_NAMED = 200, 5

# The functions that run a loop, in the libraries that have one
_LOOPS = frozenset({"asyncio", "trio", "anyio", "uvicorn"})
_RUNS = frozenset({"_run_once", "run_forever", "run_until_complete", "run", "unrolled_run"})

# The file name of code that libraries generate and run, as dataclasses do
_MADE = "<string>"


class Blocker(NamedTuple):
    """What held up an event loop.

    Attributes:
        title: The app's innermost function, or a library's where none of the app's runs.
        stack: The app's innermost functions, the innermost first, as ``file:line function``.
        inside: The innermost function of a library that they were in, in the same form.
    """

    title: str
    stack: tuple[str, ...]
    inside: str | None

    @property
    def detail(self) -> dict[str, Any]:
        """The same as the details of a note."""
        told: dict[str, Any] = {"stack": list(self.stack)}
        if self.inside is not None:
            told["inside"] = self.inside
        return told


def blocker_of(frame: FrameType | None) -> Blocker | None:
    """What runs in *frame*; ``None`` if that is the loop itself, which then waits for a CPU.

    >>> import sys
    >>> def report():
    ...     return blocker_of(sys._getframe())
    >>> report().title
    'report (<doctest asgi_mw.blockers.blocker_of[1]>:2)'
    """
    innermost: FrameType | None = None
    own: list[FrameType] = []
    for one in frames_inside(frame):
        if len(own) == _MOST_NAMED:
            break
        if _library_of(one) is None:
            own.append(one)
        elif innermost is None and not own:
            innermost = one
    if not own:
        return None if innermost is None or _waits(innermost) else _of_library(innermost)
    first = own[0]
    title = f"{_function(first)} ({Path(first.f_code.co_filename).name}:{first.f_lineno})"
    inside = None if innermost is None else _where(innermost)
    return Blocker(title, tuple(map(_where, own)), inside)


def frames_inside(frame: FrameType | None) -> Iterator[FrameType]:
    """*frame* and its callers, up to the event loop, the innermost first."""
    for _ in range(_MOST_FRAMES):
        if frame is None or (
            frame.f_code.co_name in _RUNS and library_of(frame.f_code.co_filename) in _LOOPS
        ):
            break  # the frames outside of the loop only run it
        yield frame
        frame = frame.f_back


def stack_of(frame: FrameType | None) -> list[FrameSummary]:
    """The frames of a thread up to its event loop, the innermost last; no source is read yet."""
    found = [
        FrameSummary(one.f_code.co_filename, one.f_lineno, one.f_code.co_name, lookup_line=False)
        for one in frames_inside(frame)
    ]
    return found[::-1]


def written(frames: Iterable[FrameSummary]) -> str:
    """*frames* as Python writes them, with those of libraries folded.

    >>> import sys
    >>> def report():
    ...     return written(stack_of(sys._getframe())[-1:])
    >>> report().strip().splitlines()[0]
    'File "<doctest asgi_mw.blockers.written[1]>", line 2, in report'
    """
    return "".join(Folded(frames).format()).rstrip("\n")


def _library_of(frame: FrameType) -> str | None:
    file = frame.f_code.co_filename
    return "" if file == _MADE else library_of(file)


def _of_library(frame: FrameType) -> Blocker:
    name = library_of(frame.f_code.co_filename)
    return Blocker(f"{_function(frame)} of {name}", (), _where(frame))


def _waits(frame: FrameType) -> bool:
    """Whether *frame* is the event loop at rest, which asks the system for what is ready."""
    return library_of(frame.f_code.co_filename) in {"selectors", *_LOOPS}


def _function(frame: FrameType) -> str:
    return frame.f_code.co_qualname.replace("<locals>.", "")


def _where(frame: FrameType) -> str:
    return f"{frame.f_code.co_filename}:{frame.f_lineno} {_function(frame)}"
