"""Record traffic: the layer, and the stores that keep what it sees."""

from __future__ import annotations

from asgi_mw.recorder.layer import record as record
from asgi_mw.recorder.open import open_store as open_store
from asgi_mw.recorder.query import Query as Query
from asgi_mw.recorder.store import Cursor as Cursor
from asgi_mw.recorder.store import Stats as Stats
from asgi_mw.recorder.store import Store as Store
