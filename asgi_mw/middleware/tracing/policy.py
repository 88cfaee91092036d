"""The options of tracing, checked and compiled once."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from asgi_mw.client import origin_finder
from asgi_mw.headers import find, header_name
from asgi_mw.middleware.tracing.own import own_attributes
from asgi_mw.options import guarded, skipper, steady
from asgi_mw.paths import path_asked
from asgi_mw.telemetry.attributes import Wanted
from asgi_mw.telemetry.exceptions import Exceptions
from asgi_mw.telemetry.instruments import instruments_of
from asgi_mw.telemetry.methods import methods_of
from asgi_mw.telemetry.others import outside
from asgi_mw.telemetry.propagation import extractor
from asgi_mw.telemetry.providers import (
    loggers,
    meter_providers,
    provider_of,
    seldom,
    tracers,
)
from asgi_mw.telemetry.silence import Silence

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.context import Context
    from opentelemetry.trace import Span, Tracer

    from asgi_mw.client import Origin
    from asgi_mw.errors import Problems
    from asgi_mw.faults import Faults
    from asgi_mw.headers import Headers
    from asgi_mw.middleware.tracing.own import OwnAttributes
    from asgi_mw.middleware.tracing.queries import QueryMask
    from asgi_mw.middleware.tracing.start import Alike
    from asgi_mw.redaction import Redaction
    from asgi_mw.telemetry.instruments import Instruments
    from asgi_mw.telemetry.methods import Methods
    from asgi_mw.telemetry.others import Other
    from asgi_mw.types import Scope

# Names that the instrumentations of OpenTelemetry for Python read
_CAPTURED = "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_"
_SANITIZED = "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SANITIZE_FIELDS"
_EXCLUDED = ("OTEL_PYTHON_ASGI_EXCLUDED_URLS", "OTEL_PYTHON_EXCLUDED_URLS")


@dataclass(frozen=True, slots=True)
class Policy:
    """How connections are traced and measured."""

    sources: Callable[[], tuple[Tracer | None, Instruments | None]]
    exceptions: Exceptions
    extract: Callable[[Context, Headers, bool], Context]
    silence: Silence
    outside: Callable[[Scope, Context], Other | None]
    skips: Callable[[Scope], bool] | None
    public: Callable[[Scope], bool]
    origin: Callable[[Scope, Headers], Origin] | None
    methods: Methods
    request_headers: Wanted | None
    response_headers: Wanted | None
    own: OwnAttributes | None
    redact: Redaction
    alike: Alike
    query: QueryMask
    sanitize: re.Pattern[str] | None
    excludes: Callable[[Headers], bool] | None
    active_requests: bool
    body_sizes: bool
    first_byte: bool
    traceparent: bool
    clock: Callable[[], int]
    faults: Faults
    looks: bool = field(init=False)

    def __post_init__(self) -> None:
        """See whether anybody wants to read or change the headers of responses."""
        looks = self.traceparent or self.excludes is not None or self.response_headers is not None
        object.__setattr__(self, "looks", looks)

    def record(self, error: BaseException, context: Context, span: Span | None) -> None:
        """Record an exception that left the app; a fault in that stays here."""
        try:
            self.exceptions.record(error, context, span)
        except Exception as fault:  # noqa: BLE001  # a fault in tracing never reaches the app
            self.faults.note("exception", fault)


def compile_policy(problems: Problems, faults: Faults, options: dict[str, Any]) -> Policy:
    """Check every option; what is wrong goes to *problems*."""
    from asgi_mw.middleware.tracing.queries import QueryMask  # noqa: PLC0415  # slow to import
    from asgi_mw.middleware.tracing.start import Alike, agents  # noqa: PLC0415  # the same
    from asgi_mw.redaction import redaction_of  # noqa: PLC0415  # the same

    redact = redaction_of(options["redact"], "redact", problems)
    for name, flag in options.items():
        if name in _FLAGS and not isinstance(flag, bool):
            problems.add(name, flag, "is neither True nor False", f"write {name}=True")
    methods = methods_of(options["known_methods"], problems)
    for kind in ("tracer", "meter", "logger"):
        name = f"{kind}_provider"
        options[name] = provider_of(options[name], kind, problems)
    return Policy(
        sources=_sources(options, faults),
        exceptions=Exceptions(
            seldom(loggers(options["logger_provider"])),
            redact.text,
            message=bool(options["record_exception_message"]),
        ),
        extract=extractor(),
        silence=Silence(),
        outside=outside(),
        skips=_skips(options["skip"], problems, faults),
        public=_public(options["public"], problems, faults),
        origin=origin_finder(options["trusted_proxies"], problems),
        methods=methods,
        request_headers=_captured(options["capture_request_headers"], "request", problems),
        response_headers=_captured(options["capture_response_headers"], "response", problems),
        own=own_attributes(
            options["metrics_attributes"], options["metrics_attributes_limit"], problems, faults
        ),
        redact=redact,
        alike=Alike(methods, agents(redact)),
        query=QueryMask(redact),
        sanitize=_pattern(os.environ.get(_SANITIZED, "")),
        excludes=_excludes(options["metrics_exclude"], problems),
        active_requests=bool(options["active_requests"]),
        body_sizes=bool(options["body_sizes"]),
        first_byte=bool(options["time_to_first_byte"]),
        traceparent=bool(options["traceparent_header"]),
        clock=steady(options["clock"], problems, faults),
        faults=faults,
    )


_FLAGS = frozenset(
    {
        "metrics",
        "active_requests",
        "body_sizes",
        "time_to_first_byte",
        "traceparent_header",
        "record_exception_message",
    }
)


def _sources(
    options: dict[str, Any], faults: Faults
) -> Callable[[], tuple[Tracer | None, Instruments | None]]:
    """The function that gives the current tracer and instruments."""
    tracer, meters = tracers(options["tracer_provider"]), meter_providers(options["meter_provider"])
    last: Any = None
    made: Instruments | None = None

    def sources() -> tuple[Tracer | None, Instruments | None]:
        nonlocal last, made
        found = None
        try:
            provider = meters() if options["metrics"] else None
            if provider is not last:
                last, made = provider, None
                made = None if provider is None else instruments_of(provider)
        except Exception as fault:  # noqa: BLE001  # an SDK's fault: the span is made all the same
            faults.note("metrics", fault)
        try:
            found = tracer()
        except Exception as fault:  # noqa: BLE001  # the same: it is measured all the same
            faults.note("start", fault)
        return found, made

    return seldom(sources)


def _captured(names: Iterable[str], side: str, problems: Problems) -> Wanted | None:
    """Which headers are captured: by the names of the option, or the patterns of the environment.

    The variables hold regular expressions, matched as a whole without regard to case.
    """
    option = f"capture_{side}_headers"
    if isinstance(names, (str, bytes)) or not isinstance(names, Iterable):
        problems.add(option, names, "a list of names is meant", "write ['x-name']")
        names = ()
    exact = frozenset(header_name(name, option, problems) for name in names)
    pattern = _pattern(os.environ.get(f"{_CAPTURED}{side.upper()}", ""), whole=True)
    if pattern is None:
        return Wanted(exact.__contains__) if exact else None
    return Wanted(lambda name: name in exact or bool(pattern.match(name.decode("latin-1"))))


def _pattern(listed: str, *, whole: bool = False) -> re.Pattern[str] | None:
    """One pattern for a comma-separated list; ``None`` if that is empty or has a bad pattern."""
    parts = [text for one in listed.split(",") if (text := one.strip())]
    if not parts:
        return None
    joined = "|".join(f"(?:{part})" for part in parts)
    try:
        return re.compile(rf"(?:{joined})\Z" if whole else joined, re.IGNORECASE)
    except re.error:
        return None


def _skips(
    skip: Callable[[Scope], bool] | Iterable[str], problems: Problems, faults: Faults
) -> Callable[[Scope], bool] | None:
    """The predicate of the option, and of the URLs that the environment excludes."""
    listed = next(filter(None, (os.environ.get(name) for name in _EXCLUDED)), "")
    pattern = _pattern(listed)
    chosen = skipper(skip, problems, faults) if callable(skip) or skip != () else None
    if pattern is None:
        return chosen

    def skips(scope: Scope) -> bool:
        host = (find(scope.get("headers") or (), b"host") or b"").decode("latin-1")
        url = f"{scope.get('scheme') or 'http'}://{host}{path_asked(scope)}"
        return pattern.search(url) is not None or (chosen is not None and chosen(scope))

    return skips


def _public(
    public: bool | Callable[[Scope], bool],  # noqa: FBT001  # the option's own value
    problems: Problems,
    faults: Faults,
) -> Callable[[Scope], bool]:
    if isinstance(public, bool):
        return lambda _: public
    if not callable(public):
        mend = "write True, False or a function of the scope"
        problems.add("public", public, "is neither a bool nor a predicate", mend)

    return guarded(public, "public", faults, otherwise=True)  # nobody is trusted then


def _excludes(types: Iterable[str], problems: Problems) -> Callable[[Headers], bool] | None:
    """A predicate on the headers of a response: whether its duration is not measured."""
    if isinstance(types, (str, bytes)) or not isinstance(types, Iterable):
        mend = "write ['text/event-stream']"
        problems.add("metrics_exclude", types, "a list of media types is meant", mend)
        return None
    excluded = set()
    for one in types:
        if isinstance(one, str) and "/" in one:
            excluded.add(one.strip().lower().encode("utf-8", "replace"))
        else:
            mend = "write it as 'text/event-stream'"
            problems.add("metrics_exclude", one, "is no media type", mend)
    if not excluded:
        return None

    def excludes(headers: Headers) -> bool:
        value = find(headers, b"content-type") or b""
        return value.partition(b";")[0].strip().lower() in excluded

    return excludes
