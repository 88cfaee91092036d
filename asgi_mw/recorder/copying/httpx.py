"""A program in Python that makes a recorded request again, with httpx."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from asgi_mw.recorder.copying.again import request_again

if TYPE_CHECKING:
    from asgi_mw.events import Exchange

# httpx writes other targets in its own way
_AS_IT_IS = re.compile(r"/(?!/)(?:[\w\-~%?=&+,]|/(?!/))*", re.ASCII)


def httpx(exchange: Exchange) -> str:
    """The program, in ASCII; what differs from the request stands in comments."""
    request = request_again(exchange)
    as_it_is = _AS_IT_IS.fullmatch(request.target)
    lines = [
        "import httpx",
        "",
        *(f"# {note}" for note in request.notes),
        "request = httpx.Request(",
        f"    {request.method!a},",
        f"    {request.origin + (request.target if as_it_is else '/')!a},",
        "    headers=[",
        *(f"        {pair!a}," for pair in request.headers),
        "    ],",
    ]
    if request.body:
        lines.append(f"    content={request.body!a},")
    if not as_it_is:
        lines.append(f'    extensions={{"target": {request.target.encode()!a}}},')
    lines += [
        ")",
        "with httpx.Client(timeout=30) as client:",
        "    response = client.send(request)",
        "print(response.status_code, response.headers)",
        "print(response.text)",
    ]
    return "\n".join(lines) + "\n"
