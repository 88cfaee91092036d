"""A command of curl, for bash and zsh, that makes a recorded request again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgi_mw.parts import utf8
from asgi_mw.recorder.copying.again import request_again

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_mw.events import Exchange
    from asgi_mw.recorder.copying.again import Request

# Longer arguments fail on some systems
_LONGEST = 60_000


def curl(exchange: Exchange) -> str:
    """The command; what differs from the request stands in comments before it."""
    request = request_again(exchange)
    body, options = request.body, list(_options(request))
    pipe = ""
    if b"\0" in body or len(body) > _LONGEST:  # no word of a shell holds a NUL
        pipe = f"printf '{''.join(map(_octal, body))}' | "
        options.append("--data-binary @-")
    elif body:
        options.append(f"--data-raw {word(body)}")
    notes = [f"# {note}\n" for note in request.notes]
    return "".join(notes) + pipe + " \\\n  ".join([f"curl {options[0]}", *options[1:]]) + "\n"


def word(data: bytes) -> str:
    r"""*data* as one word of bash and zsh.

    >>> print(word(b"it's"), word(b"\xff'!"))
    'it'\''s' $'\xff\'\x21'
    """
    text = utf8(data)
    if text is not None and text.isprintable():
        return "'" + text.replace("'", r"'\''") + "'"
    return "$'" + "".join(map(_escaped, data)) + "'"


def _options(request: Request) -> Iterator[str]:
    rooted = request.target.startswith("/")
    yield word((request.origin + (request.target if rooted else "/")).encode())
    yield "--globoff"
    yield "--path-as-is"
    if not rooted:
        yield f"--request-target {word(request.target.encode())}"
    if request.version == "2":
        yield "--http2" if request.origin.startswith("https:") else "--http2-prior-knowledge"
    if request.version == "1.0":
        yield "--http1.0"
    if request.method == "HEAD":
        yield "--head"
    elif request.method != "GET" or request.body:
        yield f"--request {word(request.method.encode())}"
    for name, value in request.headers:
        yield f"--header {word(name + (b': ' + value if value else b';'))}"
    # What curl would add of its own
    of_body = ("content-type", "expect") if request.body else ()
    for added in ("accept", "user-agent", *of_body):
        if not request.says(added.encode()):
            yield f"--header '{added}:'"
    if request.says(b"accept-encoding"):
        yield "--compressed"


def _escaped(octet: int) -> str:
    character = chr(octet)
    if character in "'\\":
        return f"\\{character}"
    # An interactive shell takes an exclamation mark for a reference to its history
    return character if 32 <= octet <= 126 and character != "!" else f"\\x{octet:02x}"


def _octal(octet: int) -> str:
    character = chr(octet)
    return character if 32 <= octet <= 126 and character not in "%'\\" else f"\\{octet:03o}"
