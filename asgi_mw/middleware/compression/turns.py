"""Share the event loop: heavy work goes to a thread, and everybody else gets a turn."""

from __future__ import annotations

import os
import threading
from collections import deque
from concurrent.futures import CancelledError
from contextlib import suppress
from time import perf_counter_ns
from typing import TYPE_CHECKING, TypeVar

import anyio
import anyio.lowlevel
import anyio.to_thread

from asgi_mw.middleware.compression.stream import Coder

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_mw.middleware.compression.stream import Coding, Piece

T = TypeVar("T")

# Even with ten responses that take turns, the loop is to be free for others every few milliseconds
_TURN_NS = 1_000_000
# Compression takes all of a processor, so more threads than those gain nothing
_THREADS = max(2, os.cpu_count() or 1)

# A task that asyncio itself cancels gives its place in the limiter back while its thread still
# works.  So the work has places of its own; a task that finds none tries again after these seconds
_RETRY = 0.002
_working = threading.Semaphore(_THREADS)
_limiter: anyio.lowlevel.RunVar[anyio.CapacityLimiter] = anyio.lowlevel.RunVar("asgi_mw_coders")


async def in_thread(work: Callable[..., T], *args: object, **options: object) -> T:
    """Call *work* in a thread: one of a bounded number that only we use.

    If it is cancelled, it first waits for the end of *work*, which is short.  But if asyncio itself
    cancels the task, nobody waits, and *work* is left out if it has not begun.
    """
    try:
        limiter = _limiter.get()
    except LookupError:
        limiter = anyio.CapacityLimiter(_THREADS)
        _limiter.set(limiter)
    unclaimed = [True]

    def claimed() -> T:
        try:
            unclaimed.pop()
        except IndexError:
            raise CancelledError from None
        try:
            return work(*args, **options)
        finally:
            _working.release()

    async with limiter:
        while not _working.acquire(blocking=False):  # noqa: ASYNC110  # a thread gives it back
            await anyio.sleep(_RETRY)
        try:
            return await anyio.to_thread.run_sync(claimed, limiter=anyio.CapacityLimiter(1))
        finally:
            with suppress(IndexError):  # which says that the thread has begun
                unclaimed.pop()
                _working.release()


async def code_whole(coding: Coding, body: Piece, pad: int | None) -> bytes:
    """Compress a whole *body*, with up to *pad* random bytes; in a thread if it is large."""
    if pad is not None:
        coder = Coder(coding, open_ended=False, pad=pad)
        return await code_piece(coder, body, ends=True, last=True)
    if len(body) <= coding.inline:
        return coding.whole(body)
    return await in_thread(coding.whole, body)


async def code_piece(coder: Coder, piece: Piece, *, ends: bool, last: bool) -> bytes:
    """Feed *piece* to *coder*, in a thread if it is large."""
    if len(piece) <= coder.inline:
        return coder.feed(piece, ends=ends, last=last)
    return await in_thread(coder.feed, piece, ends=ends, last=last)


class Turns:
    """The turns of one response, among its own sends and among all that runs in the loop.

    Its sends take turns in the order of their calls.  Between an :meth:`enter` and its
    :meth:`leave` no other one works.
    """

    __slots__ = ("_busy", "_since", "_waiting")

    def __init__(self) -> None:
        self._busy = False
        self._since = perf_counter_ns()
        self._waiting: deque[anyio.Event] = deque()

    async def enter(self) -> None:
        """Wait until those who came before have left."""
        if not self._busy:
            self._busy = True
            return
        mine = anyio.Event()
        self._waiting.append(mine)
        try:
            await mine.wait()
        except BaseException:
            if mine.is_set():
                self.leave()  # it was my turn, and I do not take it
            else:
                self._waiting.remove(mine)
            raise

    def leave(self) -> None:
        """Let the next one work."""
        if self._waiting:
            self._waiting.popleft().set()
        else:
            self._busy = False

    async def yield_to_others(self) -> None:
        """Let the loop run if it did not for a millisecond.

        A server's ``send`` may return without ever giving the loop a turn, as for a client
        that has left.  Nothing else would run then, not even the task that listens for the
        disconnect.
        """
        if perf_counter_ns() - self._since > _TURN_NS:
            await anyio.lowlevel.checkpoint()
            self._since = perf_counter_ns()
