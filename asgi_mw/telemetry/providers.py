"""The tracer, meter and logger of the current providers; ``None`` while there is no SDK.

An SDK is often installed after the app was put together.  So the global providers are asked again
until they are real, and not after that: OpenTelemetry lets each be set only once.  Asking costs a
look into the environment, so it is done :func:`seldom`.
"""

from __future__ import annotations

from functools import lru_cache
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry._logs import Logger, LoggerProvider
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import Tracer, TracerProvider

    from asgi_mw.errors import Problems

NAME = "asgi_mw"
SCHEMA_URL = "https://opentelemetry.io/schemas/1.44.0"

_MAKES = {"tracer": "get_tracer", "meter": "get_meter", "logger": "get_logger"}
_EAGER = 100  # calls
_PAUSE = 1.0  # seconds

P = TypeVar("P")
T = TypeVar("T")


def seldom(ask: Callable[[], T]) -> Callable[[], T]:
    """What *ask* gives: each of the first hundred calls asks, later ones ask once a second.

    If an SDK comes late, it mostly comes between the first requests.
    """
    asked, due = 0, 0.0
    last: Any = None

    def current() -> T:
        nonlocal asked, due, last
        if asked >= _EAGER:
            now = monotonic()
            if now < due:
                return last  # type: ignore[no-any-return]  # what ask gave
            due = now + _PAUSE
        else:
            asked += 1
        last = ask()
        return last  # type: ignore[no-any-return]  # the same

    return current


def provider_of(given: P | None, kind: str, problems: Problems) -> P | None:
    """*given*, if it is a provider of that *kind*, as ``"tracer"``; else ``None`` and a problem."""
    makes = getattr(given, _MAKES[kind], None)
    if given is None or (callable(makes) and not isinstance(given, type)):
        return given
    option = f"{kind}_provider"
    mend = f"give the object that has {_MAKES[kind]}(), or leave it out for the global one"
    problems.add(option, given, f"is no {kind} provider of OpenTelemetry", mend)
    return None


def tracers(given: TracerProvider | None) -> Callable[[], Tracer | None]:
    """A function that gives the tracer of *given*, or of the global provider."""
    from opentelemetry import trace  # noqa: PLC0415  # slow to import

    def made(provider: TracerProvider) -> Tracer | None:
        tracer = provider.get_tracer(NAME, version(), SCHEMA_URL)
        return None if _is_of_the_api(tracer) else tracer

    return _settled(given, trace.get_tracer_provider, made)


def meter_providers(given: MeterProvider | None) -> Callable[[], MeterProvider | None]:
    """A function that gives *given*, or the global provider once it is real."""
    from opentelemetry import metrics  # noqa: PLC0415  # slow to import

    return _settled(given, metrics.get_meter_provider, lambda provider: provider)


def loggers(given: LoggerProvider | None) -> Callable[[], Logger | None]:
    """A function that gives the logger of *given*, or of the global provider."""
    from opentelemetry import _logs  # noqa: PLC0415  # slow to import

    def made(provider: LoggerProvider) -> Logger | None:
        logger = provider.get_logger(NAME, version(), SCHEMA_URL)
        return None if _is_of_the_api(logger) else logger

    return _settled(given, _logs.get_logger_provider, made)


@lru_cache(maxsize=1)
def version() -> str:
    """The version of this package; empty where it runs without being installed."""
    from importlib import metadata  # noqa: PLC0415  # slow to import

    try:
        return metadata.version("asgi-mw")
    except metadata.PackageNotFoundError:
        return ""


def _settled(
    given: P | None, ask: Callable[[], P], make: Callable[[P], T | None]
) -> Callable[[], T | None]:
    """A function that gives what *make* makes of *given*, or of what *ask* gives once it is real.

    The API gives a proxy before there is a global provider: as *given*, it means the global one.
    """
    version()  # read it from the disk now, not while a request waits
    if given is not None and not (_is_of_the_api(given) and "Proxy" in type(given).__name__):
        made = None if _is_of_the_api(given) else make(given)
        return lambda: made
    found: T | None = None
    settled = False

    def current() -> T | None:
        nonlocal found, settled
        if not settled:
            provider = ask()
            if _is_of_the_api(provider):
                return None
            found = make(provider)
            settled = True
        return found

    return current


def _is_of_the_api(thing: object) -> bool:
    """Whether it is a stand-in of the API, which does nothing: no SDK defines its classes there."""
    module = type(thing).__module__
    return module.startswith(
        ("opentelemetry.trace", "opentelemetry.metrics", "opentelemetry._logs")
    )
