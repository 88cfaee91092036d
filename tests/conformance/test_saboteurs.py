"""Each check can fail: a server that does just that wrong fails it, and for that reason."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from asgi_mw.conformance import CHECKS, SERVERS, examine
from asgi_mw.conformance.clock import Clock
from tests.conformance import proxy, saboteurs

# What should not come is waited for as long as it takes; what never comes, not that long
_CLOCK = {"patience": 2.0, "quiet": 0.3}
_APP = "tests.conformance.saboteurs"
_BREAKS = [
    pytest.param(name, server, ids, id=f"{name}-{server}")
    for name, checks in saboteurs.BREAKS.items()
    for server in ("uvicorn-h11", "granian")
    if (ids := [one for one in checks if ("http2" in one) is (server == "granian")])
]


@pytest.fixture(autouse=True)
def _importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the servers, which are started anywhere."""
    monkeypatch.setenv("PYTHONPATH", os.fspath(Path(__file__).parents[2]))


@pytest.mark.slow
@pytest.mark.parametrize(("name", "server", "ids"), _BREAKS)
def test_a_check_fails_behind_a_saboteur(name: str, server: str, ids: list[str]) -> None:
    """Which stands between the server and the probe; the app is called all the same."""
    checks = [CHECKS[one] for one in ids]
    results = list(examine(SERVERS[server], checks, app=f"{_APP}:{name}", clock=Clock(**_CLOCK)))

    assert [
        (one.check.id, one.verdict, one.detail) for one in results if one.verdict != "fail"
    ] == []
    assert [
        one.detail for one in results if "is not called" in one.detail and name != "fragile"
    ] == []


@pytest.mark.slow
@pytest.mark.parametrize("how", proxy.BREAKS)
def test_a_check_fails_behind_a_proxy(how: str) -> None:
    """Which stands between the client and the server."""
    checks = [CHECKS[one] for one in proxy.BREAKS[how]]
    results = list(examine(proxy.server(how), checks, clock=Clock(**_CLOCK)))

    assert [
        (one.check.id, one.verdict, one.detail) for one in results if one.verdict != "fail"
    ] == []


def test_every_check_that_can_fail_is_seen_to() -> None:
    """Those that are undecided never do."""
    broken = {one for ids in (*saboteurs.BREAKS.values(), *proxy.BREAKS.values()) for one in ids}
    can = {one.id for one in CHECKS.values() if one.severity != "undecided"}

    assert can == broken
