"""The app of Django as WSGI, for an adapter."""

# They come without types
# mypy: disable-error-code="import-untyped,misc"

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings

if not settings.configured:
    settings.configure(
        ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="made up", MIDDLEWARE=[]
    )

from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse, JsonResponse, StreamingHttpResponse
from django.urls import include, path

from tests.matrix import apps

if TYPE_CHECKING:
    from django.http import HttpRequest


def users(request: HttpRequest, name: str) -> JsonResponse:
    return JsonResponse({"name": name})


def items(request: HttpRequest, item: str) -> JsonResponse:
    return JsonResponse({"item": item})


def echo(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.body, content_type="text/plain")


def stream(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(apps.parts_in_thread())


def events(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(apps.events_in_thread(), content_type="text/event-stream")


def poll(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"heard": apps.heard_in_thread()})


def publish(request: HttpRequest) -> HttpResponse:
    apps.publish(request.body.decode())
    return HttpResponse("published")


class Later(JsonResponse):
    """A response that goes on once it is closed."""

    def close(self) -> None:
        super().close()
        apps.later_in_thread()


def background(request: HttpRequest) -> JsonResponse:
    return Later({"later": True})


def state(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"state": "none"})


def handled(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"error": "on purpose"}, status=409)


def fail(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("on purpose")


def for_long(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(apps.long_in_thread())


def for_hold(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(apps.hold_in_thread())


urlpatterns: Any = [
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
]
django: Any = get_wsgi_application()
