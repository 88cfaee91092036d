"""Composable pure-ASGI middleware and an inspection library: ship, see, prove, export.

Every layer is a function ``name(app, *, options) -> app``.  :func:`stack` wraps an app in
several, outermost first:

>>> from asgi_mw import access_log, request_id, stack, timing
>>> async def app(scope, receive, send): ...
>>> app = stack(app, request_id, access_log, timing)
"""

from __future__ import annotations

import typing

from asgi_mw.connection import get_request_id as get_request_id
from asgi_mw.connection import set_route as set_route
from asgi_mw.differences import compare as compare
from asgi_mw.errors import ConfigError as ConfigError
from asgi_mw.events import Event as Event
from asgi_mw.events import Exchange as Exchange
from asgi_mw.explaining import explain as explain
from asgi_mw.installing import install as install
from asgi_mw.layers import layer as layer
from asgi_mw.layers import stack as stack
from asgi_mw.middleware.access_log import access_log as access_log
from asgi_mw.middleware.access_log import log_fields as log_fields
from asgi_mw.middleware.compression import compression as compression
from asgi_mw.middleware.compression import gzip as gzip
from asgi_mw.middleware.cors import cors as cors
from asgi_mw.middleware.decompression import decompression as decompression
from asgi_mw.middleware.request_id import request_id as request_id
from asgi_mw.middleware.server_error import server_error as server_error
from asgi_mw.middleware.timing import measure as measure
from asgi_mw.middleware.timing import timing as timing
from asgi_mw.middleware.tracing import tracing as tracing
from asgi_mw.presets import production as production
from asgi_mw.recorder import open_store as open_store
from asgi_mw.recorder import record as record
from asgi_mw.spec import validate as validate
from asgi_mw.types import App as App
from asgi_mw.types import Message as Message
from asgi_mw.types import Receive as Receive
from asgi_mw.types import Scope as Scope
from asgi_mw.types import Send as Send

__all__ = [
    "App",
    "ConfigError",
    "Event",
    "Exchange",
    "Message",
    "Receive",
    "Scope",
    "Send",
    "access_log",
    "compare",
    "compression",
    "cors",
    "decompression",
    "explain",
    "get_request_id",
    "gzip",
    "install",
    "layer",
    "log_fields",
    "measure",
    "open_store",
    "production",
    "record",
    "request_id",
    "server_error",
    "set_route",
    "stack",
    "timing",
    "tracing",
    "validate",
]


def __dir__() -> list[str]:
    """List the public names, and not the modules behind them."""
    return __all__


if typing.TYPE_CHECKING:
    __version__: str
else:  # a type checker would take any name for one of ours

    def __getattr__(name: str) -> str:
        """Look the version up only on request: the module that knows it is slow to import."""
        if name != "__version__":
            message = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(message)
        from importlib.metadata import version  # noqa: PLC0415  # slow to import

        return version("asgi-mw")
