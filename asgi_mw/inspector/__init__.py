"""See every message between server, layers and app, live, in a page."""

from __future__ import annotations

from asgi_mw.inspector.mounting import inspect as inspect
