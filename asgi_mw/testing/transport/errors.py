"""What goes wrong between a client and the app that its transport serves."""

from __future__ import annotations

from asgi_mw.errors import AsgiMwError


class TransportError(AsgiMwError, AssertionError):
    """The app did not start, respond or end as it should, or the transport is not open."""
