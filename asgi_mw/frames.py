"""A recorded traceback in runs: frames of the app, frames of libraries, and what stands between."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, Any

from asgi_mw.folding import folded_line, library_of, shown_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_FRAME = re.compile(r'\s*File "(?P<file>.*)", line (?P<line>\d+)(?:, in (?P<name>.*))?')
# The margin of each line in a group, two columns wider in each group inside another
_MARGIN = re.compile(r"(\s*(?:\+-)?)(?:\| ?|\+[-+ ]*)")
_SOURCE = " " * 4
_FACTS = ("file", "line", "name")


def frames(traceback: str) -> list[dict[str, Any]]:
    r"""Runs of *traceback*, each with its depth in groups: ``frames``, or a line of ``text``.

    Frames of libraries are one run, which names them in ``of``; that of the app's frames is empty.

    >>> runs = frames('Traceback:\n  File "/shop.py", line 4, in buy\n    pay()\nKeyError: 1')
    >>> runs[1]["frames"]
    [{'file': '/shop.py', 'line': '4', 'name': 'buy', 'source': 'pay()'}]
    >>> runs[2]
    {'depth': 0, 'text': 'KeyError: 1'}
    """
    runs: list[dict[str, Any]] = []
    for (depth, is_frame, _), run in groupby(_items(traceback), _run):
        if not is_frame:
            runs += ({"depth": depth, "text": one["text"]} for one in run if one["text"])
            continue
        some = [
            {key: one[key] for key in ("file", "line", "name")}
            | {"source": "\n".join(one["source"])}
            for one in run
        ]
        of = [library_of(one["file"]) for one in some]
        runs.append({"depth": depth, "of": [*dict.fromkeys(filter(None, of))], "frames": some})
    return runs


def fold_text(traceback: str) -> Iterator[str]:
    r"""The lines of *traceback*, with each run of libraries' frames as one line.

    As in the log, the app's own frames are left, or the innermost one if there are none.

    >>> library = '  File "/lib/python3.11/json/decoder.py", line 4, in decode\n    scan()\n'
    >>> print(*fold_text(f'{library}  File "/shop.py", line 4, in buy\nKeyError: 1'), sep="\n")
      … 1 frame of json
      File "/shop.py", line 4, in buy
    KeyError: 1
    """
    items = _items(traceback)
    is_shown = shown_of(one["file"] for one in items if "file" in one)
    runs = [
        (hides, [*run])
        for hides, run in groupby(items, lambda one: "file" in one and not is_shown(one["file"]))
    ]
    frames_left = any("file" in one for hides, run in runs if not hides for one in run)
    for hides, run in runs:
        hidden = [] if not hides else run if frames_left else run[:-1]
        if hidden:
            margin = hidden[0]["lines"][0].partition("File ")[0]
            yield margin + folded_line([one["file"] for one in hidden])
        for one in run[len(hidden) :]:
            yield from one["lines"]


def _items(traceback: str) -> list[dict[str, Any]]:
    """The frames and the texts between, each with its depth in groups, and its ``lines`` as is."""
    items: list[dict[str, Any]] = []
    # A group that was never raised has no traceback of its own, only parts
    is_group = "Exception Group Traceback" in traceback or "+-+-----" in traceback
    for line in traceback.rstrip("\n").split("\n"):
        margin = _MARGIN.match(line) if is_group else None
        depth, text = (len(margin[1]) // 2, line[margin.end() :]) if margin else (0, line)
        last = items[-1] if items else {}
        if frame := _FRAME.fullmatch(text):
            found = frame.groupdict(default="")
            items.append({"depth": depth, **found, "source": [], "lines": [line]})
        elif "source" in last and text.startswith(_SOURCE) and depth == last["depth"]:
            last["source"].append(text.removeprefix(_SOURCE))
            last["lines"].append(line)
        else:
            items.append({"depth": depth, "text": text.strip(" -"), "lines": [line]})
    return items


def _run(item: dict[str, Any]) -> tuple[int, bool, bool]:
    file = item.get("file")
    return item["depth"], file is not None, file is not None and library_of(file) is not None
