"""An app in layers is called as one, and keeps every other attribute of the app inside."""

from __future__ import annotations

import copy
import inspect
from typing import TYPE_CHECKING, Any

import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware

from asgi_mw import access_log, compression, explain, production, request_id, stack, timing
from asgi_mw.testing import request
from asgi_mw.wrapped import Wrapped, bare

if TYPE_CHECKING:
    from asgi_mw import App, Receive, Scope, Send

WRAPPINGS = {
    "one layer": request_id,
    "layer on layer": lambda app: timing(access_log(app)),
    "stack": lambda app: stack(app, request_id, compression),
    "production": production,
    "stack of stacks": lambda app: stack(stack(app, timing), request_id),
    "somebody else's layer inside": lambda app: stack(app, timing, CORSMiddleware),
}


@pytest.mark.parametrize("wrap", WRAPPINGS.values(), ids=WRAPPINGS)
def test_attributes_are_those_of_the_app_inside(wrap: Any) -> None:
    """Read, set and deleted: a framework's app goes on being written through its layers."""
    inside = FastAPI()
    app = wrap(inside)

    app.state.db = "here"
    app.title = "Shop"
    app.dependency_overrides[len] = max
    app.made_up = 1
    del app.made_up

    assert (inside.state.db, inside.title) == ("here", "Shop")
    assert inside.dependency_overrides == {len: max}
    assert not hasattr(inside, "made_up")
    assert not hasattr(app, "made_up")
    assert "dependency_overrides" in dir(app)


@pytest.mark.anyio
@pytest.mark.parametrize("wrap", WRAPPINGS.values(), ids=WRAPPINGS)
async def test_a_route_can_be_added_through_the_layers(wrap: Any) -> None:
    """As the README's first block, with a handler under it."""
    app = wrap(FastAPI())

    @app.get("/users/{number}")  # type: ignore[untyped-decorator]  # of Any
    async def user(number: int) -> dict[str, int]:
        return {"number": number}

    assert (await request(app, "GET", "/users/7")).body == b'{"number":7}'


def test_it_is_no_app_of_the_framework_and_does_not_say_so() -> None:
    """What asks for the class, as ``fastapi run`` does, gets an honest answer."""
    assert not isinstance(production(FastAPI()), Starlette)


def test_its_own_attributes_are_those_of_layers() -> None:
    """The outermost layer, for who explains or takes apart."""
    inside = FastAPI()
    app: Any = timing(inside, metric="web")

    assert app.__wrapped__ is inside
    assert str(app.__layer__) == "timing(metric='web')"
    assert explain(app) == "timing(metric='web')\nFastAPI"


def test_an_attribute_that_nobody_has_is_an_attribute_error_of_the_app_inside() -> None:
    """It names the class that people know."""
    with pytest.raises(AttributeError, match="'FastAPI' object has no attribute 'gett'"):
        timing(FastAPI()).gett  # type: ignore[attr-defined]  # noqa: B018  # the mistake


def test_servers_see_a_coroutine_function() -> None:
    """By ``app.__call__``, which is how each of them asks an object."""
    app: Any = production(FastAPI())

    assert inspect.iscoroutinefunction(app.__call__)
    assert list(inspect.signature(app).parameters) == ["scope", "receive", "send"]


def test_layers_inside_are_plain_functions() -> None:
    """Only the outermost is asked for attributes, so that a call goes straight through."""
    app = stack(FastAPI(), request_id, timing)

    outermost, inside = bare(app)
    assert isinstance(app, Wrapped)
    assert inspect.isfunction(outermost)
    assert isinstance(inside, FastAPI)


def test_it_shows_what_it_wraps() -> None:
    """In a debugger."""

    class Shop:
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...

        def __repr__(self) -> str:
            return "<shop>"

    assert repr(timing(Shop())) == "<timing() around <shop>>"


def test_a_function_inside_has_its_attributes_too() -> None:
    """An app needs not be an object of a class."""

    async def shop(scope: Scope, receive: Receive, send: Send) -> None: ...

    app: Any = timing(shop)
    app.state = {"db": 1}

    assert vars(shop)["state"] == {"db": 1}


def test_an_app_in_layers_is_copied_as_a_function_is() -> None:
    """Not at all; and one that was made in no usual way is only empty."""
    app = timing(FastAPI())

    assert copy.copy(app) is copy.deepcopy(app) is app
    with pytest.raises(AttributeError):
        object.__new__(Wrapped).state  # noqa: B018  # that it raises is the fact


def test_an_app_in_layers_is_one_of_its_own() -> None:
    """It can be a key, and is equal to no other."""

    async def shop(scope: Scope, receive: Receive, send: Send) -> None: ...

    first: App = timing(shop)
    assert first != timing(shop)
    assert {first: 1}[first] == 1
