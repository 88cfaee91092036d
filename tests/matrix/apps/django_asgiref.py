"""The app of Django in the adapter of asgiref."""

from __future__ import annotations

from asgiref.wsgi import WsgiToAsgi

from tests.matrix.apps.django_wsgi import django

app = WsgiToAsgi(django)
