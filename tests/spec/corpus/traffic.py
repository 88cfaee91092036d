"""Connections of any course, and who plays them: one step after the other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from anyio.lowlevel import checkpoint

from asgi_mw import open_store, record
from asgi_mw.faults import ledger
from asgi_mw.spec import check, validate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from asgi_mw.spec import Finding
    from asgi_mw.spec.rule import Profile
    from asgi_mw.types import App


@dataclass(frozen=True, slots=True)
class Step:
    """One call of an app.

    Attributes:
        side: Of which of the two.
        message: What is given, or sent.
        error: What is raised in its place.
    """

    side: Literal["receive", "send"]
    message: Any
    error: Exception | None = None


@dataclass(frozen=True, slots=True)
class Traffic:
    """One connection.

    Attributes:
        scope: Its scope.
        steps: What the app does.
        raises: What it raises in the end.
    """

    scope: Any
    steps: Sequence[Step] = ()
    raises: Exception | None = None


@dataclass(slots=True)
class Seen:
    """What came through a layer that was not what went in."""

    changed: list[str] = field(default_factory=list)

    def same(self, what: str, given: object, got: object) -> None:
        """Note it, if they are two objects."""
        if given is not got:
            self.changed.append(f"{what}: {given!r} became {got!r}")


async def play(traffic: Traffic, around: Callable[[App], App]) -> Seen:
    """Play it with a layer around the app, from which nothing is to be seen."""
    seen, waiting, returned = Seen(), list(traffic.steps), object()

    async def receive() -> Any:
        await checkpoint()
        return _outcome(waiting[0])

    async def send(message: Any) -> Any:
        await checkpoint()
        seen.same("send", waiting[0].message, message)
        _outcome(waiting[0])
        return returned

    async def app(scope: Any, receive: Any, send: Any) -> Any:
        seen.same("scope", traffic.scope, scope)
        while waiting:
            step = waiting[0]
            try:
                if step.side == "receive":
                    seen.same("receive", step.message, await receive())
                else:
                    seen.same("returned", returned, await send(step.message))
            except Exception as error:  # noqa: BLE001  # whatever it is
                seen.same("raised", step.error, error)
            waiting.pop(0)
        if traffic.raises is not None:
            raise traffic.raises
        return returned

    try:
        answer: Any = await around(app)(traffic.scope, receive, send)  # type: ignore[func-returns-value]  # it does
        seen.same("answer", returned, answer)
    except Exception as error:  # noqa: BLE001  # whatever it is
        seen.same("left", traffic.raises, error)
    if waiting:
        seen.changed.append(f"{len(waiting)} steps were never made")
    return seen


async def live(traffic: Traffic, profile: Profile = "advice") -> list[Finding]:
    """What ``validate`` finds; that it changes nothing and does not fail is asserted."""
    found: list[Finding] = []
    before = ledger()
    seen = await play(
        traffic, lambda app: validate(app, on_violation=found.append, profile=profile)
    )
    assert seen.changed == []
    assert ledger() == before
    return found


async def recorded(traffic: Traffic, profile: Profile = "advice") -> list[Finding]:
    """What ``check`` finds in a recording."""
    store = open_store("memory:")
    await play(traffic, lambda app: record(app, store=store))
    [exchange] = store.exchanges()
    return check(exchange, profile=profile)


def _outcome(step: Step) -> Any:
    if step.error is not None:
        raise step.error
    return step.message
