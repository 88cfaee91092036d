"""What the tests of a run do over ASGI: the connections that are open, and what breaks a rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgi_mw.pytest_plugin.clients import Clients
from asgi_mw.pytest_plugin.watched import Watched

if TYPE_CHECKING:
    from asgi_mw.pytest_plugin.watched import Connection
    from asgi_mw.recorder.store import Store
    from asgi_mw.spec.rule import Finding
    from asgi_mw.types import App, Receive, Scope, Send

_MOST = 20


class Watch:
    """All connections of the test that runs.

    Attributes:
        running: Whether a test runs.
        strict: Whether each connection is checked.
        checked: How many connections were checked since a report took the count from here.

    Args:
        strict: Check each connection.
        hangs: Watch where each connection is, even if it is not checked.
    """

    def __init__(self, *, strict: bool, hangs: bool) -> None:
        self.running = False
        self.checked = 0
        self._store: Store | None = None
        self.strict, self._always = strict, strict or hangs
        self._connections: dict[Connection, None] = {}
        self._findings: list[Finding] = []
        self._clients = Clients(self._around)
        self.restore = self._clients.restore

    def begin(self) -> None:
        """Begin a test."""
        self.patch()
        self.running = True
        self._findings.clear()
        for one in [one for one in self._connections if not one.open]:
            del self._connections[one]

    def patch(self) -> None:
        """Watch the clients that are imported by now."""
        if self._always or self._store is not None:
            self._clients.patch()

    def record(self, store: Store | None) -> None:
        """From now on, record into *store* what the clients do; ``None`` stops that."""
        self._store = store
        self.patch()

    def judged(self, allowed: set[str]) -> tuple[list[str], list[str]]:
        """What the app broke, and what is not its fault; each is listed once."""
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
        """All connections that are open or were cancelled in this test, but no waiting lifespan."""
        found = [one for one in list(self._connections) if not (one.open and one.is_idle)]
        return "\n".join(one.text() for one in found[-_MOST:])

    def _counted(self, app: App) -> App:
        async def counted(scope: Scope, receive: Receive, send: Send) -> None:
            self.checked += 1
            await app(scope, receive, send)

        return counted

    def _around(self, app: App) -> App:
        """*app*, watched."""
        inner = app
        if self.strict:
            from asgi_mw.spec import validate  # noqa: PLC0415  # slow to import

            inner = self._counted(validate(inner, on_violation=self._findings.append))
        if self._store is not None:
            from asgi_mw.recorder import record  # noqa: PLC0415  # the same

            inner = record(inner, store=self._store)
        return Watched(app, inner, self._connections)
