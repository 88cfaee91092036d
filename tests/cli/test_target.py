"""An app is found by its name, or the message says where the name ends and what to write."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from asgi_mw.cli.target import TargetError, load
from asgi_mw.testing import request, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SHOP = """
async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"asgi 3"})

def old(scope):
    async def instance(receive, send):
        await app(scope, receive, send)
    return instance

class Old:
    def __init__(self, scope):
        self.scope = scope
    async def __call__(self, receive, send):
        await app(self.scope, receive, send)

class New:
    async def __call__(self, scope, receive, send):
        await app(scope, receive, send)

def wsgi(environ, start_response):
    start_response("200 OK", [])
    return [b"wsgi"]

def plain(scope, receive, send):
    return app(scope, receive, send)

def make():
    return app

def make_wrong():
    raise RuntimeError("no database")

def make_none():
    return None

new = New()
nothing = None
"""


@pytest.fixture(autouse=True)
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Some modules to name, which none but this test finds."""
    (tmp_path / "shop_web.py").write_text(SHOP)
    (tmp_path / "shop_broken.py").write_text("import json\n\njson.loads('')\n")
    (tmp_path / "shop_needy.py").write_text("import shop_not_there\n")
    (tmp_path / "shop_wrong.py").write_text("def x(:\n")
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "main.py").write_text(SHOP)
    monkeypatch.syspath_prepend(tmp_path)
    before = {name: sys.modules.pop(name) for name in _shops()}
    yield
    for name in _shops():
        del sys.modules[name]
    sys.modules.update(before)


def _shops() -> list[str]:
    return [name for name in sys.modules if name.startswith("shop")]


@pytest.mark.parametrize(
    ("target", "factory", "body"),
    [
        pytest.param("shop_web:app", False, b"asgi 3", id="function"),
        pytest.param("shop_web:new", False, b"asgi 3", id="instance"),
        pytest.param("shop_web:new.__call__", False, b"asgi 3", id="attribute of an attribute"),
        pytest.param("shop_web:plain", False, b"asgi 3", id="returns an awaitable"),
        pytest.param("shop_web:old", False, b"asgi 3", id="ASGI 2 function"),
        pytest.param("shop_web:Old", False, b"asgi 3", id="ASGI 2 class"),
        pytest.param("shop_web:wsgi", False, b"wsgi", id="WSGI"),
        pytest.param("shop_web:make", True, b"asgi 3", id="factory"),
        pytest.param("shop_web:New", True, b"asgi 3", id="class as factory"),
        pytest.param("shop.main:app", False, b"asgi 3", id="package"),
    ],
)
def test_every_kind_of_app_is_served(target: str, factory: bool, body: bytes) -> None:  # noqa: FBT001  # a table
    """As an ASGI 3 app."""
    assert body == run(request(load(target, factory=factory))).body


@pytest.mark.parametrize(
    ("target", "factory", "message"),
    [
        pytest.param("shop_web", False, "as shop_web:app", id="no attribute"),
        pytest.param("shop.asgi", False, "as shop.asgi:application", id="no attribute of Django's"),
        pytest.param("shop/wsgi.py", False, "as shop.wsgi:application", id="a file of Django's"),
        pytest.param("shop_web.py", False, "as shop_web:app", id="a file"),
        pytest.param(":app", False, "as main:app", id="no module"),
        pytest.param("shop/main.py:app", False, "write it as shop.main:app", id="a path"),
        pytest.param("shop_wbe:app", False, "is it 'shop_web'?", id="near a module"),
        pytest.param("shop_wbe:app", False, "'shop_web'? --app-dir says", id="one mark in a row"),
        pytest.param("zzz:app", False, "; --app-dir says", id="where else to look"),
        pytest.param("shp.main:app", False, "is it 'shop.main'?", id="near a package"),
        pytest.param("shop.mian:app", False, "is it 'shop.main'?", id="near in a package"),
        pytest.param("zzz:app", False, "there is no module 'zzz' in", id="far from any"),
        pytest.param("shop_web:ap", False, "has no 'ap'; is it 'app'?", id="near an attribute"),
        pytest.param("shop_web:zzz", False, "is it 'app'?", id="the usual attribute"),
        pytest.param("shop_web:nothing", False, "is None, which cannot be called", id="None"),
        pytest.param("shop_web:__doc__", True, "leave out --factory", id="no factory"),
        pytest.param("shop_web:make", False, "add --factory", id="a factory"),
        pytest.param("shop_web:New", False, "add --factory", id="a class"),
        pytest.param("shop_web:make_none", True, "returned None", id="made nothing"),
        pytest.param("shop_web:make_wrong", True, "RuntimeError: no database", id="made an error"),
        pytest.param("shop_broken:app", False, 'shop_broken.py", line 3', id="raises"),
        pytest.param("shop_needy:app", False, "No module named 'shop_not_there'", id="needs more"),
        pytest.param("shop_wrong:app", False, "SyntaxError", id="no Python"),
    ],
)
def test_a_name_that_leads_to_no_app(target: str, factory: bool, message: str) -> None:  # noqa: FBT001  # a table
    """The message says what is there and what to write; no part of it is about our own code."""
    with pytest.raises(TargetError) as caught:
        load(target, factory=factory)
    assert message in str(caught.value)
    assert "target.py" not in str(caught.value)
