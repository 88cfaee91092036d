"""The options of the watchdog, checked and compiled once."""

from __future__ import annotations

import signal as signals
from collections.abc import Mapping
from dataclasses import dataclass
from threading import current_thread, main_thread
from typing import TYPE_CHECKING, Any, TypeAlias

from asgi_mw.faults import Faults
from asgi_mw.options import number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from opentelemetry.metrics import MeterProvider

    from asgi_mw.errors import Problems
    from asgi_mw.redaction import Redaction
    from asgi_mw.telemetry.instruments import Instruments
    from asgi_mw.watch.logger import Log

Waiting: TypeAlias = "float | Mapping[str, float | None] | None"
KINDS = ("send", "body", "message")
"""What an app may wait for: to send, the rest of a request, the next message of a WebSocket."""
# Signals that are free for any use, and that end a process without a handler for them
_SIGNALS = ("SIGUSR1", "SIGUSR2")
_LONGEST = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Policy:
    """What is reported, and where; all times are in ns, and ``None`` means never."""

    blocked: int | None
    stalled: int | None
    waiting: Mapping[str, int]
    gone: int | None
    signum: int | None
    log: Log
    redact: Redaction
    instruments: Callable[[], Instruments | None]
    faults: Faults


def compile_policy(
    problems: Problems,
    *,
    blocked_after: float | None,
    stalled_after: float | None,
    waiting_after: Waiting,
    gone_after: float | None,
    signal: bool | str,
    logger: Any,
    redact: Redaction | Iterable[str] | None,
    meter_provider: MeterProvider | None,
) -> Policy:
    """Check every option; what is wrong goes to *problems*."""
    from asgi_mw.redaction import redaction_of  # noqa: PLC0415  # slow to import
    from asgi_mw.watch.logger import logger_of  # noqa: PLC0415  # structlog is slow to import

    return Policy(
        blocked=_after(blocked_after, "blocked_after", problems),
        stalled=_after(stalled_after, "stalled_after", problems),
        waiting=_waiting(waiting_after, problems),
        gone=_after(gone_after, "gone_after", problems),
        signum=_signum(signal, problems),
        log=logger_of(logger, problems),
        redact=redaction_of(redact, "redact", problems),
        instruments=_instruments(meter_provider, problems),
        faults=Faults("watch"),
    )


def _after(value: object, option: str, problems: Problems) -> int | None:
    if value is None:
        return None
    return int(number(value, option, problems, least=0.01, most=_LONGEST) * 1e9)


def _waiting(given: object, problems: Problems) -> dict[str, int]:
    """The limits by kind; the wait for the next message of a WebSocket has none by default."""
    chosen: dict[str, object]
    if isinstance(given, Mapping):
        chosen = {"send": 30.0, "body": 30.0, **given}
        for kind in given:
            if kind not in KINDS:
                mend = f"it has: {', '.join(KINDS)}"
                problems.add("waiting_after", kind, "is nothing that an app awaits", mend)
    else:
        chosen = {"send": given, "body": given}
    found: dict[str, int] = {}
    for kind in KINDS:
        option = f"waiting_after[{kind!r}]" if isinstance(given, Mapping) else "waiting_after"
        limit = _after(chosen.get(kind), option, problems)
        if limit is not None:
            found[kind] = limit
        if problems.found and not isinstance(given, Mapping):
            break  # the same number, for each kind
    return found


def _signum(given: object, problems: Problems) -> int | None:
    if given is False or given is None:
        return None
    name = "SIGUSR1" if given is True else given
    if name not in _SIGNALS:
        mend = "write signal=True, which is 'SIGUSR1', or 'SIGUSR2'"
        problems.add("signal", given, "is a signal of somebody else, or none", mend)
        return None
    found: int | None = getattr(signals, str(name), None)
    if found is None:
        mend = "leave it out, and print asgi_mw.watch.in_flight()"
        problems.add("signal", given, "is unknown to this system", mend)
    elif current_thread() is not main_thread():
        mend = "make the layer there, or leave it out and print asgi_mw.watch.in_flight()"
        problems.add("signal", given, "can only be handled in the main thread", mend)
    return found


def _instruments(
    given: MeterProvider | None, problems: Problems
) -> Callable[[], Instruments | None]:
    """A function that gives the instruments, once there is a provider to measure for."""
    from asgi_mw.telemetry.instruments import instruments_of  # noqa: PLC0415  # slow to import
    from asgi_mw.telemetry.providers import meter_providers, provider_of  # noqa: PLC0415  # the same

    providers = meter_providers(provider_of(given, "meter", problems))

    def current() -> Instruments | None:
        provider = providers()
        return None if provider is None else instruments_of(provider)

    return current
