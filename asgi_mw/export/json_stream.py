"""Read a long list within a JSON document value by value, in the memory of the longest value."""

from __future__ import annotations

import json
import re
from codecs import getincrementaldecoder
from typing import TYPE_CHECKING, Any, NoReturn

from asgi_mw.errors import AsgiMwError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import IO

_CHUNK = 1 << 16
# Characters of one value at most: the end of a longer one may never come
LONGEST = 256 * 1024 * 1024
_SPACE = re.compile(r"[ \t\n\r]*")
# An error this near the end of the text may only mean that more has to be read
_MARGIN = len(r"\ud800\udc00")


class DocumentError(AsgiMwError):
    """A file is not what it should be; the message says where and why."""


def members(file: IO[bytes], path: Sequence[str]) -> Iterator[Any]:
    """The values in the list at *path* in the JSON document in *file*, one by one.

    The parts of the document before and after the list are read and skipped.

    Args:
        file: UTF-8, with a byte order mark or without.
        path: The names of members, from the outermost object inward.

    Raises:
        DocumentError: It is no JSON, or has no such list.

    >>> import io
    >>> document = io.BytesIO(b'{"a": 1, "log": {"entries": [1, {"b": 2}]}}')
    >>> list(members(document, ["log", "entries"]))
    [1, {'b': 2}]
    """
    text = _Text(file)
    depth = len(path)
    for name in path:
        text.take("{", f"{name!r} should be in an object")
        if not _go_to(text, name):
            text.fail(f"there is no {name!r} in it")
    text.take("[", f"{path[-1]!r} should be a list")
    if text.peek() == "]":
        text.take("]", "")
    else:
        while True:
            yield text.value()
            if text.peek() == "]":
                break
            text.take(",", "a comma or ] should follow")
        text.take("]", "")
    for _ in range(depth):
        while text.peek() == ",":
            text.take(",", "")
            _member(text)
            text.value()
        text.take("}", "a comma or } should follow")


def _go_to(text: _Text, name: str) -> bool:
    """Go to the value of the member called *name*; return whether there is one."""
    if text.peek() == "}":
        return False
    while True:
        if _member(text) == name:
            return True
        text.value()
        if text.peek() != ",":
            return False
        text.take(",", "")


def _member(text: _Text) -> str:
    name = text.value() if text.peek() == '"' else text.fail("the name of a member should follow")
    text.take(":", "a colon should follow")
    return str(name)


class _Text:
    """The text of a file, of which only what is being read is held."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._decoder = getincrementaldecoder("utf-8-sig")()
        self._scan = json.JSONDecoder().raw_decode
        self._held = ""
        self._at = 0
        self._before = 0  # how many characters were let go of
        self._ended = False

    def peek(self) -> str:
        """The next character that is no space; empty at the end."""
        while True:
            found = _SPACE.match(self._held, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self._held):
                return self._held[self._at]
            if not self._read(_CHUNK):
                return ""

    def take(self, character: str, otherwise: str) -> None:
        """Go past *character*, which has to be the next."""
        if self.peek() != character:
            self.fail(otherwise)
        self._at += 1

    def value(self) -> Any:
        """The next value."""
        if not self.peek():
            self.fail("it ends too early")
        while True:
            try:
                value, end = self._scan(self._held, self._at)
            except ValueError as error:
                at = getattr(error, "pos", 0)
                why = getattr(error, "msg", str(error))
                # The error for a string without an end has the position of its beginning
                later = at > len(self._held) - _MARGIN or why.startswith("Unterminated")
                if not later or self._ended:
                    self._at = at
                    self.fail(f"no JSON: {why}")
                self._more()
                continue
            except RecursionError:
                self.fail("it is nested too deep")
            # A number may go on
            if end == len(self._held) and not self._ended and self._held[end - 1] not in '"]}':
                self._more()
                continue
            self._at = end
            return value

    def fail(self, why: str) -> NoReturn:
        """Say what is wrong, and where."""
        place = self._before + self._at
        raise DocumentError(f"character {place:,}: {why}")

    def _more(self) -> None:
        """Read as much again as is held, so that a long value is not scanned too often."""
        waiting = len(self._held) - self._at
        if waiting > LONGEST:
            self.fail(f"a value of over {LONGEST:,} characters")
        self._read(max(_CHUNK, waiting))

    def _read(self, size: int) -> bool:
        """Read about *size* bytes, and let go of those before; return whether there were any."""
        data = self._file.read(size)
        try:
            text = self._decoder.decode(data, final=not data)
        except UnicodeDecodeError as error:
            raise DocumentError(f"it is no UTF-8: {error.reason}") from None
        self._held = self._held[self._at :] + text
        self._before += self._at
        self._at = 0
        self._ended = not data
        return bool(data)
