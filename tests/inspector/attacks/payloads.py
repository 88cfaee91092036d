"""Markup that runs a script where it is read as markup: one for each field that is recorded."""

from __future__ import annotations

import re


def attack(field: str) -> str:
    """Break out of what may be around it; run a script that says *field*."""
    said = f"pwned('{field}')"
    return (
        f"""{field}'"></title></textarea></script><script>{said}</script>"""
        f"""<img src="" onerror="{said}"><a href="javascript:{said}">go</a>"""
    )


def short(field: str) -> str:
    """The same in one word, for places that let no spaces and quotes through."""
    return f"{field}<svg/onload=pwned(`{field}`)>"


def upper(field: str) -> str:
    """The same for text that a server turns to upper case: entities survive that."""
    said = "".join(f"&#{ord(letter)};" for letter in f"pwned(`{field}`)")
    return f"{field}<svg/onload={said}>".upper()


# By the field: what the client says,
PATH = attack("path")
QUERY = attack("query")
QUERY_NAME = attack("query-name")
METHOD = upper("method")
HEADER_NAME = short("header-name")
HEADER = attack("header")
AGENT = attack("user-agent")
COOKIE_NAME = short("cookie-name")
AUTHORITY = short("authority")
JSON_NAME = attack("json-name")
JSON = attack("json")
FORM = attack("form")
FILE_NAME = short("file-name")
REQUEST_TYPE = attack("request-type")
REQUEST_ID = short("request-id")
WS_TEXT = attack("ws-text")
WS_REASON = short("ws-reason")
# what the server says that it is,
SCHEME = attack("scheme")
VERSION = attack("http-version")
CLIENT = attack("client")
EXTENSION = attack("extension")
SCOPE_KEY = attack("scope-key")
# and what the app says
HTML = attack("html")
SVG = short("svg")
ANSWER = attack("answer-header")
ANSWER_NAME = short("answer-name")
ANSWER_TYPE = attack("answer-type")
SET_COOKIE = short("set-cookie")
WS_ANSWER = attack("ws-answer")
WS_CLOSED = short("ws-closed")
SUBPROTOCOL = short("subprotocol")
MESSAGE_KEY = attack("message-key")
MESSAGE_TYPE = attack("message-type")
ERROR = attack("error")
ERROR_TYPE = short("error-type")
CAUSE = attack("cause")
FILE = short("source-file")
LOG = attack("log")
LOGGER = short("logger")
BLOCK = attack("block")
ROUTE = attack("route")
LAYER = short("layer")

ALL = [value for name, value in list(globals().items()) if name.isupper()]
FIELDS = {one.lower() for text in ALL for one in re.findall("^[A-Za-z-]+", text)}
DOCUMENT = "<!doctype html><title>unsafe</title>" + "".join(
    ["<script>pwned = field => (globalThis.ran ??= []).push(field.toLowerCase())</script>"]
    + [f"<p>{one}</p>" for one in ALL]
)
"""What a page is that shows them as they are."""
