"""The app of Flask in the adapter of a2wsgi."""

from __future__ import annotations

from typing import Any

from a2wsgi import WSGIMiddleware

from tests.matrix.apps.flask import flask

adapter: Any = WSGIMiddleware  # whose types are narrower than WSGI's
app = adapter(flask)
