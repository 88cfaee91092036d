"""The options of tracing, and the variables of the environment that it obeys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.sdk.trace import TracerProvider

from asgi_mw import ConfigError
from asgi_mw.middleware.tracing import tracing
from asgi_mw.testing import request
from tests.middleware.tracing.conftest import answering

if TYPE_CHECKING:
    from tests.middleware.tracing.conftest import Sdk

pytestmark = pytest.mark.anyio

ok = answering()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"metrics": "no"}, "metrics='no': is neither True nor False; write metrics=True"),
        ({"active_requests": 1}, "active_requests=1: is neither True nor False"),
        ({"skip": "/health"}, "skip='/health': a list of paths is meant; write skip=['/health']"),
        ({"public": "yes"}, "public='yes': is neither a bool nor a predicate"),
        ({"trusted_proxies": ["x"]}, "trusted_proxies='x': is no address or network"),
        ({"capture_request_headers": "x"}, "capture_request_headers='x': a list of names is meant"),
        ({"capture_response_headers": ["a b"]}, "capture_response_headers='a b': is no token"),
        ({"metrics_exclude": "text/plain"}, "metrics_exclude='text/plain': a list of media types"),
        ({"metrics_exclude": ["stream"]}, "metrics_exclude='stream': is no media type"),
        ({"known_methods": "GET"}, "known_methods='GET': is no list of methods"),
        ({"known_methods": ["A B"]}, "known_methods='A B': is no method"),
        ({"redact": "iban"}, "redact='iban': is no list of names"),
        ({"metrics_attributes": ["a"]}, "metrics_attributes=['a']: is no mapping of names"),
        ({"metrics_attributes_limit": 0}, "metrics_attributes_limit=0: is out of range"),
        ({"clock": 5}, "clock=5: is not callable"),
        ({"tracer_provider": "shop"}, "tracer_provider='shop': is no tracer provider of OpenTel"),
        ({"tracer_provider": TracerProvider}, "tracer_provider=<class 'opentelemetry.sdk.trace."),
        ({"meter_provider": 5}, "meter_provider=5: is no meter provider of OpenTelemetry; give"),
        ({"logger_provider": []}, "logger_provider=[]: is no logger provider of OpenTelemetry"),
    ],
    ids=repr,
)
def test_mistakes_are_said_at_construction(options: dict[str, Any], said: str) -> None:
    """With the option, its value, the reason and the mend."""
    with pytest.raises(ConfigError) as caught:
        tracing(ok, **options)

    assert str(caught.value).startswith(f"tracing: {said}")


def test_all_mistakes_are_said_together() -> None:
    """One call, one error."""
    with pytest.raises(ConfigError, match="tracing: 2 problems"):
        tracing(ok, metrics_exclude=["x"], known_methods=[""])


@pytest.mark.parametrize(
    ("known", "variable", "expected"),
    [
        (None, "GET, PURGE", ["GET", "PURGE", "_OTHER"]),
        (None, " ", ["GET", "_OTHER", "POST"]),
        (["PURGE"], "GET,POST", ["_OTHER", "PURGE", "_OTHER"]),
    ],
)
async def test_known_methods_are_replaced_as_a_whole(
    sdk: Sdk,
    monkeypatch: pytest.MonkeyPatch,
    known: list[str] | None,
    variable: str,
    expected: list[str],
) -> None:
    """By the variable of the conventions, or by the option, which wins."""
    monkeypatch.setenv("OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS", variable)
    app = sdk.tracing(ok, known_methods=known)
    for method in ("GET", "PURGE", "POST"):
        await request(app, method)

    methods = [dict(span.attributes or {})["http.request.method"] for span in sdk.spans]
    assert methods == expected


async def test_the_headers_that_python_instrumentations_capture(
    sdk: Sdk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Patterns, matched as a whole; those to be sanitised by a search."""
    base = "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_"
    monkeypatch.setenv(f"{base}SERVER_REQUEST", "X-Tenant.*, accept")
    monkeypatch.setenv(f"{base}SERVER_RESPONSE", "x-cache")
    monkeypatch.setenv(f"{base}SANITIZE_FIELDS", ".*-key")
    app = sdk.tracing(
        answering(headers=[(b"x-cache", b"hit"), (b"x-cache-2", b"no")]),
        capture_request_headers=["x-mine"],
    )
    headers = [("x-tenant-id", "7"), ("x-tenant-key", "k"), ("accept-x", "no"), ("x-mine", "m")]
    await request(app, headers=headers)

    captured = {name: value for name, value in sdk.attributes.items() if ".header." in name}
    assert captured == {
        "http.request.header.x-tenant-id": ("7",),
        "http.request.header.x-tenant-key": ("[REDACTED]",),
        "http.request.header.x-mine": ("m",),
        "http.response.header.x-cache": ("hit",),
    }


@pytest.mark.parametrize(
    ("variables", "traced"),
    [
        ({"OTEL_PYTHON_EXCLUDED_URLS": "health,/ready$"}, ["/", "/readyz"]),
        (
            {"OTEL_PYTHON_EXCLUDED_URLS": ".*", "OTEL_PYTHON_ASGI_EXCLUDED_URLS": "example.org/$"},
            ["/health", "/ready", "/readyz"],
        ),
        ({"OTEL_PYTHON_EXCLUDED_URLS": "("}, ["/", "/health", "/ready", "/readyz"]),
    ],
    ids=["generic", "specific wins", "no pattern"],
)
async def test_urls_that_are_excluded(
    sdk: Sdk, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], traced: list[str]
) -> None:
    """By a search in scheme, host and path."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    app = sdk.tracing(ok)
    for path in ("/", "/health", "/ready", "/readyz"):
        await request(app, "GET", path, headers=[("host", "example.org")])

    assert [dict(span.attributes or {})["url.path"] for span in sdk.spans] == traced


async def test_skip_adds_to_what_the_environment_excludes(
    sdk: Sdk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And a predicate that fails skips nothing."""
    monkeypatch.setenv("OTEL_PYTHON_EXCLUDED_URLS", "/a$")
    app = sdk.tracing(ok, skip=["/b"])
    for path in ("/a", "/b", "/c"):
        await request(app, "GET", path)

    assert [dict(span.attributes or {})["url.path"] for span in sdk.spans] == ["/c"]


@pytest.mark.parametrize("how", ["skip", "environment"])
@pytest.mark.parametrize("target", ["/health", "/shop/health"], ids=["granian", "uvicorn"])
async def test_what_is_skipped_may_be_below_a_root_path(
    sdk: Sdk, monkeypatch: pytest.MonkeyPatch, target: str, how: str
) -> None:
    """Whether or not the server puts it before the path; a URL is excluded as it was asked for."""
    if how == "environment":
        monkeypatch.setenv("OTEL_PYTHON_EXCLUDED_URLS", "http://example.org/shop/health$")
    app = sdk.tracing(ok, skip=["/health"] if how == "skip" else ())
    headers = [("host", "example.org")]
    await request(app, "GET", target, headers=headers, scope={"root_path": "/shop"})

    assert sdk.spans == []
