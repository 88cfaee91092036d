"""The FastAPI example through every layer, as ``asgi-mw demo`` serves it, with the page."""

from __future__ import annotations

import os

from asgi_mw import production
from asgi_mw.inspector import inspect
from examples.fastapi_app import app as example

app = inspect(
    production(example, allow_origins=["https://shop.example.org"]), store=os.environ["PAGE_STORE"]
)
