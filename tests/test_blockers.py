"""Who blocks is named by the app's own functions."""

from __future__ import annotations

import json
import sys
from threading import Event, Thread
from time import monotonic, sleep
from typing import TYPE_CHECKING

import anyio
import pytest

from asgi_mw.blockers import blocker_of
from tests.system import PATIENCE

if TYPE_CHECKING:
    from types import FrameType

    from asgi_mw.blockers import Blocker

seen: list[Blocker | None] = []


def look(*_: object) -> None:
    """See who called, as if this function were none of the app's."""
    seen.append(blocker_of(sys._getframe(1)))


class Report:
    """Somebody's class."""

    def totals(self) -> None:
        """Look from within."""
        look()


def names(blocker: Blocker) -> list[str]:
    """The functions alone."""
    return [one.rpartition(" ")[2] for one in blocker.stack]


def test_the_innermost_function_of_the_app() -> None:
    """With its class, its file and its line; the ones around it below."""
    seen.clear()
    Report().totals()
    [blocker] = seen
    assert blocker is not None
    line = Report.totals.__code__.co_firstlineno + 2
    assert f"Report.totals (test_blockers.py:{line})" == blocker.title
    assert ["Report.totals", "test_the_innermost_function_of_the_app"] == names(blocker)[:2]
    assert blocker.inside is None


def test_within_a_library_it_is_said_where() -> None:
    """What the app called is a part of the answer."""

    class Odd:
        """Looks, where the encoder of JSON asks."""

    def default(thing: object) -> str:
        frame: FrameType | None = sys._getframe(1)
        seen.append(blocker_of(frame))
        return repr(thing)

    seen.clear()
    json.dumps([Odd()], default=default, indent=1)
    [blocker] = seen
    assert blocker is not None
    assert blocker.title.startswith("test_within_a_library_it_is_said_where (")
    assert blocker.inside is not None
    assert "json" in blocker.inside


def test_no_stack_is_nobody() -> None:
    """The thread has ended meanwhile."""
    assert blocker_of(None) is None


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_loop_at_rest_is_nobody(backend: str) -> None:
    """It asks the system what is ready, and whoever started it is not to blame."""
    started, ended = Event(), Event()

    async def main() -> None:
        started.set()
        while not ended.is_set():  # noqa: ASYNC110  # it is a thread that sets it
            await anyio.sleep(0.5)

    thread = Thread(target=lambda: anyio.run(main, backend=backend))
    thread.start()
    started.wait()
    end = monotonic() + PATIENCE
    while (found := blocker_of(_frame_of(thread))) is not None and monotonic() < end:
        sleep(0.01)
    ended.set()
    thread.join()
    assert found is None


def _frame_of(thread: Thread) -> FrameType | None:
    return sys._current_frames().get(thread.ident or 0)
