"""Follow a task through all its awaits, from the outermost to the innermost."""

from __future__ import annotations

import gc
from traceback import FrameSummary, walk_tb
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import FrameType

_DEEPEST = 100
# Prefix of the attributes of coroutines, async generators and generators; what each waits for
_KINDS = (("cr", "cr_await"), ("ag", "ag_await"), ("gi", "gi_yieldfrom"))
# One step of an async generator: only the garbage collector knows to which one it belongs
_STEPS = frozenset({"async_generator_asend", "async_generator_athrow"})


def frames_of(running: Any) -> list[FrameSummary]:
    """Where *running* and all that it awaits stand, outermost first; no source is read yet.

    >>> async def inner(): ...
    >>> async def outer(): await inner()
    >>> coroutine = outer()
    >>> [frame.name for frame in frames_of(coroutine)]
    ['outer']
    >>> coroutine.close()
    """
    found: list[FrameSummary] = []
    while running is not None and len(found) < _DEEPEST:
        if type(running).__name__ in _STEPS:
            running = next(
                (one for one in gc.get_referents(running) if hasattr(one, "ag_frame")), None
            )
        for kind, awaits in _KINDS:
            frame: FrameType | None = getattr(running, f"{kind}_frame", None)
            if frame is not None:
                code = frame.f_code
                found.append(
                    FrameSummary(code.co_filename, frame.f_lineno, code.co_name, lookup_line=False)
                )
                running = getattr(running, awaits)
                break
        else:
            break
    return found


def frames_behind(error: BaseException) -> list[FrameSummary]:
    """Where *error* was raised and passed through, the outermost first; no source is read yet."""
    return [
        FrameSummary(frame.f_code.co_filename, line, frame.f_code.co_name, lookup_line=False)
        for frame, line in walk_tb(error.__traceback__)
    ]
