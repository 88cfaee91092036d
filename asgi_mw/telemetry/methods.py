"""The method of a request as the conventions want it: known, or ``_OTHER``."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from asgi_mw.headers import is_token

if TYPE_CHECKING:
    from asgi_mw.errors import Problems

OTHER = "_OTHER"
# RFC 9110, PATCH of RFC 5789, and QUERY, which the conventions name since 1.41
KNOWN = ("CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE")
# "it MUST be called OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS": a full override, case-sensitive
VARIABLE = "OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS"


class Methods(dict[str, tuple[str, str]]):
    """Known methods: the value of ``http.request.method``, and the start of the span's name.

    >>> Methods()["GET"], Methods()["get"], Methods(["PURGE"])["PURGE"]
    (('GET', 'GET'), ('_OTHER', 'HTTP'), ('PURGE', 'PURGE'))
    """

    def __init__(self, known: Iterable[str] = KNOWN) -> None:
        super().__init__({method: (method, method) for method in known})

    def __missing__(self, method: object) -> tuple[str, str]:
        """Give ``_OTHER``: a client can make up as many methods as it likes, so none is kept."""
        return OTHER, "HTTP"


def methods_of(option: Iterable[str] | None, problems: Problems) -> Methods:
    """The methods of *option*, else of the environment, else those of the conventions.

    >>> from asgi_mw.errors import Problems
    >>> sorted(methods_of(["GET", "PURGE"], Problems("tracing")))
    ['GET', 'PURGE']
    """
    if option is None:
        listed = os.environ.get(VARIABLE, "").split(",")
        return Methods([name for one in listed if (name := one.strip())] or KNOWN)
    if isinstance(option, (str, bytes)) or not isinstance(option, Iterable):
        problems.add("known_methods", option, "is no list of methods", "write ['GET', 'PURGE']")
        return Methods()
    known = tuple(option)
    for method in known:
        if not isinstance(method, str) or not is_token(method.encode("utf-8", "replace")):
            problems.add("known_methods", method, "is no method", "write it as 'PURGE'")
    return Methods(known)
