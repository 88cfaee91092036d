"""Each check can fail: a server that does just that wrong fails it, and for that reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from asgi_mw.conformance import CHECKS, SERVERS, examine
from asgi_mw.conformance.clock import Clock
from asgi_mw.conformance.servers import PROBE
from tests.conformance import proxy, saboteurs
from tests.conformance.patience import patient_clock

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future, ThreadPoolExecutor

    from asgi_mw.conformance import Result
    from asgi_mw.conformance.servers import Server


class Broken(NamedTuple):
    """A server that does something wrong, and the checks that it fails."""

    server: Server
    app: str
    ids: Sequence[str]

    def examined(self, check: str) -> Result:
        """What comes of one of them; each has a server of its own, since they all fail."""
        # What never comes is not waited for long, unless what should not come may only be late
        for clock in (Clock(patience=3, quiet=0.6), patient_clock()):
            [result] = examine(self.server, [CHECKS[check]], app=self.app, clock=clock)
            if result.verdict == "fail":
                break
        return result


SABOTEURS = {
    f"{name}-{server}": Broken(SERVERS[server], f"tests.conformance.saboteurs:{name}", ids)
    for name, checks in saboteurs.BREAKS.items()
    for server in ("uvicorn-h11", "granian")
    if (ids := [one for one in checks if ("http2" in one) is (server == "granian")])
}
PROXIES = {how: Broken(proxy.server(how), PROBE, ids) for how, ids in proxy.BREAKS.items()}
_ALL = SABOTEURS | PROXIES


@pytest.fixture(scope="module")
def results(
    request: pytest.FixtureRequest, pool: ThreadPoolExecutor
) -> Callable[[str], list[Result]]:
    """What comes of each of those that are asked for, begun in the order of the tests."""
    tests = [one for one in request.session.items if one.path == request.path]
    names = [
        str(one.callspec.params["broken"])
        for one in tests
        if isinstance(one, pytest.Function) and hasattr(one, "callspec")
    ]
    begun: dict[str, list[Future[Result]]] = {
        name: [pool.submit(_ALL[name].examined, check) for check in _ALL[name].ids]
        for name in names
    }
    return lambda name: [one.result() for one in begun[name]]


@pytest.mark.slow
@pytest.mark.parametrize("broken", SABOTEURS)
def test_a_check_fails_behind_a_saboteur(
    broken: str, results: Callable[[str], list[Result]]
) -> None:
    """Which stands between the server and the probe; the app is called all the same."""
    found = results(broken)

    assert [(one.check.id, one.verdict, one.detail) for one in found if one.verdict != "fail"] == []
    assert [
        one.detail
        for one in found
        if "is not called" in one.detail and not broken.startswith("fragile-")
    ] == []


@pytest.mark.slow
@pytest.mark.parametrize("broken", PROXIES)
def test_a_check_fails_behind_a_proxy(broken: str, results: Callable[[str], list[Result]]) -> None:
    """Which stands between the client and the server."""
    found = results(broken)

    assert [(one.check.id, one.verdict, one.detail) for one in found if one.verdict != "fail"] == []


def test_every_check_that_can_fail_is_seen_to() -> None:
    """Those that are undecided never do."""
    broken = {one for ids in (*saboteurs.BREAKS.values(), *proxy.BREAKS.values()) for one in ids}
    can = {one.id for one in CHECKS.values() if one.severity != "undecided"}

    assert can == broken
