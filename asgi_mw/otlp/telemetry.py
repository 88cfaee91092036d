"""The providers of one process, and their shutdown within a time limit."""

from __future__ import annotations

import atexit
import logging
import os
from dataclasses import dataclass
from threading import Event, Lock, Thread
from time import monotonic
from typing import TYPE_CHECKING
from weakref import WeakMethod

from asgi_mw.faults import Faults
from asgi_mw.middleware.tracing.running import end_running

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

    from opentelemetry.sdk._logs import LoggerProvider
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.trace import TracerProvider

_log = logging.getLogger("asgi_mw")
_faults = Faults("otlp")


@dataclass(frozen=True, slots=True)
class Providers:
    """What makes spans, metrics and log records; ``None`` for what is not sent."""

    tracer_provider: TracerProvider | None = None
    meter_provider: MeterProvider | None = None
    logger_provider: LoggerProvider | None = None


class Telemetry:
    """What `configure` set up; shut it down once, in any way.

    It is shut down at the exit of the interpreter, if not before.  A server that a signal ends
    may never get there: use `exporting` or the lifespan of your app.

    Attributes:
        tracer_provider: Makes spans; ``None`` if they are not sent.
        meter_provider: Makes metrics; the same.
        logger_provider: Makes log records; the same.
    """

    def __init__(
        self, providers: Providers, abort: tuple[Callable[[], object], ...], limit: float
    ) -> None:
        self.tracer_provider = providers.tracer_provider
        self.meter_provider = providers.meter_provider
        self.logger_provider = providers.logger_provider
        self._abort = abort
        self._limit = limit
        self._ending = Lock()
        self._sent: bool | None = None
        self._park()
        atexit.register(self.shutdown)
        if hasattr(os, "register_at_fork"):
            reborn = WeakMethod(self._in_child)

            def after_in_child() -> None:
                if method := reborn():
                    method()

            os.register_at_fork(after_in_child=after_in_child)

    def __repr__(self) -> str:
        """Show what is sent, as `explain` does."""
        providers = {
            "traces": self.tracer_provider,
            "metrics": self.meter_provider,
            "logs": self.logger_provider,
        }
        sent = [signal for signal, provider in providers.items() if provider is not None]
        return f"<Telemetry of {', '.join(sent) or 'nothing'}>"

    def shutdown(self, timeout: float | None = None) -> bool:
        """Send what is left, all signals at once, and stop; safe to call again.

        Connections that `tracing` still traces end here, with the error type ``lost``.

        It returns within the limit, whether the collector answers, hangs or is gone.  It blocks:
        in a coroutine, call it in a thread.  A signal handler may call it while it runs.

        Args:
            timeout: Seconds; ``shutdown_timeout`` of `configure` if you give none.

        Returns:
            Whether everything was handed to the collector, or given up, in time.
        """
        limit = self._limit if timeout is None else timeout
        deadline = monotonic() + limit
        atexit.unregister(self.shutdown)
        if self._sent is None:
            _guarded(end_running)
        self._go.set()
        # Not any(): wait for each of them
        late = [
            done
            for done in self._done
            if self._sent is None and not done.wait(max(0.0, deadline - monotonic()))
        ]
        # No `with`: a signal handler that calls this in the same thread would wait for ever
        if self._sent is None and self._ending.acquire(blocking=False):
            if late:
                for stop in self._abort:  # no more tries; a running export ends with its thread
                    _guarded(stop)
                _log.warning("asgi_mw.otlp: the collector took longer than %g s; gave up", limit)
            self._sent = not late
        return not late if self._sent is None else self._sent

    def __enter__(self) -> Self:
        """Go on; the end of the block shuts it down."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Shut it down."""
        self.shutdown()

    def _park(self) -> None:
        """Start a thread for each provider, which waits to shut it down.

        They start now, since no thread can be started while the interpreter ends (Python 3.12).
        The shutdown of a provider takes no time limit, so nothing else may wait for it.
        """
        self._go = Event()
        self._done = []
        for provider in (self.tracer_provider, self.meter_provider, self.logger_provider):
            if provider is not None:
                done = Event()
                self._done.append(done)
                arguments = (self._go, provider.shutdown, done)
                Thread(target=_close, args=arguments, name="asgi-mw-otlp", daemon=True).start()

    def _in_child(self) -> None:
        """Begin again after a fork: the threads are gone, and one of them may hold the lock."""
        self._ending = Lock()
        if self._sent is None:
            self._park()


def _close(go: Event, shutdown: Callable[[], object], done: Event) -> None:
    go.wait()
    _guarded(shutdown)
    done.set()


def _guarded(shutdown: Callable[[], object]) -> None:
    try:
        shutdown()
    except Exception as error:  # noqa: BLE001  # the end of a process is no place to raise
        _faults.note("shutdown", error)
