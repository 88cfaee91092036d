"""JSON Lines: an exchange in each line, in the form of ``show --json``, and back without loss."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from asgi_mw.errors import StoreError
from asgi_mw.export.json_stream import LONGEST, DocumentError
from asgi_mw.export.plain_exchange import exchange_from
from asgi_mw.export.taken import Taken
from asgi_mw.export.written import Written
from asgi_mw.recorder.codec import decode, encode
from asgi_mw.recorder.objects import ascii_json, plain, whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import IO

    from asgi_mw.events import Exchange

_WRONG = (KeyError, TypeError, ValueError, AttributeError, RecursionError, OverflowError)
# The columns of a row that hold all of an exchange
_FACTS = slice(-2, None)


def write_jsonl(exchanges: Iterable[Exchange], file: IO[str]) -> Written:
    r"""Write each of *exchanges* as one line of JSON, in ASCII.

    It is the object of ``asgi-mw show --json`` without its ``findings``.  If that object does not
    say everything, for example what was bytes and what was text, ``exact`` has the exchange once
    more, as a store keeps it.

    >>> import io, json
    >>> from asgi_mw import Exchange
    >>> from asgi_mw.events import Worker
    >>> one = Exchange("0" * 32, Worker("box", 1), "http", {"path": "/a"}, 0, outcome="complete")
    >>> file = io.StringIO()
    >>> _ = write_jsonl([one], file)
    >>> json.loads(file.getvalue())["path"]
    '/a'
    >>> list(read_jsonl(io.BytesIO(file.getvalue().encode()))) == [one]
    True
    """
    written = Written()
    for exchange in exchanges:
        try:
            facts = encode(exchange)[_FACTS]
        except StoreError as error:
            written.leave_out(str(error))
            continue
        said = plain(whole(exchange))
        if not _tells(said, facts):
            said["exact"] = {"facts": facts[0]}
            if isinstance(facts[1], bytes):
                said["exact"]["bodies"] = b64encode(facts[1]).decode()
        file.write(ascii_json(said) + "\n")
        written.count += 1
    return written


def read_jsonl(file: IO[bytes], *, taken: Taken | None = None) -> Iterator[Exchange]:
    """The exchanges that :func:`write_jsonl` wrote, as they were.

    Args:
        file: Opened to read bytes.
        taken: Counts the exchanges, and the lines that are none.

    Raises:
        DocumentError: A line is too long.
    """
    taken = Taken() if taken is None else taken
    number = 0
    while line := file.readline(LONGEST + 1):
        number += 1
        if len(line) > LONGEST:
            raise DocumentError(f"line {number:,}: over {LONGEST:,} bytes")
        if not line.strip():
            continue
        try:
            exchange = _exchange(json.loads(line))
        except (*_WRONG, StoreError) as error:
            taken.leave_out(f"no exchange ({error!r:.100})")
            continue
        taken.count += 1
        yield exchange


def _tells(said: dict[str, Any], facts: tuple[Any, ...]) -> bool:
    """Whether *said* is enough to restore all of *facts*."""
    if said["layers"]:
        return False
    try:
        return encode(exchange_from(said))[_FACTS] == facts
    except (*_WRONG, StoreError):
        return False


def _exchange(said: Any) -> Exchange:
    """The exchange of a line, in which anybody may have written anything."""
    exact = said.get("exact")
    if exact is not None:
        exchange = decode(exact["facts"], b64decode(exact.get("bodies", ""), validate=True))
        return replace(exchange, kept=said.get("kept") is True)
    exchange = exchange_from(said)
    return replace(decode(*encode(exchange)[_FACTS]), kept=exchange.kept)
