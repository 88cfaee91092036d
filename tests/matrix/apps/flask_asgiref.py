"""The app of Flask in the adapter of asgiref."""

from __future__ import annotations

from asgiref.wsgi import WsgiToAsgi

from tests.matrix.apps.flask import flask

app = WsgiToAsgi(flask)
