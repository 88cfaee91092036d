"""One log event per connection: what was asked, what was answered, how long it took."""

from __future__ import annotations

import random
from functools import partial
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

from asgi_mw.crashes import is_parting, note_parting
from asgi_mw.driver import Part, drive
from asgi_mw.errors import Problems
from asgi_mw.layers import middleware
from asgi_mw.middleware.access_log.fields import Facts
from asgi_mw.middleware.access_log.fields import log_fields as log_fields
from asgi_mw.middleware.access_log.lifespan import logged_lifespan
from asgi_mw.middleware.access_log.line import line_of
from asgi_mw.middleware.access_log.policy import compile_policy
from asgi_mw.options import steady

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from asgi_mw.connection import Connection
    from asgi_mw.middleware.access_log.policy import Policy
    from asgi_mw.progress import Progress
    from asgi_mw.redaction import Redaction
    from asgi_mw.types import A, Scope


@middleware(
    not_outside={"tracing": "the span has ended by then, so that the trace id would be missing"},
)
def access_log(
    app: A,
    *,
    logger: Any = None,
    redact: Redaction | Iterable[str] | None = None,
    sample: float = 1.0,
    slow: float = 1.0,
    skip: Callable[[Scope], bool] | Iterable[str] = (),
    headers: Iterable[str] = (),
    trusted_proxies: Iterable[str] = (),
    clock: Callable[[], int] = perf_counter_ns,
) -> A:
    """Log one structlog event per HTTP request and WebSocket, one per phase of the lifespan.

    The times are taken when the last send returns.  If the status is below 500, the event is
    logged then, so that background work neither delays nor lengthens it.  Otherwise it is logged
    when the app's call ends, so that a 500 and the exception raised after it are one event with a
    traceback.  A WebSocket that the client closed is logged when the app's call ends.  An
    exception that the app swallowed is logged like one that left it; the outcome does not change.

    Fields of ``http``: ``method``, ``path``, ``query`` (secrets masked), ``route``, ``status``,
    ``outcome`` (``complete``, ``client_gone``, ``error``, ``cancelled`` or ``incomplete``),
    ``refused`` (why a layer inside refused it),
    ``ttfb_ms`` (to the start of the response), ``duration_ms``, ``bytes_in``, ``bytes_out``,
    ``client``, ``http_version``, ``user_agent``, ``request_id``, ``trace_id``, ``span_id``,
    ``error`` and ``exception``.  A ``websocket`` has ``messages_in``, ``messages_out``,
    ``close_code``, ``close_reason`` and ``subprotocol`` too, a ``lifespan`` has ``phase``.
    Unknown fields are left out.  :func:`log_fields` adds more.  Text is cut and escaped, so that
    no request can forge a line.

    Args:
        logger: A logger of structlog or of stdlib logging.  By default that of your structlog
            configuration, or without one the stdlib logger ``asgi_mw.access``.
        redact: What is secret: more names, or a :class:`~asgi_mw.redaction.Redaction`.
        sample: Share of connections to log, 0.0 to 1.0, chosen when they end.  Those that failed,
            were not ``complete`` or were slow are always logged.
        slow: How many seconds make a connection slow.
        skip: Paths not to log at all, or a predicate on the scope.
        headers: Request headers to add, as ``header_<name>``, secrets masked.
        trusted_proxies: Networks whose ``X-Forwarded-For`` counts, see
            :func:`~asgi_mw.client.client_finder`.
        clock: Returns nanoseconds; give your own to make tests exact.

    Raises:
        ConfigError: An option cannot be right.

    >>> import structlog
    >>> from asgi_mw.testing import run, request
    >>> async def app(scope, receive, send):
    ...     log_fields(user_id=7)
    ...     await send({"type": "http.response.start", "status": 204, "headers": []})
    ...     await send({"type": "http.response.body"})
    >>> with structlog.testing.capture_logs() as logs:
    ...     _ = run(request(access_log(app), "GET", "/users/7?token=abc"))
    >>> [(log["event"], log["path"], log["status"], log["user_id"]) for log in logs]
    [('http', '/users/7', 204, 7)]
    """
    problems = Problems("access_log")
    policy = compile_policy(
        problems,
        logger=logger,
        redact=redact,
        sample=sample,
        slow=slow,
        skip=skip,
        headers=headers,
        trusted_proxies=trusted_proxies,
    )
    now = steady(clock, problems, policy.faults)
    problems.check()

    def begin(connection: Connection, progress: Progress, began: int) -> Facts | None:
        if policy.skips(connection.given):
            return None
        return Facts(connection, progress, began)

    def over(facts: Facts) -> None:
        progress = facts.progress
        if progress.type != "http" or (progress.status or 0) < 500:  # else an exception may follow
            _emit(policy, facts, None, now)

    def end(facts: Facts, error: BaseException | None) -> None:
        _emit(policy, facts, error, now)
        facts.connection.fields = facts.outer

    part = Part(
        name="access_log",
        begin=begin,
        over=over,
        end=end,
        lifespan=partial(logged_lifespan, policy=policy, clock=now),
        follows=True,
        isolates=True,
        clock=now,
        faults=policy.faults,
    )
    return drive(app, part)


def _emit(
    policy: Policy, facts: Facts, error: BaseException | None, clock: Callable[[], int]
) -> None:
    """Log one connection, once, unless it is sampled out; a fault of the logger stays here."""
    if facts.emitted:
        return
    facts.emitted = True
    try:
        progress = facts.progress
        outcome = progress.outcome(error)
        error = facts.connection.named(error)
        if error is not None and is_parting(
            progress.type, outcome, progress.close_code, type(error).__name__
        ):
            note_parting(error)
            error = None
        ended = progress.last(clock)
        if (
            policy.sample < 1.0
            and outcome == "complete"
            and error is None
            and (progress.status or 0) < 500
            and ended - facts.began < policy.slow
            and random.random() >= policy.sample  # noqa: S311  # a sample is no secret
        ):
            return
        writer = policy.writer() if error is None else None
        if writer is not None and (line := line_of(policy, facts, outcome, ended)) is not None:
            writer.write(policy.level(outcome, progress.status), facts.type, *line)
        else:
            policy.log(outcome, facts.type, facts.fields(policy, outcome, error, ended))
    except Exception as fault:  # noqa: BLE001  # a fault in logging never reaches the app
        policy.faults.note("logger", fault)
