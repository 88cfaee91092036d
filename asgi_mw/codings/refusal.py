"""Distinguish a client that has left from one whose body was refused while the app answers."""

from __future__ import annotations

from typing import Any


class Refusal(dict[str, Any]):
    """The ``http.disconnect`` that an app gets where the rest of its request's body is refused.

    To the app it equals the message of a server.  The client is still there, and gets the response
    that has begun: a layer inside the one that refused must not stop encoding it.

    >>> Refusal(type="http.disconnect") == {"type": "http.disconnect"}
    True
    """
