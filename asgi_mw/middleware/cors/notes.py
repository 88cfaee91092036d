"""Note what is legal in a policy and yet unwise; ``explain`` and ``doctor`` show it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re
    from collections.abc import Sequence

    from asgi_mw.middleware.cors.patterns import Pattern
    from asgi_mw.middleware.cors.policy import Policy

# An origin that nobody can have: a regex that matches it matches anybody's
_ANYBODY = ("https://anybody.invalid", "http://anybody.invalid")


def unwise(
    policy: Policy, patterns: Sequence[Pattern], regex: re.Pattern[str] | None
) -> tuple[str, ...]:
    """What to note about *policy*, whose origins and regex are *patterns* and *regex*."""
    notes = []
    if policy.dangerously_allow_null_origin and policy.websocket != "off":
        notes.append(
            "dangerously_allow_null_origin lets any page open WebSockets, and cookies come along: "
            "let the app ask for more than a cookie"
        )
    if not policy.allow_credentials:
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


def closed(policy: Policy) -> tuple[str, ...]:
    """What to note about *policy* where it is the only one and lets nobody in."""
    if (
        policy.allow_origins
        or policy.allow_origin_regex is not None
        or policy.allow_origin_predicate is not None
        or policy.dangerously_allow_null_origin
    ):
        return ()
    sockets = "" if policy.websocket == "off" else ", and every WebSocket of a browser"
    return (f"without any origin every page of another one is denied{sockets}: name some",)
