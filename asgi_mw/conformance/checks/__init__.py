"""The checks, in tables by part."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgi_mw.conformance.checks.body import BODY
from asgi_mw.conformance.checks.cancelled import CANCELLED
from asgi_mw.conformance.checks.closing import CLOSING
from asgi_mw.conformance.checks.disconnect import DISCONNECT
from asgi_mw.conformance.checks.extensions import EXTENSIONS
from asgi_mw.conformance.checks.faults import FAULTS
from asgi_mw.conformance.checks.framing import FRAMING
from asgi_mw.conformance.checks.gone import GONE
from asgi_mw.conformance.checks.handshake import HANDSHAKE
from asgi_mw.conformance.checks.http import HTTP
from asgi_mw.conformance.checks.http2 import HTTP2
from asgi_mw.conformance.checks.invalid import INVALID
from asgi_mw.conformance.checks.rules import RULES
from asgi_mw.conformance.checks.scope import SCOPE
from asgi_mw.conformance.checks.shutdown import SHUTDOWN
from asgi_mw.conformance.checks.startup import STARTUP
from asgi_mw.conformance.checks.websocket import WEBSOCKET

if TYPE_CHECKING:
    from asgi_mw.conformance.check import Check

_TABLES = (
    SCOPE,
    BODY,
    HTTP,
    FRAMING,
    INVALID,
    FAULTS,
    DISCONNECT,
    CANCELLED,
    GONE,
    HANDSHAKE,
    WEBSOCKET,
    CLOSING,
    EXTENSIONS,
    HTTP2,
    STARTUP,
    SHUTDOWN,
    RULES,
)
CHECKS: dict[str, Check] = {check.id: check for table in _TABLES for check in table}
"""By id, in the order in which they are run."""
