"""Where a recording knows less than who looks on: what is found in it then, and why.

A recording holds plain data: a list for each tuple, and of what is no plain value the name of its
type.  All other cases of the corpus are found in a recording as they are found live.
"""

from __future__ import annotations

from typing import Final

_NO_DICT: Final = "what is no dict is no event, and the app fails at it"
_NO_MESSAGE: Final = "what is no dict is kept as an empty message"
_PLAIN: Final = "buffers are kept as bytes, and keys as text"
_TYPE: Final = "of what is no plain value only the type is kept"
_OVER: Final = "a lifespan is over for it as the app says that it is down"
_MASKED: Final = "the value of what may be a cookie is masked"
_COPY: Final = "the scope is kept as a dict of its own"
_EMPTY: Final = "what has no type is kept as nothing, and of no protocol"
_HEADERS: Final = "no headers are kept as an empty list of them"
_ONE: Final = "it is of one connection, and does not know the state of another"

UNRECORDED: Final[dict[str, tuple[tuple[str, ...], str]]] = {
    "sends a list": ((), _NO_DICT),
    "sends bytes and text": ((), _NO_DICT),
    "sends None first": ((), _NO_DICT),
    "sends a tuple on a protocol of its own": ((), _NO_DICT),
    "has a header that is a bytearray": ((), _PLAIN),
    "has bodies that are buffers": ((), _PLAIN),
    "adds a dict with numbers for keys": ((), _PLAIN),
    "has a body that is a generator": ((), _TYPE),
    "adds an object": ((), _TYPE),
    "adds a set": ((), _TYPE),
    "copies from memory": ((), _TYPE),
    "sends a buffer": ((), _PLAIN),
    "sends with an object": ((), _TYPE),
    "is up with an object": ((), _TYPE),
    "is down at once": (("lifespan.shutdown.unasked",), _OVER),
    "is down twice": ((), _OVER),
    "gives a scope that cannot be changed": ((), _COPY),
    "gives a scope that is only like a dict": ((), _COPY),
    "does not say what it is": ((), _EMPTY),
    "has no headers": ((), _HEADERS),
    "has None for its headers": ((), _HEADERS),
    "has a websocket of nothing": (("websocket.scope.path",), _HEADERS),
    "has an object for its state": ((), _TYPE),
    "gives its state to a request as it is": ((), _ONE),
    "shares the state": ((), _ONE),
    "works on behind the call": ((), "it ends as the app's call does"),
    "gives its state to a websocket as it is": ((), _ONE),
    "gives a list": (("received.type",), _NO_MESSAGE),
    "gives None": (("received.type",), _NO_MESSAGE),
    "gives what is only like a dict": ((), _COPY),
    "gives two things that are no messages": (("received.type", "received.type"), _NO_MESSAGE),
    "gives an object": ((), _TYPE),
    "gives a body that is a buffer": ((), _PLAIN),
    "gives a message that is a buffer": ((), _PLAIN),
    "stops the app twice": ((), _OVER),
    "splits its response by a name": (("wire.header.name",), _MASKED),
}
"""By the name of the case."""
