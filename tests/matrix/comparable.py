"""What a client saw, without what differs each time, or with our layers as documented."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.matrix.scenarios import Facts

# Headers that depend on the moment or the port, and those of ``request_id`` and ``timing``
_OURS = frozenset({"date", "alt-svc", "x-request-id", "server-timing"})
# Headers that ``compression`` changes if the client asks for it: bodies are compared decompressed
_CODED = frozenset({"content-encoding", "content-length", "transfer-encoding", "etag"})


def comparable(case: str, facts: Facts) -> Facts:
    """The part of *facts* that can be compared with those of another run."""
    found: dict[str, Any] = {name: value for name, value in facts.items() if name != "headers"}
    if "headers" in facts:
        out = _OURS | (_CODED if case == "compressed" else frozenset())
        pairs = [(name.lower(), value) for name, value in facts["headers"]]
        found["headers"] = [
            pair
            for pair in (_without_coding(*pair) for pair in pairs)
            if pair[0] not in out and pair != ("vary", "")
        ]
    return found


def _without_coding(name: str, value: str) -> tuple[str, str]:
    """A ``Vary`` without what ``compression`` adds."""
    if name != "vary":
        return name, value
    tokens = [token.strip() for token in value.split(",")]
    return name, ", ".join(token for token in tokens if token.lower() != "accept-encoding")
