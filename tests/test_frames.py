"""A recorded traceback is read as runs: own frames, those of libraries, and text between."""

from __future__ import annotations

import json
import traceback

from asgi_mw.frames import fold_text, frames

FOREIGN = """Traceback (most recent call last):
  File "/usr/lib/python3.11/asyncio/runners.py", line 118, in run
    return self._loop.run(task)
           ^^^^^^^^^^^^^^^^^^^^
  File "/app/site-packages/starlette/routing.py", line 74, in app
    await response(scope)
  File "/app/shop.py", line 4, in buy
    stock[item] -= 1
    ~~~~~^^^^^^
KeyError: 'no'
  of two lines
"""


def test_frames_of_libraries_are_one_run() -> None:
    """Those of another machine's Python, too; marks below a line stay where they are."""
    head, library, own, *message = frames(FOREIGN)
    assert {"depth": 0, "text": "Traceback (most recent call last):"} == head
    assert ["asyncio", "starlette"] == library["of"]
    assert (
        "return self._loop.run(task)\n       ^^^^^^^^^^^^^^^^^^^^" == library["frames"][0]["source"]
    )
    assert {
        "depth": 0,
        "of": [],
        "frames": [
            {
                "file": "/app/shop.py",
                "line": "4",
                "name": "buy",
                "source": "stock[item] -= 1\n~~~~~^^^^^^",
            }
        ],
    } == own
    assert ["KeyError: 'no'", "of two lines"] == [one["text"] for one in message]


def fail(error: Exception) -> None:
    """Raise *error*, one frame deep."""
    raise error


def test_a_group_is_as_deep_as_it_is() -> None:
    """As Python itself prints it."""
    caught = []
    for number in range(2):
        try:
            fail(ValueError(f"no {number}"))
        except ValueError as error:
            caught.append(error)
    try:
        fail(ExceptionGroup("both", caught))
    except ExceptionGroup as group:
        text = "".join(traceback.format_exception(group))
    found = frames(text)
    assert [1, 2, 2] == [one["depth"] for one in found if "frames" in one]
    assert ['fail(ValueError(f"no {number}"))', "raise error"] == [
        one["source"].split("\n")[0] for one in found[-2]["frames"]
    ]
    assert "ValueError: no 1" == found[-1]["text"]


def test_anything_may_stand_there() -> None:
    """A recording of who knows what is text."""
    assert [{"depth": 0, "text": "boom"}] == frames("boom\n\n")
    assert [] == frames("")


def test_folded_text_has_the_apps_own_frames_whole() -> None:
    """Libraries, one after the other, are a line; the text stays as it is."""
    assert [
        "Traceback (most recent call last):",
        "  … 2 frames of asyncio, starlette",
        '  File "/app/shop.py", line 4, in buy',
        "    stock[item] -= 1",
        "    ~~~~~^^^^^^",
        "KeyError: 'no'",
        "  of two lines",
    ] == list(fold_text(FOREIGN))


def test_folded_text_of_libraries_alone_keeps_the_innermost() -> None:
    """Somebody has to be shown."""
    text = FOREIGN.replace("/app/shop.py", "/usr/lib/python3.11/json/scanner.py")

    assert [
        "Traceback (most recent call last):",
        "  … 2 frames of asyncio, starlette",
        '  File "/usr/lib/python3.11/json/scanner.py", line 4, in buy',
        "    stock[item] -= 1",
        "    ~~~~~^^^^^^",
        "KeyError: 'no'",
        "  of two lines",
    ] == list(fold_text(text))


def test_folded_text_of_a_group_keeps_its_margins() -> None:
    """Each part is folded by itself, below its own mark."""
    both = ExceptionGroup("both", [_json_error(), ValueError("own")])
    text = "".join(traceback.format_exception(both))

    lines = list(fold_text(text))
    assert any(line.strip().startswith("| ") and "of json" in line for line in lines)
    assert [line for line in text.split("\n") if "Error" in line] == [
        line for line in lines if "Error" in line
    ]


def _json_error() -> Exception:
    try:
        json.loads("{")
    except ValueError as error:
        return error
    raise AssertionError
