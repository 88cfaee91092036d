"""The layers round a Django project learn its routes, and what it swallows."""

# mypy: disable-error-code="import-untyped"
# Django has no types
from __future__ import annotations

import types
from typing import TYPE_CHECKING, Any

import django
import pytest
from django import conf
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import include, path, re_path
from starlette.applications import Starlette
from starlette.routing import Mount

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    RouteOf = Callable[..., Awaitable[tuple[str | None, int | None]]]
    SwallowedBy = Callable[..., Awaitable[tuple[int | None, str | None]]]

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["asyncio"])]

MIDDLEWARE = "asgi_mw.integrations.django.RouteMiddleware"


async def answer(request: Any, **values: object) -> HttpResponse:
    """Be found."""
    return HttpResponse("found")


def answer_in_thread(request: Any, **values: object) -> HttpResponse:
    """Be found, as a view that Django runs in a thread."""
    return HttpResponse("found")


async def crash(request: Any, **values: object) -> HttpResponse:
    """Fail."""
    raise KeyError(values)


URLS = types.ModuleType("urls")
vars(URLS)["urlpatterns"] = [
    path("", answer),
    path("users/<int:number>", answer),
    path("threads/<int:number>", answer_in_thread),
    path("crash/<name>", crash),
    path("api/<slug:version>/", include([path("items/<name>/", answer)])),
    re_path(r"^old/(?P<year>[0-9]{4})/$", answer),
]


@pytest.fixture
def project(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Make a handler with the settings of a project."""
    if not conf.settings.configured:
        conf.settings.configure(ALLOWED_HOSTS=["*"], SECRET_KEY="of no worth", LOGGING_CONFIG=None)
        django.setup()

    def make(handler: type = ASGIHandler, *before: str) -> Any:
        middleware = [*before, MIDDLEWARE]
        monkeypatch.setattr(conf.settings, "ROOT_URLCONF", URLS, raising=False)
        monkeypatch.setattr(conf.settings, "MIDDLEWARE", middleware, raising=False)
        return handler()

    return make


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/", ("/", 200)),
        ("/users/7", ("/users/<int:number>", 200)),
        ("/threads/7", ("/threads/<int:number>", 200)),
        ("/api/v1/items/a%20b/", ("/api/<slug:version>/items/<name>/", 200)),
        ("/old/1999/", ("/^old/(?P<year>[0-9]{4})/$", 200)),
        ("/crash/x", ("/crash/<name>", 500)),
        ("/users/seven", (None, 404)),
    ],
)
async def test_the_route_is_the_one_of_the_resolver(
    route_of: RouteOf,
    project: Callable[..., Any],
    target: str,
    expected: tuple[str | None, int],
) -> None:
    """Whole, with what it is included by; none where no route matches."""
    assert expected == await route_of(project(), target)


async def test_it_works_below_synchronous_middleware(
    route_of: RouteOf, project: Callable[..., Any]
) -> None:
    """Django then calls it in a thread."""
    app = project(ASGIHandler, f"{__name__}.synchronous")

    assert ("/users/<int:number>", 200) == await route_of(app, "/users/7")


async def test_the_template_of_a_mount_goes_before(
    route_of: RouteOf, project: Callable[..., Any]
) -> None:
    """With its parameter, not with the value of it."""
    app = Starlette(routes=[Mount("/shops/{shop}", project())])

    assert ("/shops/{shop}/users/<int:number>", 200) == await route_of(app, "/shops/a/users/7")


async def test_under_wsgi_it_does_nothing(project: Callable[..., Any], anyio_backend: str) -> None:
    """There is no scope."""
    response = project(WSGIHandler).get_response(RequestFactory().get("/threads/7"))

    assert 200 == response.status_code


def synchronous(get_response: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Be middleware of the old kind."""

    def middleware(request: Any) -> Any:
        return get_response(request)

    return middleware


async def test_what_it_swallows_is_told(
    swallowed_by: SwallowedBy, project: Callable[..., Any]
) -> None:
    """A crash by its exception; nothing of an answer."""
    app = project()

    assert (500, "KeyError: {'name': 'x'}") == await swallowed_by(app, "/crash/x")
    assert (404, None) == await swallowed_by(app, "/users/seven")
