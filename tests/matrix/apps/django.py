"""The app of Django."""

# They come without types
# mypy: disable-error-code="import-untyped"

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings

from tests.matrix import apps

if not settings.configured:
    settings.configure(
        ROOT_URLCONF=__name__,
        ALLOWED_HOSTS=["*"],
        SECRET_KEY="made up",
        MIDDLEWARE=["asgi_mw.integrations.django.RouteMiddleware"] if apps.with_hooks() else [],
    )

from django.core.asgi import get_asgi_application
from django.http import HttpResponse, JsonResponse, StreamingHttpResponse
from django.urls import include, path

if TYPE_CHECKING:
    from django.http import HttpRequest


async def hello(request: HttpRequest) -> HttpResponse:
    return HttpResponse("hello")


async def users(request: HttpRequest, name: str) -> JsonResponse:
    return JsonResponse({"name": name})


async def items(request: HttpRequest, item: str) -> JsonResponse:
    return JsonResponse({"item": item})


async def echo(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.body)


async def stream(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(apps.parts())


async def events(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(apps.events(), content_type="text/event-stream")


async def poll(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"heard": await apps.heard()})


async def publish(request: HttpRequest) -> HttpResponse:
    apps.publish(request.body.decode())
    return HttpResponse("published")


async def background(request: HttpRequest) -> JsonResponse:
    apps.begin_later()
    return JsonResponse({"later": True})


async def state(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"state": "none"})


async def handled(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"error": "on purpose"}, status=409)


async def fail(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("on purpose")


async def for_long(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(apps.long())


async def for_hold(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(apps.hold())


async def for_half(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(apps.half())


urlpatterns: Any = [
    path("hello", hello),
    path("users/<str:name>", users),
    path("mounted/", include([path("items/<str:item>", items)])),
    path("echo", echo),
    path("stream", stream),
    path("events", events),
    path("poll", poll),
    path("publish", publish),
    path("background", background),
    path("state", state),
    path("handled", handled),
    path("fail", fail),
    path("long", for_long),
    path("hold", for_hold),
    path("half", for_half),
]
app = get_asgi_application()
