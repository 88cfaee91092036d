"""OTLP logs: written for a collector to read, and sent to one."""

from __future__ import annotations

from asgi_mw.export.otlp.sending import DeliveryError as DeliveryError
from asgi_mw.export.otlp.sending import send_otlp as send_otlp
from asgi_mw.export.otlp.writing import write_otlp as write_otlp
