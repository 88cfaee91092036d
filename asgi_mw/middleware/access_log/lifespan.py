"""One log event per phase of the lifespan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgi_mw.crashes import conclusion
from asgi_mw.middleware.access_log.fields import add_error, milliseconds
from asgi_mw.printable import printable
from asgi_mw.progress import is_cancellation
from asgi_mw.tracebacks import excerpt, shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_mw.events import Fate
    from asgi_mw.middleware.access_log.policy import Policy
    from asgi_mw.types import App, Message, Receive, Scope, Send


def logged_lifespan(app: App, *, policy: Policy, clock: Callable[[], int]) -> App:
    """*app*, with its startup and shutdown logged."""

    async def logged(scope: Scope, receive: Receive, send: Send) -> None:
        if not policy.skips(scope):
            await _run(app, scope, receive, send, policy=policy, clock=clock)
        else:
            await app(scope, receive, send)

    return logged


async def _run(
    app: App,
    scope: Scope,
    receive: Receive,
    send: Send,
    *,
    policy: Policy,
    clock: Callable[[], int],
) -> None:
    """Run *app* for its lifespan; log the startup and the shutdown, each as it is answered.

    An app that raises or returns before it asks for the first message has no lifespan, which the
    specification allows: that is one event, ``unsupported``, that says why and is no error.  One
    that returns or is cancelled in the middle of a phase left it ``incomplete`` or ``cancelled``.
    """
    phase: str | None = "startup"
    asked = False
    began = clock()

    def emit(outcome: Fate, error: BaseException | None = None, message: str = "") -> None:
        nonlocal phase
        if not asked and outcome in {"error", "incomplete"}:
            outcome = "unsupported"
        fields: dict[str, object] = {"phase": phase, "outcome": outcome}
        phase = None
        try:
            fields["duration_ms"] = milliseconds(clock() - began)
            if message:
                said_why = excerpt(conclusion(message))
                fields["error"] = printable(shown([said_why], policy.redact.text), 512)
            if error is not None:
                said: dict[str, object] = {}
                add_error(said, error, policy.redact)
                fields |= {"reason": said["error"]} if outcome == "unsupported" else said
            policy.log(outcome, "lifespan", fields)
        except Exception as fault:  # noqa: BLE001  # a fault in logging never reaches the app
            policy.faults.note("logger", fault)

    async def receive_logged() -> Message:
        nonlocal phase, began, asked
        asked = True
        message = await receive()
        if message.get("type") == "lifespan.shutdown":
            phase = "shutdown"
            began = clock()
        return message

    async def send_logged(message: Message) -> None:
        nonlocal asked
        asked = True
        await send(message)
        if phase is not None:
            kind = message.get("type")
            if kind == f"lifespan.{phase}.complete":
                emit("complete")
            elif kind == f"lifespan.{phase}.failed":
                emit("error", message=str(message.get("message") or "failed"))

    try:
        await app(scope, receive_logged, send_logged)
    except BaseException as error:
        if phase is not None:
            emit("cancelled" if is_cancellation(error) else "error", error)
        raise
    else:
        if phase is not None:
            emit("incomplete")
