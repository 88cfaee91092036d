"""The app of Flask in the adapter of asgiref."""

from __future__ import annotations

from typing import Any

from asgiref.wsgi import WsgiToAsgi

from tests.matrix.apps.flask import flask

adapter: Any = WsgiToAsgi
app = adapter(flask)
