"""The app of Django in the adapter of asgiref."""

from __future__ import annotations

from typing import Any

from asgiref.wsgi import WsgiToAsgi

from tests.matrix.apps.django_wsgi import django

adapter: Any = WsgiToAsgi
app = adapter(django)
