"""Values as Python code, with a name in place of what is masked or differs from run to run."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from math import isfinite
from typing import TYPE_CHECKING, Any

from asgi_mw.recorder.comparing.usual import calm
from asgi_mw.redaction.spans import MASK

if TYPE_CHECKING:
    from asgi_mw.export.places import Places

_WIDTH = 88
# Unix time in s, ms, µs or ns; a number within so many s of the recording is taken for a moment
_UNITS = (1, 1_000, 1_000_000, 1_000_000_000)
_NEAR = 366 * 86_400
_LONG_NUMBER = re.compile(r"(?<![\w.])[0-9]{10,19}(?![\w])")


@dataclass(slots=True)
class Used:
    """What the tests written so far need.

    Attributes:
        any_: ``unittest.mock.ANY``.
        json_: The module ``json``.
        secrets: The names of the environment variables that stand for masked values.
    """

    any_: bool = False
    json_: bool = False
    secrets: set[str] = field(default_factory=set)


class Code(str):
    """A piece of Python that :func:`written` writes as it is."""

    __slots__ = ()


def written(value: Any, indent: int = 0, used: int = 0) -> str:
    """*value* as Python, over several lines where it is long.

    Args:
        value: A value of JSON, or one with tuples.
        indent: The indentation of the line that it is in.
        used: How many characters of that line come before it.

    >>> written({"id": Code("ANY"), "name": "Ada"})
    '{"id": ANY, "name": "Ada"}'
    """
    line = _in_a_line(value)
    if not value or isinstance(value, str) or indent + used + len(line) <= _WIDTH:
        return line
    inner = indent + 4
    if isinstance(value, dict):
        parts = [
            f"{quoted(key)}: {written(one, inner, len(quoted(key)) + 2)}"
            for key, one in value.items()
        ]
        opening, closing = "{}"
    elif isinstance(value, (list, tuple)):
        parts = [written(one, inner) for one in value]
        opening, closing = "[]" if isinstance(value, list) else "()"
    else:
        return line
    lines = "".join(f"{' ' * inner}{part},\n" for part in parts)
    return f"{opening}\n{lines}{' ' * indent}{closing}"


def _in_a_line(value: Any) -> str:
    if isinstance(value, dict):
        parts = [f"{quoted(key)}: {_in_a_line(one)}" for key, one in value.items()]
        return f"{{{', '.join(parts)}}}"
    if isinstance(value, (list, tuple)):
        text = ", ".join(map(_in_a_line, value))
        return f"[{text}]" if isinstance(value, list) else f"({text})"
    return value if isinstance(value, Code) else quoted(value)


def quoted(value: Any) -> str:
    """*value* in ASCII; text in double quotes, if none are in it.

    >>> print(quoted("Ada"), quoted('a "b"'), quoted(b"a"), quoted(1))
    "Ada" 'a "b"' b"a" 1
    """
    text = ascii(value)
    if isinstance(value, (str, bytes)):
        prefix, content = text[: text.index(text[-1])], text[text.index(text[-1]) + 1 : -1]
        if "'" not in content and '"' not in content:
            return f'{prefix}"{content}"'
    return text


def expected(value: Any, used: Used, began: int) -> Any:
    """*value*, of JSON, with ``ANY`` for what differs from run to run, and what is masked.

    Args:
        value: What was answered.
        used: Takes what the test needs.
        began: When that was, in ns since the epoch: numbers near it are moments.

    >>> began = 1_796_004_906 * 10**9
    >>> expected({"pin": "[redacted]", "at": 1796004907.5, "n": 7}, Used(), began)
    {'pin': 'ANY', 'at': 'ANY', 'n': 7}
    """
    if isinstance(value, dict):
        return {key: expected(one, used, began) for key, one in value.items()}
    if isinstance(value, list):
        return [expected(one, used, began) for one in value]
    if isinstance(value, str):
        differs = varies(value, began)
    else:
        differs = isinstance(value, float) and not isfinite(value)
        differs = differs or (isinstance(value, (int, float)) and _is_moment(value, began))
    if differs:
        used.any_ = True
        return Code("ANY")
    return value


def varies(text: str, began: int) -> bool:
    """Whether *text* differs from run to run, or is masked.

    >>> varies("2026-05-04T10:00:00Z", 0), varies("Ada", 0), varies("pin=[redacted]", 0)
    (True, False, True)
    >>> varies("id: 1796004907123", 1_796_004_906 * 10**9)
    True
    """
    if MASK in text or calm(text) != text:
        return True
    return any(_is_moment(int(found[0]), began) for found in _LONG_NUMBER.finditer(text))


def _is_moment(value: float, began: int) -> bool:
    """Whether *value* is Unix time of about *began*, in ns since the epoch."""
    if not 1e9 <= value < 1e19:  # with fewer digits, or more, it is no moment
        return False
    return any(abs(value / unit - began / 1e9) < _NEAR for unit in _UNITS)


def given(value: Any, places: Places, used: Used) -> Any:
    """*value*, of JSON, with an environment variable in place of each masked value."""
    if isinstance(value, dict):
        return {key: given(one, places, used) for key, one in value.items()}
    if isinstance(value, list):
        return [given(one, places, used) for one in value]
    return filled(value, places, used) if isinstance(value, str) else value


def filled(text: str, places: Places, used: Used) -> Code:
    """*text* as Python, with an environment variable for each place.

    >>> from asgi_mw.export.places import Places
    >>> places = Places()
    >>> filled("Bearer " + places.mark.format("x-key"), places, Used())
    '"Bearer " + os.environ["X_KEY"]'
    """
    pieces = []
    for part in places.parts(text):
        if part.masked:
            name = variable(part.text)
            used.secrets.add(name)
            pieces.append(f"os.environ[{quoted(name)}]")
        else:
            pieces.append(quoted(part.text))
    return Code(" + ".join(pieces) or '""')


def variable(name: str) -> str:
    """The environment variable for the masked value that is called *name*.

    >>> variable("x-api-key"), variable("2fa"), variable("")
    ('X_API_KEY', 'SECRET_2FA', 'SECRET')
    """
    word = re.sub(r"\W", "_", name, flags=re.ASCII).upper().strip("_")
    return word if word[:1].isalpha() else f"SECRET_{word}".rstrip("_")


def of_json(data: bytes) -> Any:
    """The JSON object or list in *data*; ``None`` if it is neither."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, (dict, list)) else None
