"""Add exchanges that were recorded elsewhere to a folder; what is in it already is left alone."""

from __future__ import annotations

from contextlib import closing
from itertools import batched
from typing import TYPE_CHECKING, NamedTuple, Self

from asgi_mw.errors import StoreError
from asgi_mw.recorder import questions
from asgi_mw.recorder.codec import encode
from asgi_mw.recorder.keeping import mark
from asgi_mw.recorder.look import Look
from asgi_mw.recorder.segment import Segment
from asgi_mw.recorder.spool import SpoolStore

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from types import TracebackType

    from asgi_mw.events import Exchange
    from asgi_mw.recorder.codec import Columns
    from asgi_mw.recorder.store import Store
