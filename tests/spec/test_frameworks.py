"""Apps of real frameworks break no rule, and what real servers break is known."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from asgi_mw import validate
from asgi_mw.testing import SERVERS, before, lifespan, request, websocket
from tests.properties.test_frameworks import FRAMEWORKS, frameworks

if TYPE_CHECKING:
    from asgi_mw.spec import Finding
    from asgi_mw.testing import Behaviour
    from asgi_mw.types import App

pytestmark = pytest.mark.anyio

# What each server does that the text does not allow, in what is asked below
_PORTS = {"http.scope.client", "http.scope.server"}
_SERVERS: dict[str, set[str]] = {"granian": _PORTS, "gunicorn": {"send.gone"}}
_SOCKETS = {"granian": {one.replace("http", "websocket") for one in _PORTS}}
# daphne claims no version: to accept with headers, or close with a reason, is an error there
_APPS = {("litestar", "daphne"): {"message.version"}}


def _looked_at(framework: str, found: list[Finding]) -> App:
    return validate(FRAMEWORKS[framework][0](), on_violation=found.append, profile="http")


@frameworks
@pytest.mark.parametrize("behaviour", SERVERS, ids=str)
async def test_requests(framework: str, anyio_backend: str, behaviour: Behaviour) -> None:
    """JSON, a stream, an error, no route; to the end, and to a client that leaves."""
    found: list[Finding] = []
    app = _looked_at(framework, found)
    served = replace(behaviour, receive_at_end="repeat")
    for path in ("/json", "/sub/stream", "/fail", "/none"):
        body, length = [b"a", b"b"], {"content-length": "2"}
        await request(app, "POST", path, body=body, headers=length, behaviour=served)
    violations = {one.rule.id for one in found if one.is_violation}
    assert violations == _SERVERS.get(str(behaviour), set()) - {"send.gone"}
    await request(app, "POST", "/sub/stream", behaviour=served, disconnect=before("send", 2))
    violations = {one.rule.id for one in found if one.is_violation}
    assert violations <= _SERVERS.get(str(behaviour), set())


@frameworks
@pytest.mark.parametrize("behaviour", SERVERS, ids=str)
async def test_a_websocket_and_the_lifespan(
    framework: str, anyio_backend: str, behaviour: Behaviour
) -> None:
    found: list[Finding] = []
    app = _looked_at(framework, found)
    await websocket(app, "/echo", messages=["a", "b"], behaviour=behaviour)
    violations = {one.rule.id for one in found if one.is_violation}
    apps = _APPS.get((framework, str(behaviour)), set())
    assert violations == _SOCKETS.get(str(behaviour), set()) | apps
    found.clear()
    await lifespan(app, behaviour=behaviour)
    assert [str(one) for one in found] == []
