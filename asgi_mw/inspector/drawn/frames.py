"""A recorded traceback in runs: frames of the app, frames of libraries, and what stands between."""

from __future__ import annotations

import re
from itertools import groupby
from typing import Any

from asgi_mw.folding import library_of

_FRAME = re.compile(r'[\s|]*File "(?P<file>.*)", line (?P<line>\d+)(?:, in (?P<name>.*))?')
# The source below a frame; in a group there is a margin before it
_SOURCE = re.compile(r"[\s|]*\| {5}| {4}")
_MARGIN = re.compile(r"[\s|+-]*")


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
    for line in traceback.split("\n"):
        margin = _MARGIN.match(line)
        depth = margin[0].count("|") if margin else 0
        last = items[-1] if items else {}
        frame, source = _FRAME.fullmatch(line), _SOURCE.match(line)
        if frame is not None:
            items.append({"depth": depth, **frame.groupdict(default=""), "source": []})
        elif "source" in last and source is not None and depth == last["depth"]:
            last["source"].append(line[source.end() :])
        elif line.strip(" |+-"):
            items.append(
                {"depth": depth, "text": line[margin.end() if margin else 0 :].rstrip(" -")}
            )
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
