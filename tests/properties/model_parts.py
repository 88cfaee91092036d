"""What the models of layers are made of: headers read once, and notes for the comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from asgi_mw.types import Message


class Notes:
    """What the models report to the comparison.

    Attributes:
        entered: How often each was called for an HTTP request or a WebSocket.
        codes: A body may be encoded.
        loose: It comes in chunks that an encoder may put together, or from a file that it reads.
    """

    def __init__(self) -> None:
        self.entered: dict[str, int] = {}
        self.codes = self.loose = False


def pairs_of(holder: Any) -> list[Any] | None:
    """The headers, read once; ``None`` for what cannot be read."""
    try:
        pairs = list(holder.get("headers", ()))
    except TypeError:
        return None
    return [tuple(pair) if hasattr(pair, "__iter__") else pair for pair in pairs]


def named(pair: Any, *names: bytes) -> bool:
    """Whether *pair* is a header with one of these names."""
    return (
        len(pair := pair if isinstance(pair, tuple) else ()) == 2
        and all(isinstance(half, bytes) for half in pair)
        and pair[0].lower() in names
    )


def values(pairs: list[Any], name: bytes) -> list[bytes]:
    """The values of all headers called *name*."""
    return [pair[1] for pair in pairs if named(pair, name)]


def settled(message: Message) -> tuple[Message, list[Any] | None]:
    """*message* that can be read again, and its headers."""
    pairs = pairs_of(message)
    if pairs is None:
        return message, None
    return ({**message, "headers": pairs} if "headers" in message else message), pairs


def listed(pairs: list[Any], name: bytes) -> set[bytes]:
    """The members of all lists called *name*, in lower case."""
    joined = b",".join(values(pairs, name)).lower()
    return {member.strip() for member in joined.split(b",")}
