"""A recorded traceback is read as runs: own frames, those of libraries, and text between."""

from __future__ import annotations

import traceback

from asgi_mw.inspector.drawn.frames import frames

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
