"""A refused body is told to the app as a client that left, and to a layer as what it is."""

from __future__ import annotations

from asgi_mw.codings.refusal import Refusal


def test_a_refusal_is_a_disconnect() -> None:
    """To whoever does not ask for its class; a copy is one for everybody."""
    message = Refusal(type="http.disconnect")

    assert message == {"type": "http.disconnect"}
    assert type({**message}) is dict
