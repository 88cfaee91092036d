"""Texts that hold a secret: one of each shape, nested in others, and cut."""

from __future__ import annotations

import html
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable

CANARY = "cAnArY0123456789xYz"
_PART = 6

INNERMOST: dict[str, str] = {
    "json": '{"id": 7, "password": "%s", "page": 2}',
    "json-escaped-name": '{"id": 7, "pass\\u0077ord": "%s"}',
    "json-nested": '{"card": {"exp": "12/30", "number": "%s"}}',
    "json-named": '[{"name": "password", "value": "%s"}]',
    "json-pretty": '{\n  "a": 1,\n  "api": {\n    "key": "%s"\n  }\n}',
    "form": "page=2&password=%s&x=1",
    "form-brackets": "page=2&card[number]=%s&x=1",
    "xml": "<auth><user>ann</user><password>%s</password></auth>",
    "xml-nested": "<card>\n<number>%s</number>\n</card>",
    "xml-attribute": '<login user="ann" password="%s"/>',
    "multipart": '--b\r\nContent-Disposition: form-data; name="pin"\r\n\r\n%s\r\n--b--\r\n',
    "events": 'event: a\ndata: {"token":\ndata: "%s"}\n\n',
    "ini": "[db]\nhost = a\npassword = correct horse %s\nport = 1\n",
    "ini-section": "[card]\nexp = 12\nnumber = %s\n",
    "yaml": "user: ann\npassword: correct %s\nid: 1\n",
    "yaml-block": "user: ann\npassword: |\n  first\n  %s\nid: 1\n",
    "yaml-tag": "- {user: ann, password: !!str %s}\n",
    "yaml-nested": "card:\n  exp: 1\n  number: %s\nid: 1\n",
    "repr": "{'user': 'ann', 'password': '%s', 'id': 1}",
    "lines": 'a = 1\npassword = "first\n%s\nlast"\nb = 2\n',
    "url": "see postgres://ann:%s@db:5432/x for it",
    "bearer": "sent Authorization: Bearer %s to it",
    "curl": "curl -H 'Cookie: a=%s' https://example.org/",
    "path": "/reset/token%%3D%s/next",
}
WRAPPED: dict[str, Callable[[str], str]] = {
    "json": lambda text: json.dumps({"id": 1, "note": text, "after": "x"}),
    "json-list": lambda text: json.dumps(["a", text]),
    "form": lambda text: f"a=1&note={quote_plus(text)}&b=2",
    "path": lambda text: f"/x/{quote(text, safe='')}/y",
    "xml": lambda text: f"<doc><note>{html.escape(text)}</note></doc>",
    "cdata": lambda text: f"<doc><![CDATA[{text}]]></doc>",
    "repr": lambda text: repr({"note": text}),
    "prose": lambda text: f"ValueError: cannot read {text} of ann",
}


def parts(text: str) -> list[str]:
    """What stands in *text* of the secret."""
    pieces = [CANARY[at : at + _PART] for at in range(len(CANARY) - _PART + 1)]
    return [piece for piece in pieces if piece in text]


@st.composite
def texts(draw: st.DrawFn, deepest: int = 3) -> str:
    """A text with the secret in it, within up to *deepest* others."""
    text = draw(st.sampled_from([*INNERMOST.values()])) % CANARY
    for _ in range(draw(st.integers(0, deepest))):
        text = draw(st.sampled_from([*WRAPPED.values()]))(text)
    return text


@st.composite
def pieces(draw: st.DrawFn, deepest: int = 3) -> tuple[str, dict[str, Any]]:
    """A piece of such a text, and what to say of it."""
    text = draw(texts(deepest))
    cut, headless = draw(st.tuples(st.booleans(), st.booleans()))
    start = draw(st.integers(0, len(text))) if headless else 0
    end = draw(st.integers(start, len(text))) if cut else len(text)
    return text[start:end], {"cut": end < len(text), "headless": start > 0}
