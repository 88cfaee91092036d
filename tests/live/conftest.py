"""The servers to run a file of tests against, one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.live.servers import COMMANDS

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(scope="session", params=COMMANDS)
def server(request: pytest.FixtureRequest) -> str:
    """Name the server."""
    return str(request.param)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Take out what a server makes impossible, with and without our layers: ``not_where``."""
    out = [item for item in items if any(map(_fits(item), item.iter_markers("not_where")))]
    if out:
        config.hook.pytest_deselected(items=out)
        items[:] = [item for item in items if item not in out]


def _fits(item: pytest.Item) -> Callable[[pytest.Mark], bool]:
    given: dict[str, Any] = item.callspec.params if hasattr(item, "callspec") else {}

    def fits(mark: pytest.Mark) -> bool:
        return all(given.get(name) in values for name, values in mark.kwargs.items())

    return fits
