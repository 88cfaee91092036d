"""An app whose connections are watched: what each does now, and what it did last."""

from __future__ import annotations

from collections import deque
from time import monotonic
from typing import TYPE_CHECKING, Any

from asgi_mw.awaits import frames_behind
from asgi_mw.blockers import written
from asgi_mw.printable import printable_lines
from asgi_mw.progress import is_cancellation
from asgi_mw.pytest_plugin.tasks import Tasks
from asgi_mw.wrapped import Wrapped

if TYPE_CHECKING:
    from traceback import FrameSummary

    from asgi_mw.types import App, Message, Receive, Scope, Send

_LAST = 5


class Connection:
    """A connection that is open, or was cancelled.

    Attributes:
        open: Whether the app's call goes on.
        cancelled: Where the app was as it was cancelled, the outermost function first.
    """

    def __init__(self, scope: Scope) -> None:
        self.name = _said(scope, "type", "method", "path")
        self.events: deque[str] = deque(maxlen=_LAST)
        self.waits: dict[str, float] = {}
        self.began = monotonic()
        self.open = True
        self.cancelled: list[FrameSummary] = []
        self._tasks = Tasks()

    @property
    def is_idle(self) -> bool:
        """Whether it is a lifespan that waits for its end, as it should."""
        return [*self.events][-1:] == ["send lifespan.startup.complete"] and "receive" in self.waits

    def text(self) -> str:
        """What it does, and where."""
        waits = self.waits or {"its own work": self.began}
        now = monotonic()
        doing = ", ".join(f"{what} for {now - since:.1f} s" for what, since in waits.items())
        lines = [
            f"{self.name}: {'awaits' if self.open else 'was cancelled while it awaited'} {doing}",
            f"  last events: {', '.join(self.events) or 'none'}",
        ]
        for number, stack in enumerate(self._tasks.stacks() if self.open else [self.cancelled]):
            if number:
                lines.append("  in a task of its own:")
            lines += _where(stack).splitlines()
        return printable_lines("\n".join(lines))

    def begin(self, running: object) -> None:
        """Take *running* as the app's call."""
        self._tasks.begin(running)

    def end(self, error: BaseException | None) -> None:
        """The app's call is over; *error* left it."""
        self.open = False
        self._tasks.end()
        if error is not None and is_cancellation(error):
            self.cancelled = frames_behind(error)[1:]


class Watched(Wrapped):
    """Calls *inner* for *app*, and keeps each connection in *connections* while it is open.

    A cancelled connection stays there, so that a failed test can show where it was.
    """

    __slots__ = ()

    def __init__(self, app: App, inner: App, connections: dict[Connection, None]) -> None:
        async def watched(scope: Scope, receive: Receive, send: Send) -> None:
            one = Connection(scope)

            async def awaited(what: str, call: Any) -> Any:
                one.waits[what] = monotonic()
                try:
                    result = await call
                except BaseException as error:
                    if not is_cancellation(error):
                        one.waits.pop(what, None)
                    raise
                one.waits.pop(what, None)
                return result

            async def receive_watched() -> Message:
                message: Message = await awaited("receive", receive())
                one.events.append(f"receive {_said(message, 'type')}")
                return message

            async def send_watched(*message: Any, **named: Any) -> None:
                given = next(iter((*message, *named.values())), None)
                one.events.append(f"send {_said(given, 'type')}")
                await awaited("send", send(*message, **named))

            running = inner(scope, receive_watched, send_watched)
            connections[one] = None
            one.begin(running)
            try:
                await running
            except BaseException as error:
                one.end(error)
                raise
            else:
                one.end(None)
            finally:
                if not one.cancelled:
                    connections.pop(one, None)

        super().__init__(watched, app)


def _where(stack: list[FrameSummary]) -> str:
    """All that a task awaits; the last frame is shown even if it is that of a library."""
    return "\n".join(filter(None, (written(stack[:-1]), written(stack[-1:]))))


def _said(given: Any, *keys: str) -> str:
    """What *given* has at *keys*, whatever it is: an app may send anything."""
    try:
        return " ".join(str(given[key]) for key in keys if given.get(key))
    except Exception:  # noqa: BLE001  # an object of the app's, which may raise anything
        return type(given).__name__
