"""Keep ETags and ranges true where one resource has compressed and uncompressed responses.

A strong ETag stands for the same bytes (RFC 9110 8.8.1), so the ETag of a response that could be
compressed is weak, whether it is compressed or not.  The app knows nothing of that: the tags that
clients send back are mapped on the request.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from asgi_mw.headers import find_all, without

if TYPE_CHECKING:
    from asgi_mw.headers import Headers, Pair

IF_NONE_MATCH = b"if-none-match"
IF_RANGE = b"if-range"
_WEAK = b"W/"
_WEAK_TAG = re.compile(rb'W/("[^"]*")')


def weak(tag: bytes) -> bytes:
    """*tag* as a weak one; what is no ETag stays as it is.

    >>> weak(b'"a"'), weak(b'W/"a"'), weak(b"a")
    (b'W/"a"', b'W/"a"', b'a')
    """
    return _WEAK + tag if tag.startswith(b'"') else tag


def mapped(headers: Headers, *, coded: bool) -> Headers:
    """Request headers as the app can judge them; *headers* itself where there is nothing to map.

    Each weak tag in ``If-None-Match`` is joined by its strong form, because many apps compare
    them as strings.  ``If-Range`` asks for a strong comparison (RFC 9110 13.1.5) and is never
    mapped: a date says nothing about the coding and a weak tag may be ours.  So with either of
    them the request for a range is removed, and the client gets the whole.

    Args:
        headers: The headers of the request.
        coded: Whether the client accepts a coding, so that what it has may be compressed.

    >>> mapped([(b"if-none-match", b'W/"a"')], coded=False)
    [(b'if-none-match', b'W/"a", "a"')]
    >>> mapped([(b"range", b"bytes=5-"), (b"if-range", b'W/"a"')], coded=True)
    []
    """
    changed = headers
    if any(_WEAK in value for value in find_all(headers, IF_NONE_MATCH)):
        changed = [
            (pair[0], _WEAK_TAG.sub(rb"\g<0>, \1", pair[1])) if _is_tags(pair) else pair
            for pair in changed
        ]
    if coded:
        ifs = find_all(headers, IF_RANGE)
        # RFC 9110 13.1.5: what begins with no quote is a date
        if ifs and not all(value.strip(b" \t").startswith(b'"') for value in ifs):
            changed = without(without(changed, b"range"), IF_RANGE)
    return changed


def is_strong(headers: Headers) -> bool:
    """Whether ``If-None-Match`` of a request names strong tags only.

    A response that could be compressed has none.  So a 304 to such a request is about another
    response, such as an image; nothing else shows that, since a 304 need not have a content type.

    >>> is_strong([(b"if-none-match", b'"a", "b"')]), is_strong([(b"if-none-match", b'"a", W/"b"')])
    (True, False)
    >>> is_strong([(b"if-none-match", b"*")]), is_strong([])
    (False, False)
    """
    values = find_all(headers, IF_NONE_MATCH)
    return bool(values) and all(b'"' in value and _WEAK not in value for value in values)


def _is_tags(pair: Pair) -> bool:
    return len(pair) == 2 and pair[0].lower() == IF_NONE_MATCH
