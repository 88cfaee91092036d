"""The lists of names and values in an entry of a HAR: headers, cookies, queries, forms."""

from __future__ import annotations

import re
from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_FORM = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data"
# Fields of longer forms are not listed: nobody looks for them, and finding them takes long
_LONGEST_FORM, _MOST_FIELDS = 1_000_000, 1000
_BOUNDARY = re.compile(r'\bboundary=(?:"([^"]{1,200})"|([^\s;,"]{1,200}))', re.IGNORECASE)
_NAME = re.compile(r'(?<!file)name="([^"\r\n]*)"', re.IGNORECASE)
_FILE = re.compile(r'filename="([^"\r\n]*)"', re.IGNORECASE)
_KIND = re.compile(r"^content-type:([^\r\n]*)", re.IGNORECASE | re.MULTILINE)
_ATTRIBUTES = {"path": "path", "domain": "domain", "samesite": "sameSite"}


def headers(pairs: Iterable[tuple[bytes, bytes]]) -> list[dict[str, str]]:
    r"""Headers, each octet as the character of the same number, so that none is lost.

    >>> headers([(b"x-name", b"caf\xe9")])
    [{'name': 'x-name', 'value': 'café'}]
    """
    return [
        {"name": name.decode("latin-1"), "value": value.decode("latin-1")} for name, value in pairs
    ]


def query(text: str) -> list[dict[str, str]]:
    """The parameters of a query, decoded.

    >>> query("q=a%20b&page")
    [{'name': 'q', 'value': 'a b'}, {'name': 'page', 'value': ''}]
    """
    return _pairs(parse_qsl(text, keep_blank_values=True, errors="replace"))


def request_cookies(pairs: Iterable[tuple[bytes, bytes]]) -> list[dict[str, str]]:
    """The cookies of a request.

    >>> request_cookies([(b"cookie", b"a=1; b=[redacted]")])
    [{'name': 'a', 'value': '1'}, {'name': 'b', 'value': '[redacted]'}]
    """
    crumbs = [
        crumb.strip().partition("=")
        for name, value in pairs
        if name.lower() == b"cookie"
        for crumb in value.decode("latin-1").split(";")
        if crumb.strip()
    ]
    return [{"name": name, "value": value} for name, _, value in crumbs]


def response_cookies(pairs: Iterable[tuple[bytes, bytes]]) -> list[dict[str, Any]]:
    """The cookies that a response sets, with their attributes.

    >>> response_cookies([(b"set-cookie", b"a=1; Path=/; HttpOnly")])
    [{'name': 'a', 'value': '1', 'path': '/', 'httpOnly': True, 'secure': False}]
    """
    return [
        _cookie(value.decode("latin-1")) for name, value in pairs if name.lower() == b"set-cookie"
    ]


def _cookie(text: str) -> dict[str, Any]:
    first, *rest = text.split(";")
    name, _, value = first.strip().partition("=")
    given = {}
    for attribute in rest:
        key, _, said = attribute.strip().partition("=")
        given[key.lower()] = said
    cookie: dict[str, Any] = {"name": name, "value": value}
    cookie |= {_ATTRIBUTES[key]: said for key, said in given.items() if key in _ATTRIBUTES}
    with suppress(ValueError, TypeError, OverflowError):  # none, or no date
        cookie["expires"] = parsedate_to_datetime(given.get("expires", "")).isoformat()
    return cookie | {"httpOnly": "httponly" in given, "secure": "secure" in given}


def params(content_type: str, body: bytes) -> list[dict[str, str]] | None:
    """The fields of a form; ``None`` if it is no form, or too large.

    >>> params("application/x-www-form-urlencoded", b"name=Ada+L")
    [{'name': 'name', 'value': 'Ada L'}]
    """
    kind = content_type.partition(";")[0].strip().lower()
    if len(body) > _LONGEST_FORM:
        return None
    if kind == _FORM:
        try:
            text = body.decode("latin-1")
            return _pairs(
                parse_qsl(
                    text, keep_blank_values=True, errors="replace", max_num_fields=_MOST_FIELDS
                )
            )
        except ValueError:  # too many fields
            return None
    return list(_parts(content_type, body)) if kind == _MULTIPART else None


def _parts(content_type: str, body: bytes) -> Iterator[dict[str, str]]:
    boundary = _BOUNDARY.search(content_type)
    if boundary is None:
        return
    mark = b"--" + (boundary[1] or boundary[2]).encode("latin-1", "replace")
    for part in body.split(mark, _MOST_FIELDS)[1:]:
        head, _, value = part.partition(b"\r\n\r\n")
        said = head.decode(errors="replace")
        name = _NAME.search(said)
        if name is None:
            continue
        field = {"name": name[1]}
        file, kind = _FILE.search(said), _KIND.search(said)
        if file is not None:
            field |= {"fileName": file[1], "contentType": kind[1].strip() if kind else ""}
        else:
            field["value"] = value.removesuffix(b"\r\n").decode(errors="replace")
        yield field


def _pairs(pairs: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]
