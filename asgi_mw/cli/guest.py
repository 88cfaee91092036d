"""Run an app within a command: load it, and keep what it prints out of the report."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from asgi_mw.cli.target import load
from asgi_mw.installing import hook

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_mw.types import App


def loaded(target: str, *, factory: bool, app_dir: str) -> App:
    """The app that *target* names, imported from *app_dir*.

    Raises:
        TargetError: There is none.
    """
    with printing_to_stderr():
        sys.path.insert(0, os.path.abspath(app_dir))  # noqa: PTH100  # resolve() would follow links
        app = load(target, factory=factory)
    hook(app)  # as when it was recorded: otherwise what is compared would differ
    return app


@contextmanager
def printing_to_stderr() -> Iterator[None]:
    """Send to stderr what this process prints, and the processes that it starts."""
    with as_it_was():
        sys.stdout = sys.stderr
        with suppress(OSError):  # one of the two is closed
            os.dup2(2, 1)
        yield


@contextmanager
def as_it_was() -> Iterator[None]:
    """Restore standard output at the end, even if work that was left behind has redirected it."""
    stdout = sys.stdout
    stdout.flush()
    kept: int | None = None
    with suppress(OSError):  # it is closed
        kept = os.dup(1)
    try:
        yield
    finally:
        sys.stdout = stdout
        if kept is not None:
            os.dup2(kept, 1)
            os.close(kept)
