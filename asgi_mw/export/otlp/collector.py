"""A collector that speaks OTLP over HTTP, in Protobuf."""

from __future__ import annotations

import gzip
import random
import ssl
from base64 import b64encode
from http.client import HTTPException
from time import monotonic, sleep
from typing import Any
from urllib.error import HTTPError
from urllib.parse import unquote, urlsplit
from urllib.request import HTTPRedirectHandler, HTTPSHandler, Request, build_opener

from asgi_mw.errors import Problems
from asgi_mw.export.otlp.protobuf import Protobuf
from asgi_mw.export.otlp.variables import headers_of, said_of, timeout_of

# https://opentelemetry.io/docs/specs/otlp/#retryable-response-codes
_RETRYABLE = frozenset({429, 502, 503, 504})
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 5.0
# How many bytes of an answer are read
_LONGEST_ANSWER = 1_000_000
_PATH = "/v1/logs"


class Collector:
    """Takes requests of OTLP logs.

    Args:
        url: Where it is, as ``"http://collector:4318"``.

    Raises:
        ConfigError: *url* is no URL of a collector.
        MissingExtraError: ``opentelemetry-proto`` is not installed.
    """

    def __init__(self, url: str) -> None:
        parts = _checked(url)
        self._protobuf = Protobuf()
        user, _, self._place = parts.netloc.rpartition("@")
        path = parts.path.rstrip("/").removesuffix(_PATH)
        self._url = f"{parts.scheme}://{self._place}{path}{_PATH}"
        self._timeout = timeout_of()
        self._headers = {"content-type": "application/x-protobuf", "user-agent": "asgi-mw"}
        self._gzip = said_of("COMPRESSION") == "gzip"
        if self._gzip:
            self._headers["content-encoding"] = "gzip"
        if user:
            basic = b64encode(unquote(user).encode()).decode()
            self._headers["authorization"] = f"Basic {basic}"
        self._headers |= headers_of()
        handlers = [HTTPSHandler(context=_tls())] if parts.scheme == "https" else []
        self._opener = build_opener(_Stay, *handlers)

    def send(self, request: str, *, patient: bool) -> tuple[int, str]:
        """Send a request, which is in JSON; return how many records were rejected, and why.

        Args:
            request: An ``ExportLogsServiceRequest``.
            patient: Try again even if nothing answers, because the collector answered before.

        Raises:
            OSError: It was not taken; the message says why.
        """
        data = self._protobuf.request(request)
        data = gzip.compress(data, 6) if self._gzip else data
        deadline = monotonic() + self._timeout
        pause = _FIRST_PAUSE
        while True:
            asked = Request(self._url, data, self._headers, method="POST")  # noqa: S310  # http or https
            after = ""
            try:
                left = max(deadline - monotonic(), 0.1)
                with self._opener.open(asked, timeout=left) as response:
                    return self._protobuf.rejected(response.read(_LONGEST_ANSWER))
            except HTTPError as error:
                with error:
                    why = f"it answered {error.code} {error.reason}"
                    after = error.headers.get("retry-after") or ""
                again = error.code in _RETRYABLE
            except (OSError, HTTPException) as error:
                why = str(getattr(error, "reason", error)) or type(error).__name__
                again = patient
            wait = pause * random.uniform(0.8, 1.2)  # noqa: S311  # that not all come at once
            if after.isdecimal() and float(after) > 0:
                wait = float(after)
            if not again or monotonic() + wait > deadline:
                raise OSError(f"{self._place} did not take it: {why}")
            sleep(wait)
            pause = min(pause * 2, _LONGEST_PAUSE)


class _Stay(HTTPRedirectHandler):
    """Follows no redirect: the request would become a GET, and its records would be lost."""

    def redirect_request(self, *_: object) -> None:
        """Refuse."""


def _checked(url: str) -> Any:
    problems = Problems("send_otlp")
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except (ValueError, AttributeError):
        usable = False
    if not usable or parts.query or parts.fragment:
        problems.add("url", url, "is no URL of a collector", "write 'http://collector:4318'")
    problems.check()
    return parts


def _tls() -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=said_of("CERTIFICATE") or None)
    if certificate := said_of("CLIENT_CERTIFICATE"):
        context.load_cert_chain(certificate, said_of("CLIENT_KEY") or None)
    return context
