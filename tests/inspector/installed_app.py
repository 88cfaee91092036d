"""A FastAPI app that a page is installed in, for real servers."""

from __future__ import annotations

from fastapi import FastAPI

from asgi_mw import install, layer
from asgi_mw.inspector import inspect

app = install(FastAPI(), layer(inspect, store="memory:"))


@app.get("/")
def shop() -> str:
    """Answer."""
    return "shop"
