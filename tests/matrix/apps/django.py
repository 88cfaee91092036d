"""The hello app of Django."""

# They come without types
# mypy: disable-error-code="import-untyped"

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings

if not settings.configured:
    settings.configure(
        ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="made up", MIDDLEWARE=[]
    )

from django.core.asgi import get_asgi_application
from django.http import HttpResponse, StreamingHttpResponse
from django.urls import path

from tests.matrix.apps import half, long, parts

if TYPE_CHECKING:
    from django.http import HttpRequest


async def hello(request: HttpRequest) -> HttpResponse:
    return HttpResponse("hello")


async def echo(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.body)


async def stream(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(parts())


async def for_long(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(long())


async def for_half(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(half())


async def fail(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("on purpose")


urlpatterns: Any = [
    path("hello", hello),
    path("echo", echo),
    path("stream", stream),
    path("long", for_long),
    path("half", for_half),
    path("fail", fail),
]
app = get_asgi_application()
