"""Note what is legal in a policy and yet unwise; ``explain`` and ``doctor`` show it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re
    from collections.abc import Sequence

    from asgi_mw.middleware.cors.patterns import Pattern

# An origin that nobody can have: a regex that matches it matches anybody's
_ANYBODY = ("https://anybody.invalid", "http://anybody.invalid")


def unwise(
    patterns: Sequence[Pattern],
    regex: re.Pattern[str] | None,
    *,
    credentials: bool,
    null_sockets: bool,
) -> tuple[str, ...]:
    """What to note about a policy that allows *patterns* and *regex*.

    Args:
        patterns: Its origins.
        regex: Its regular expression.
        credentials: Whether it allows credentials.
        null_sockets: Whether the origin ``null`` may open WebSockets.
    """
    notes = []
    if null_sockets:
        notes.append(
            "dangerously_allow_null_origin lets any page open WebSockets, and cookies come along: "
            "let the app ask for more than a cookie"
        )
    if not credentials:
        return tuple(notes)
    plain = [p.host for p in patterns if p.scheme == "http" and not p.loopback]
    if plain:
        shown = ", ".join(plain[:3]) + (f" and {len(plain) - 3} more" if len(plain) > 3 else "")
        notes.append(
            f"credentials over plain http for {shown}: "
            "whoever is on the way can put a page there; use https"
        )
    if regex is not None and any(map(regex.fullmatch, _ANYBODY)):
        notes.append(
            f"allow_origin_regex={regex.pattern!r} lets any origin act for the user: narrow it"
        )
    return tuple(notes)


def closed(*, websocket: str) -> str:
    """What to note about the only policy of an app, if it lets nobody in."""
    sockets = "" if websocket == "off" else ", and every WebSocket of a browser"
    return f"without any origin every page of another one is denied{sockets}: name some"
