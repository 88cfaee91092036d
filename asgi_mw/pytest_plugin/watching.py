"""Watch the connections that in-process clients open, whichever client it is."""

from __future__ import annotations

import sys
from time import monotonic
from traceback import walk_tb
from typing import TYPE_CHECKING, Any, ClassVar

from asgi_mw.awaits import chain_of
from asgi_mw.messages import is_cancellation
from asgi_mw.printable import printable
from asgi_mw.wrapped import Wrapped

if TYPE_CHECKING:
    from asgi_mw.spec.rule import Finding
    from asgi_mw.types import App, Message, Receive, Scope, Send

# Where each client keeps its app.  The attribute, and not the constructor, so that clients that
# were made before a test are seen as well
_CLIENTS = (
    ("httpx", "ASGITransport", "app"),
    ("httpx2", "ASGITransport", "app"),
    ("starlette.testclient", "TestClient", "app"),
    ("starlette.testclient", "_TestClientTransport", "app"),
    ("asgiref.testing", "ApplicationCommunicator", "application"),
    ("asgi_mw.testing", "Wire", "_app"),
)
_MOST = 20
_LAST = 5


class Connection:
    """One that is open, or was cancelled."""

    def __init__(self, scope: Scope) -> None:
        self.name = f"{scope.get('type')} {scope.get('method', '')} {scope.get('path', '')}"
        self.events: list[str] = []
        self.waits: dict[str, float] = {}
        self.began = monotonic()
        self.running: object = None
        self.cancelled: list[str] = []

    def text(self) -> str:
        """What it does, and where."""
        waits = self.waits or {"its own work": self.began}
        now = monotonic()
        doing = ", ".join(f"{what} for {now - since:.1f} s" for what, since in waits.items())
        lines = [
            f"{printable(' '.join(self.name.split()))}: awaits {doing}",
            f"  last events: {', '.join(self.events[-_LAST:]) or 'none'}",
        ]
        where = self.cancelled or chain_of(self.running)
        return "\n".join([*lines, *[f"    {printable(line)}" for line in where]])


class Watch:
    """All connections of the test that runs."""

    running: ClassVar[bool] = False

    def __init__(self, *, strict: bool) -> None:
        self._strict = strict
        self._patched: list[tuple[type, str]] = []
        self._open: dict[int, Connection] = {}
        self._findings: list[Finding] = []

    def begin(self) -> None:
        """Begin a test."""
        self.patch()
        Watch.running = True
        self._findings.clear()
        for key, one in list(self._open.items()):
            if one.running is None:
                del self._open[key]

    @staticmethod
    def finished() -> None:
        """End a test."""
        Watch.running = False

    def patch(self) -> None:
        """Have the clients that are imported by now give away their app watched, if asked to.

        An app that is watched is no longer the object that it was: no suite gets that unasked.
        """
        if not self._strict:
            return
        for module, name, attribute in _CLIENTS:
            kind = getattr(sys.modules.get(module), name, None)
            if isinstance(kind, type) and attribute not in vars(kind):
                setattr(kind, attribute, _Watched(attribute, self))
                self._patched.append((kind, attribute))

    def restore(self) -> None:
        """Leave them as they were."""
        while self._patched:
            delattr(*self._patched.pop())

    def judged(self, allowed: set[str]) -> tuple[list[str], list[str]]:
        """What the app broke, and what is not its fault; each is said once."""
        broken, others = [], []
        for one in self._findings:
            if one.is_violation and one.rule.fault == "app":
                if one.rule.id not in allowed:
                    broken.append(f"{one}\n  {one.rule.sentence}\n  {one.rule.url}")
            else:
                others.append(str(one))
        self._findings.clear()
        return list(dict.fromkeys(broken)), list(dict.fromkeys(others))

    def text(self) -> str:
        """All that are open, or were cancelled in this test."""
        return "\n".join([one.text() for one in list(self._open.values())[-_MOST:]])

    def wrapped(self, app: App) -> App:
        """*app*, watched."""
        from asgi_mw.spec import validate  # noqa: PLC0415  # slow to import

        inner = validate(app, on_violation=self._findings.append)

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
                one.events.append(f"receive {message.get('type')}")
                return message

            async def send_watched(message: Message) -> None:
                one.events.append(f"send {message.get('type')}")
                await awaited("send", send(message))

            self._open[id(one)] = one
            one.running = running = inner(scope, receive_watched, send_watched)
            try:
                await running
            except BaseException as error:
                if is_cancellation(error):
                    one.cancelled = [
                        f"{frame.f_code.co_filename}:{line} {frame.f_code.co_name}"
                        for frame, line in list(walk_tb(error.__traceback__))[1:]
                    ]
                raise
            finally:
                one.running = None
                if not one.cancelled:
                    del self._open[id(one)]

        return Wrapped(watched, app)


class _Watched:
    """The attribute of a client that has its app: what is read of it is watched."""

    def __init__(self, name: str, watch: Watch) -> None:
        self._name, self._watch = name, watch
        self._kept = f"__watched_{name}"

    def __get__(self, client: Any, kind: type | None = None) -> Any:
        if client is None:
            return self
        held = vars(client)
        if self._name not in held:
            raise AttributeError(self._name)
        app = held[self._name]
        if isinstance(app, Wrapped) and app.__call__.__name__ == "watched":
            return app
        if self._kept not in held or held[self._kept][0] is not app:
            held[self._kept] = app, self._watch.wrapped(app)
        return held[self._kept][1]

    def __set__(self, client: Any, app: Any) -> None:
        vars(client)[self._name] = app
