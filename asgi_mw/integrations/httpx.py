"""Pass the id of the request that is being served to the services that it calls.

Event hooks for httpx and httpx2, which work alike::

    httpx.Client(event_hooks={"request": [send_request_id]})
    httpx.AsyncClient(event_hooks={"request": [asend_request_id]})
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from asgi_mw.connection import get_request_id

if TYPE_CHECKING:
    from collections.abc import MutableMapping


class OutgoingRequest(Protocol):
    """The part of a request of httpx or httpx2 that is used here."""

    @property
    def headers(self) -> MutableMapping[str, str]:
        """Its headers, by name."""


def send_request_id(request: OutgoingRequest, header: str = "x-request-id") -> None:
    """Add the id to *request*, unless it has one or no request is being served.

    Args:
        request: The outgoing request.
        header: Name of the header.
    """
    current = get_request_id()
    if current is not None:
        request.headers.setdefault(header, current)


async def asend_request_id(request: OutgoingRequest) -> None:
    """Like :func:`send_request_id`, for asynchronous clients."""
    send_request_id(request)
