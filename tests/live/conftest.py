"""The servers to run a file of tests against, one after the other."""

from __future__ import annotations

import pytest

from tests.live.servers import COMMANDS


@pytest.fixture(scope="session", params=COMMANDS)
def server(request: pytest.FixtureRequest) -> str:
    """Name the server."""
    return str(request.param)
