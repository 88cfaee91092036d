"""Recordings for an agent to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from asgi_mw import open_store, record
from asgi_mw.agents.looking import Recordings
from asgi_mw.testing import request, run
from tests.cli.conftest import app

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def ask(tmp_path: Path) -> Callable[..., str]:
    """Record a request, and give its id."""

    def ask(path: str, method: str = "GET", **options: object) -> str:
        store = open_store(tmp_path / "traffic")
        run(request(record(app, store=store), method, path, **options))  # type: ignore[arg-type]  # whatever it takes
        store.close()
        return next(store.exchanges()).id

    return ask


@pytest.fixture
def recordings(tmp_path: Path) -> Recordings:
    """Of a store that is there once something was asked."""
    return Recordings(str(tmp_path / "traffic"))
