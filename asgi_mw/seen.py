"""Let a plugin of a test runner see the apps that the servers for tests call."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_mw.types import AnyApp, App

_around: Callable[[App], App] | None = None


def see(around: Callable[[App], App] | None) -> None:
    """From now on, call *around* with each app, and the app that it returns instead of that app."""
    global _around  # noqa: PLW0603  # one test runner a process
    _around = around


def seen(app: AnyApp) -> AnyApp:
    """*app* as it is to be called."""
    return app if _around is None else _around(app)
