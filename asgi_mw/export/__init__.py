"""Recordings as files for other tools, and back."""

from __future__ import annotations

from asgi_mw.export.har import read_har as read_har
from asgi_mw.export.har import write_har as write_har
from asgi_mw.export.json_stream import DocumentError as DocumentError
from asgi_mw.export.jsonl import read_jsonl as read_jsonl
from asgi_mw.export.jsonl import write_jsonl as write_jsonl
from asgi_mw.export.otlp import DeliveryError as DeliveryError
from asgi_mw.export.otlp import send_otlp as send_otlp
from asgi_mw.export.otlp import write_otlp as write_otlp
from asgi_mw.export.parquet import write_parquet as write_parquet
from asgi_mw.export.rest import write_http as write_http
from asgi_mw.export.suite import write_pytest as write_pytest
from asgi_mw.export.taken import Taken as Taken
from asgi_mw.export.texts import write_texts as write_texts
from asgi_mw.export.trace import write_trace as write_trace
from asgi_mw.export.written import Written as Written
from asgi_mw.recorder.adding import Added as Added
from asgi_mw.recorder.adding import add as add
