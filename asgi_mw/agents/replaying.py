"""Replay what was recorded, each time in a process of its own.

So the app runs with its code as it is now, what it prints does not mix with the protocol, and what
it leaves running ends with that process.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import suppress
from subprocess import DEVNULL, PIPE
from typing import TYPE_CHECKING, Any

import anyio
from anyio import to_thread

from asgi_mw.agents.arguments import ID
from asgi_mw.agents.looking import NoAnswerError
from asgi_mw.agents.untrusted import Answer
from asgi_mw.amounts import plural
from asgi_mw.parts import SAFE
from asgi_mw.recorder.existing import STORE_VARIABLE
from asgi_mw.redaction import DEFAULT
from asgi_mw.redaction.hiding import Hider

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from anyio.abc import ByteReceiveStream, Process

    from asgi_mw.agents.looking import Recordings
    from asgi_mw.events import Exchange

_REPLAYED = (0, 1)
# How many bytes are kept of a report, and of what the app and the command printed
_REPORT, _SAID = 64 * 1024 * 1024, 8_000
_PROGRESS_SECONDS = 1.0


class Replays:
    """Runs `asgi-mw replay`, and ends what still runs.

    Args:
        options: Options of that command: against which app, and how.
        unsafe: Requests that may change something may be replayed, too.
        secrets: Secrets by the environment variables in which the command finds them.
    """

    def __init__(
        self, options: Sequence[str], *, unsafe: bool = False, secrets: Mapping[str, str]
    ) -> None:
        self._options = tuple(options)
        self._secrets = dict(secrets)
        self._hide = Hider(secrets.values())
        self._one = anyio.Lock()
        self.unsafe = unsafe
        self._running: set[int] = set()

    async def replay(
        self,
        recordings: Recordings,
        names: Sequence[str],
        words: str,
        *,
        limit: int,
        progress: Callable[[float], Awaitable[None]],
    ) -> Answer:
        """Replay those called *names*, or the newest *limit* that match the filter of *words*.

        Args:
            recordings: Where they are.
            names: Ids, as `show` takes them.
            words: The filter.
            limit: How many at most.
            progress: Called about once a second with the seconds that it has taken.

        Raises:
            NoAnswerError: There is nothing to replay, or it cannot be.
        """
        found = await to_thread.run_sync(
            recordings.chosen, names, words, limit, abandon_on_cancel=True
        )
        ids, left_out = self._allowed(found)
        command = [sys.executable, "-m", "asgi_mw", "replay", *ids, *self._options, "--json"]
        async with self._one:
            status, out, err = await self._run(command, recordings.name, progress)
        said = DEFAULT.text(self._hide.text(err.decode("utf-8", "replace")))
        report = _report(out) if status in _REPLAYED else None
        if report is None:
            message = f"the replay ended with status {status}; `said` has its last words"
            raise NoAnswerError(message, {"said": said})
        return Answer(
            {"report": report, "said": said},
            {"replayed": len(report["pairs"]), "left_out": left_out, "fails": report["fails"]},
        )

    def end(self) -> None:
        """End what still runs, at once."""
        for pid in tuple(self._running):
            _kill(pid)

    def _allowed(self, found: Sequence[Exchange]) -> tuple[list[str], int]:
        """The ids of those that may be replayed, and how many may not."""
        over = [
            one for one in found if one.type in ("http", "websocket") and one.outcome is not None
        ]
        if not over:
            raise NoAnswerError("nothing that is over matches: look with list_exchanges")
        safe = [one for one in over if self.unsafe or _is_safe(one)]
        if not safe:
            what = plural(len(over), "exchange") + " may change something"
            raise NoAnswerError(
                f"{what}, as every method but {', '.join(sorted(SAFE))} may: the user has to start "
                "asgi-mw mcp with --unsafe to have that replayed"
            )
        # Only text that is an id becomes an argument: other recorded text could be an option
        return [one.id for one in safe if ID.fullmatch(one.id)], len(found) - len(safe)

    async def _run(
        self, command: Sequence[str], store: str, progress: Callable[[float], Awaitable[None]]
    ) -> tuple[int, bytes, bytes]:
        """The exit status of *command*, and what it wrote."""
        process = await anyio.open_process(
            command,
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=PIPE,
            # Not as arguments, which every user of the machine may see
            env={**os.environ, **self._secrets, STORE_VARIABLE: store},
            start_new_session=True,
        )
        out, err = bytearray(), bytearray()
        self._running.add(process.pid)
        async with process:
            try:
                async with anyio.create_task_group() as group:
                    group.start_soon(_read, process.stdout, out, _REPORT)
                    group.start_soon(_read, process.stderr, err, _SAID)
                    group.start_soon(_tell, process, progress)
                    status = await process.wait()
                    # Other processes that it started would hold the pipes open
                    _kill(process.pid)
            except BaseException:
                _kill(process.pid)
                raise
            finally:
                self._running.discard(process.pid)
        return status, bytes(out), bytes(err)


def _is_safe(exchange: Exchange) -> bool:
    return exchange.type == "http" and exchange.method in SAFE


async def _read(stream: ByteReceiveStream | None, into: bytearray, most: int) -> None:
    """Keep the last *most* bytes."""
    if stream is None:
        return
    async for chunk in stream:
        into += chunk
        del into[:-most]


async def _tell(process: Process, progress: Callable[[float], Awaitable[None]]) -> None:
    began = anyio.current_time()
    while process.returncode is None:
        with anyio.move_on_after(_PROGRESS_SECONDS):
            await process.wait()
            return
        await progress(anyio.current_time() - began)


def _kill(pid: int) -> None:
    """End the process and all that it started in its session."""
    with suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(pid, signal.SIGKILL)
        else:
            os.kill(pid, signal.SIGTERM)


def _report(out: bytes) -> dict[str, Any] | None:
    """The report in the last line; ``None`` if there is none."""
    try:
        found = json.loads(out.rstrip().rpartition(b"\n")[2])
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and "pairs" in found else None
