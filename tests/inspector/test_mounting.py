"""The page in an app: what goes where, and what is printed."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest
from starlette.applications import Starlette

from asgi_mw import explain, install, open_store, record, request_id, stack
from asgi_mw.errors import ConfigError
from asgi_mw.inspector import inspect
from asgi_mw.inspector.mounting import brought_out, page_in
from asgi_mw.inspector.site import site_of
from asgi_mw.layers import layer
from asgi_mw.testing import lifespan, request
from tests.inspector.asked import HOST, echo

if TYPE_CHECKING:
    from asgi_mw.types import App, Receive, Scope, Send


@pytest.mark.parametrize(
    ("options", "option"),
    [
        ({"path": "/"}, "path"),
        ({"path": "asgi"}, "path"),
        ({"path": "/a/"}, "path"),
        ({"path": "/a b"}, "path"),
        ({"path": "/.."}, "path"),
        ({"path": None}, "path"),
        ({"store": "redis://x"}, "store"),
        ({"allowed_hosts": ["*"]}, "allowed_hosts"),
        ({"allowed_clients": ["x"]}, "allowed_clients"),
        ({"body_limit": -1}, "body_limit"),
        ({"pth": "/x"}, "pth"),
    ],
)
def test_what_cannot_be_right_is_refused(options: dict[str, Any], option: str) -> None:
    """That happens when the layer is made; the message names the option."""
    with pytest.raises(ConfigError, match=option):
        inspect(echo, **options)


@pytest.mark.parametrize("token", ["short", "x" * 200, "with blanks in it, and more of it"])
def test_a_token_that_is_none(monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    """The message does not have the token in it."""
    monkeypatch.setenv("ASGI_MW_INSPECTOR_TOKEN", token)
    with pytest.raises(ConfigError, match="ASGI_MW_INSPECTOR_TOKEN") as caught:
        inspect(echo)
    assert token not in str(caught.value)


def test_the_app_is_still_there() -> None:
    """Its attributes can be used, and `explain` shows it."""
    app: Any = inspect(Starlette(), path="/look")

    app.state.db = 7
    assert 7 == app.state.db
    assert explain(app).startswith("inspect(path='/look')\nStarlette")


def test_it_records_already() -> None:
    """A second recorder beside it is refused."""
    with pytest.raises(ConfigError, match="twice"):
        stack(echo, layer(inspect), layer(record))


@pytest.mark.anyio
async def test_layers_are_seen_and_logs_are_noted() -> None:
    """Logs are noted from the start of the lifespan to its end."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await request(made, "GET", "/")
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
        else:
            logging.getLogger("shop").warning("sold out")
            await echo(scope, receive, send)

    store = open_store("memory:")
    made = inspect(request_id(app), store=store, announce=False)
    await lifespan(made)
    await request(made, "GET", "/")

    behind, within = [one for one in store.exchanges() if one.type == "http"]
    assert [["sold out"], []] == [[one.title for one in of.notes] for of in (within, behind)]
    assert ["request_id"] == [one.name for one in within.layers]


@pytest.mark.anyio
async def test_the_address_is_printed_as_soon_as_it_is_known(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is printed at the start, and once more when the first request shows the server's."""
    monkeypatch.setenv("ASGI_MW_INSPECTOR_TOKEN", "made-up-made-up-made-up-")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
        else:
            await echo(scope, receive, send)

    made = inspect(app)
    await lifespan(made)
    before = capsys.readouterr().err
    await request(made, headers={"host": HOST})
    await request(made, headers={"host": HOST})

    said = "asgi-mw: the page with every message is at "
    below = "/__asgi__/enter#token=made-up-made-up-made-up-\n"
    unknown = f"{said}the address of this server, as http://127.0.0.1:8000, and then {below}"
    assert [unknown, f"{said}http://127.0.0.1:8000{below}"] == [before, capsys.readouterr().err]


@pytest.mark.anyio
async def test_who_serves_the_app_brings_its_page_out(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both allow their hosts; the token is that of the outer one, and nothing is printed."""
    inside = install(Starlette(), layer(inspect, store="memory:", allowed_hosts=["shop.test"]))
    monkeypatch.setenv("ASGI_MW_INSPECTOR_TOKEN", "made-up-made-up-made-up-")
    own = site_of("run", open_store("memory:"), allowed_hosts=["run.test"])
    page = page_in(inside, "/__asgi__")
    assert page is not None
    outside = brought_out(request_id(inside), page, own.guard)
    ours = (b"authorization", f"Bearer {own.guard.token.value()}".encode())
    found = [
        await request(outside, target="/__asgi__/api/words", headers=[(b"host", name), ours])
        for name in (b"shop.test", b"run.test", b"evil.test")
    ]
    elsewhere = await request(outside, target="/there")

    assert [200, 200, 403] == [one.status for one in found]
    ids = [[name for name, _ in one.headers].count(b"x-request-id") for one in (*found, elsewhere)]
    assert [0, 0, 0, 1] == ids
    assert "" == capsys.readouterr().err


@pytest.mark.parametrize("app", [echo, inspect(echo, path="/look"), record(echo)])
def test_no_page_is_there(app: App) -> None:
    """At this path."""
    assert page_in(app, "/__asgi__") is None


@pytest.mark.anyio
async def test_without_a_lifespan_it_is_printed_with_the_first_request(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """That request shows where the server listens."""
    monkeypatch.setenv("ASGI_MW_INSPECTOR_TOKEN", "made-up-made-up-made-up-")
    made = inspect(echo)
    await request(made)
    await request(made)

    said = capsys.readouterr().err.splitlines()
    assert 1 == len(said)
    assert said[0].endswith("http://127.0.0.1:8000/__asgi__/enter#token=made-up-made-up-made-up-")


@pytest.mark.anyio
async def test_nothing_is_printed_where_nobody_wants_it(capsys: pytest.CaptureFixture[str]) -> None:
    """This is for tests of the app."""
    await request(inspect(echo, announce=False, store=open_store("memory:")))

    assert "" == capsys.readouterr().err
