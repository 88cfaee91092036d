"""A recorded traceback in runs: frames of the app, frames of libraries, and what stands between."""

from __future__ import annotations

import re
from itertools import groupby
from typing import Any

from asgi_mw.folding import library_of

_FRAME = re.compile(r'\s*File "(?P<file>.*)", line (?P<line>\d+)(?:, in (?P<name>.*))?')
# What stands before each line of a group, two columns deeper in each
_MARGIN = re.compile(r"(\s*(?:\+-)?)(?:\| ?|\+[-+ ]*)")
_SOURCE = " " * 4


def frames(traceback: str) -> list[dict[str, Any]]:
    r"""Runs of *traceback*, each with its depth in groups: ``frames``, or a line of ``text``.

    Frames ``of`` libraries are one run; those of the app are of none.

    >>> runs = frames('Traceback:\n  File "/shop.py", line 4, in buy\n    pay()\nKeyError: 1')
    >>> runs[1]["frames"]
    [{'file': '/shop.py', 'line': '4', 'name': 'buy', 'source': 'pay()'}]
    >>> runs[2]
    {'depth': 0, 'text': 'KeyError: 1'}
    """
    items: list[dict[str, Any]] = []
    is_group = "Exception Group Traceback" in traceback
    for line in traceback.split("\n"):
        margin = _MARGIN.match(line) if is_group else None
        depth, text = (len(margin[1]) // 2, line[margin.end() :]) if margin else (0, line)
        last = items[-1] if items else {}
        if frame := _FRAME.fullmatch(text):
            items.append({"depth": depth, **frame.groupdict(default=""), "source": []})
        elif "source" in last and text.startswith(_SOURCE) and depth == last["depth"]:
            last["source"].append(text.removeprefix(_SOURCE))
        elif text.strip(" -"):
            items.append({"depth": depth, "text": text.strip(" -")})
    runs: list[dict[str, Any]] = []
    for (depth, is_frame, _), run in groupby(items, _run):
        if not is_frame:
            runs += run
            continue
        some = [{**one, "source": "\n".join(one["source"])} for one in run]
        of = [library_of(one["file"]) for one in some if one.pop("depth") is not None]
        runs.append({"depth": depth, "of": [*dict.fromkeys(filter(None, of))], "frames": some})
    return runs


def _run(item: dict[str, Any]) -> tuple[int, bool, bool]:
    file = item.get("file")
    return item["depth"], file is not None, file is not None and library_of(file) is not None
