"""Fold the frames of libraries in a traceback: the app's own frames stay whole."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from traceback import StackSummary
from typing import TYPE_CHECKING, Any

from asgi_mw.amounts import plural
from asgi_mw.crashes import is_logged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from traceback import TracebackException

_OWN = str(Path(__file__).parent) + os.sep
_STANDARD = str(Path(os.__file__).parent) + os.sep
_INSTALLED = re.compile(r"[/\\](?:site|dist)-packages[/\\]")
# In a traceback of another machine
_STANDARD_THERE = re.compile(r"[/\\]lib(?:64)?[/\\]python3\.\d+[/\\]")
_FROZEN = "<frozen "
_DRIVER = "<asgi_mw: "
_FRAMEWORKS = frozenset(
    {
        *("asgi_mw", "uvicorn", "granian", "hypercorn", "gunicorn", "daphne", "asgiref"),
        *("starlette", "fastapi", "nexios", "litestar", "quart", "werkzeug", "django"),
        *("lilya", "ravyn", "sanic", "falcon", "blacksheep", "channels"),
        *("anyio", "trio", "uvloop"),
    }
)
# The most names in one line: nobody wants to read more
_MOST_NAMES = 4


class Folded(StackSummary):
    """Frames, with each run of libraries' frames as one line; if all are, the last one stays."""

    def format(self, **options: Any) -> list[str]:
        """The lines, as Python writes them."""
        lines = []
        is_shown = shown_of(frame.filename for frame in self)
        runs = [[*run] for _, run in groupby(self, lambda frame: not is_shown(frame.filename))]
        for run in runs:
            hidden = [] if is_shown(run[0].filename) else run if len(runs) > 1 else run[:-1]
            if hidden:
                lines.append(f"  {folded_line([frame.filename for frame in hidden])}\n")
            lines += StackSummary.from_list(run[len(hidden) :]).format(**options)
        return lines


def shown_of(files: Iterable[str]) -> Callable[[str], bool]:
    """Which of *files*, those of a traceback's frames, a reader wants to see: the app's own."""
    # By its files, an app that is installed as a package looks like a library
    return _is_own if any(map(_is_own, files)) else _may_be_own


def folded_line(files: Sequence[str]) -> str:
    """The line that stands for frames of libraries, which are in *files*.

    >>> folded_line(["/lib/python3.11/json/decoder.py", "/lib/python3.11/json/scanner.py"])
    '… 2 frames of json'
    """
    names = list(dict.fromkeys(library_of(file) or "" for file in files))
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return f"… {plural(len(files), 'frame')} of {', '.join(names[:_MOST_NAMES])}{more}"


def fold(error: BaseException, facts: TracebackException) -> None:
    """Fold *facts*, those of *error*, and of the exceptions that it was raised from or holds.

    One of these that was logged already, or that a library was handling on its own, is only named.
    """
    seen = {id(facts)}
    pairs = [(error, facts)]
    for one, its in pairs:
        its.stack = Folded(its.stack)
        inner = one.exceptions if isinstance(one, BaseExceptionGroup) else ()
        for related, known in (
            (one.__cause__, its.__cause__),
            (one.__context__, its.__context__),
            *zip(inner, its.exceptions or (), strict=False),
        ):
            if related is None or known is None or id(known) in seen:
                continue
            seen.add(id(known))
            logged = is_logged(related)
            if logged:
                known.__notes__ = [*(known.__notes__ or ()), "(traceback above)"]
            if logged or (
                known is its.__context__ and not any(_is_own(one.filename) for one in known.stack)
            ):
                known.stack = None  # type: ignore[assignment]  # as where there is none
            else:
                pairs.append((related, known))


def _is_own(file: str) -> bool:
    return library_of(file) is None


def _may_be_own(file: str) -> bool:
    return _INSTALLED.search(file) is not None and library_of(file) not in _FRAMEWORKS


@lru_cache(maxsize=1024)
def library_of(file: str) -> str | None:
    """The library that *file* belongs to; ``None`` if it is the app's own.

    >>> import json
    >>> library_of(json.__file__), library_of("/home/me/shop.py")
    ('json', None)
    """
    if file.startswith((_OWN, _DRIVER)):
        return "asgi_mw"
    if file.startswith(_FROZEN):
        return file[len(_FROZEN) :].rstrip(">").partition(".")[0]
    installed = _INSTALLED.search(file)
    if installed is not None:
        return _first(file[installed.end() :])
    if file.startswith(_STANDARD):
        return _first(file[len(_STANDARD) :])
    standard = _STANDARD_THERE.search(file)
    return None if standard is None else _first(file[standard.end() :])


def _first(path: str) -> str:
    return re.split(r"[/\\]", path, maxsplit=1)[0].removesuffix(".py")
