"""Keep exchanges in PostgreSQL, so that several hosts have one history."""

from __future__ import annotations

from asgi_mw.recorder.postgres.store import PostgresStore as PostgresStore
