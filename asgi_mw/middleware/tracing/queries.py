"""The query of a request as a span shows it: secrets masked, all else byte for byte."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgi_mw.caches import keep
from asgi_mw.redaction.forms import form_spans
from asgi_mw.redaction.spans import masked

if TYPE_CHECKING:
    from asgi_mw.redaction import Redaction

# Bytes of a path or a query in which secrets are looked for
MOST_TEXT = 8_192
# What the conventions put in the place of a secret
_MASK = "REDACTED"


class QueryMask(dict[bytes, str]):
    """Queries as text with secret values masked; all else stays byte for byte.

    Queries without a secret are cached, bounded in number and length.  Bytes that are no ASCII
    become Latin-1, so that none of them can fail.  A query that is longer than any honest one is
    cut after a pair: to look for secrets in a megabyte would block the loop for most of a second.

    >>> from asgi_mw.redaction import DEFAULT
    >>> QueryMask(DEFAULT)[b"q=OpenTelemetry&sig=39Up9jzH"]
    'q=OpenTelemetry&sig=REDACTED'
    """

    def __init__(self, redact: Redaction) -> None:
        super().__init__()
        self._secret = redact.secret

    def __missing__(self, query: bytes) -> str:
        """Mask a query that is not cached."""
        if len(query) > MOST_TEXT:
            query = query[:MOST_TEXT].rpartition(b"&")[0]
        text = query.decode("latin-1")
        spans = form_spans(text, self._secret)
        if spans:
            return masked(text, [span._replace(mask=_MASK) for span in spans])
        if len(query) <= 128:
            keep(self, query, text, most=1024)
        return text
