"""The app of Channels: Django's, with consumers for WebSocket."""

# They come without types
# mypy: disable-error-code="import-untyped,misc"

from __future__ import annotations

from typing import Any

from tests.matrix.apps.django import app as django_app  # isort: skip  # it sets Django up

from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from django.urls import path


class Talk(AsyncWebsocketConsumer):
    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if text_data == "bye":
            await self.close(4000)
        else:
            await self.send(text_data=text_data, bytes_data=bytes_data)


class Refuse(AsyncWebsocketConsumer):
    async def connect(self) -> None:
        await self.close(4003)


sockets: Any = URLRouter([path("talk", Talk.as_asgi()), path("refuse", Refuse.as_asgi())])
app = ProtocolTypeRouter({"http": django_app, "websocket": sockets})
