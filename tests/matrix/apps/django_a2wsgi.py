"""The app of Django in the adapter of a2wsgi."""

from __future__ import annotations

from typing import Any

from a2wsgi import WSGIMiddleware

from tests.matrix.apps.django_wsgi import django

app: Any = WSGIMiddleware(django)
