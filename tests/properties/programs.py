"""Made-up apps and servers, played by hand: no event loop, every step in a known order."""

from __future__ import annotations

import types
from asyncio import CancelledError
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from asgi_mw.testing.course import Course
from asgi_mw.testing.headers import HEADER_KINDS
from asgi_mw.testing.result import consumed, snapshot

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator, Iterator, Mapping, Sequence

    from asgi_mw.types import App, Message, Receive, Scope, Send

_ONE_SHOT = frozenset({"generator", "list of one-shot pairs", "generator of one-shot pairs"})


@dataclass(eq=False)
class Said:
    """A recipe for one message: a new object if it holds an iterator, else always the same one."""

    keys: Mapping[str, Any]
    pairs: Sequence[Any] | None = None
    kind: str = "list of tuples"
    links: Sequence[bytes] | None = None
    _made: dict[str, Any] | None = field(default=None, repr=False)

    def make(self) -> dict[str, Any]:
        """Give the message."""
        if self._made is not None:
            return self._made
        message = dict(self.keys)
        if self.pairs is not None:
            message["headers"] = HEADER_KINDS[self.kind](list(self.pairs))
        if self.links is not None:
            message["links"] = (link for link in self.links)
        elif self.kind not in _ONE_SHOT:
            self._made = message
        return message


@dataclass(frozen=True)
class Step:
    """One thing that an app does; *guarded*, it goes on after an exception."""

    does: str
    said: Said | None = None
    other: Said | None = None
    error: Callable[[], BaseException] = RuntimeError
    guarded: bool = False


@dataclass(frozen=True)
class Serving:
    """How a server plays: what it gives, how it fails, when it cancels."""

    scope: Mapping[str, Any]
    pairs: Sequence[tuple[bytes, bytes]] | None
    kind: str
    inbox: Sequence[Message]
    repeats: Message | None
    slow: int
    errors: Mapping[int, Callable[[], BaseException] | None]
    late: Callable[[], BaseException] | None
    cancel_at: int


@dataclass(frozen=True)
class Program:
    """One app and the server it runs on."""

    steps: Sequence[Step]
    late: Sequence[Said]
    serving: Serving


@dataclass
class Play:
    """Everything that server and app saw of one run.

    Attributes:
        server: What reached the server, call by call.
        app: What reached the app: messages by their number, exceptions by their name.
        scope: The scope as the app saw it.
        headers: Those of the request as the app read them.
        end: How the app's call ended.
        changed: What was changed though it belongs to somebody else.
    """

    server: list[Any] = field(default_factory=list)
    app: list[Any] = field(default_factory=list)
    scope: dict[str, Any] = field(default_factory=dict)
    headers: list[Any] = field(default_factory=list)
    end: tuple[Any, ...] = ()
    changed: list[str] = field(default_factory=list)


class Child:
    """A call that the app makes beside others, advanced by hand."""

    def __init__(self, awaitable: Awaitable[Any]) -> None:
        self._generator = awaitable.__await__()
        self.done = False
        self.signal: Any = None

    def step(self) -> Any:
        """Run it to its next suspension or to its end."""
        try:
            self.signal = next(self._generator)
        except StopIteration as end:
            self.done = True
            return end.value
        except BaseException:
            self.done = True
            raise
        return None

    def cancel(self) -> None:
        """Cancel it while it waits."""
        assert hasattr(self._generator, "throw")
        if not self.done:
            self.done = True
            self._generator.throw(CancelledError())

    async def join(self, value: Any) -> Any:
        """Wait for its end."""
        try:
            while not self.done:
                await suspend(self.signal)
                value = self.step()
        finally:
            self.close()
        return value

    def close(self) -> None:
        """Drop it, whether it ended or not."""
        assert hasattr(self._generator, "close")
        self._generator.close()


async def together(*children: Child) -> None:
    """Wait for the end of all of them, each taking a step in turn."""
    try:
        while waiting := [child for child in children if not child.done]:
            idle = all(child.signal == "idle" for child in waiting)
            await suspend("idle" if idle else "busy")
            for child in waiting:
                child.step()
    finally:
        for child in children:
            child.close()


class Run:
    """One run of a program: the app, and the server under it."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.play = Play()
        self._serving = program.serving
        self._known: dict[int, tuple[BaseException, str]] = {}
        self._cancelled = self._name(CancelledError(), "cancelled by the server")
        self._course = Course(str(self._serving.scope.get("type")))
        self._given: list[Message] = []
        self._sends = 0
        self.scope: dict[str, Any] = dict(self._serving.scope)
        if self._serving.pairs is not None:
            self.scope["headers"] = HEADER_KINDS[self._serving.kind](self._serving.pairs)

    # The app ------------------------------------------------------------------------------

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Do the program's steps."""
        self._send = send
        self.play.scope = dict(scope)
        self.play.headers = [tuple(pair) for pair in scope.get("headers") or ()]
        for step in self.program.steps:
            try:
                await self._do(step, receive, send)
            except Exception as error:
                self.play.app.append(("raised", self._named(error), self._chain(error)))
                if not step.guarded:
                    raise

    async def _do(self, step: Step, receive: Receive, send: Send) -> None:
        match step.does:
            case "receive":
                self._got(await receive())
            case "send":
                await send(_made(step.said))
            case "raise":
                raise self._name(step.error(), "raised by the app")
            case "raise from":
                try:
                    raise self._name(KeyError("inner"), "the app's cause")
                except KeyError as cause:
                    raise self._name(step.error(), "raised by the app") from cause
            case "receive beside send":
                child = Child(receive())
                value = child.step()
                try:
                    await send(_made(step.said))
                finally:
                    message = await child.join(value)
                self._got(message)
            case "two sends":
                one, two = Child(send(_made(step.said))), Child(send(_made(step.other)))
                try:
                    one.step()
                finally:
                    two.step()
                    await together(one, two)
            case "cancel receive":
                child = Child(receive())
                child.step()
                with suppress(CancelledError):
                    child.cancel()

    def _got(self, message: Message) -> None:
        number = next((n for n, given in enumerate(self._given) if given is message), None)
        self.play.app.append(("got", number, snapshot(message)))

    # The server ---------------------------------------------------------------------------

    async def receive(self) -> Message:
        """Be the server's ``receive``."""
        self.play.server.append("receive")
        inbox, number = self._serving.inbox, len(self._given)
        for _ in range(self._serving.slow):
            await suspend("busy")
        message = inbox[number] if number < len(inbox) else self._serving.repeats
        while message is None:
            await suspend("idle")
        self._given.append(message)
        return message

    async def send(self, message: Message) -> None:
        """Be the server's ``send``."""
        self._sends += 1
        read = consumed(message)
        self.play.server.append(read)
        self.play.server.append(type(message.get("body")).__name__)
        for _ in range(self._serving.slow):
            await suspend("busy")
        complete = self._course.phase == "complete"
        if complete and self._serving.late is not None:
            raise self._name(self._serving.late(), "raised by the server after the end")
        if self._sends in self._serving.errors:
            make = self._serving.errors[self._sends]
            while make is None:
                await suspend("idle")
            raise self._name(make(), f"raised by send {self._sends}")
        self._course.advance(read)

    # The play -----------------------------------------------------------------------------

    def go(self, app: App) -> Play:
        """Call *app* and play server until it ends, then let the app send what it has left."""
        before = {key: snapshot(value) for key, value in self.scope.items()}
        said = [*self._all_said()]
        messages = [(one, snapshot(one)) for one in [*said, *self._serving.inbox]]
        self.play.end = self._drive(app(self.scope, self.receive, self.send), at_most=5)
        for late in self.program.late:
            if hasattr(self, "_send"):
                self.play.app.append(self._drive(self._late(late), at_most=1))
        if {key: snapshot(value) for key, value in self.scope.items()} != before:
            self.play.changed.append("scope")
        self.play.changed += [str(then) for one, then in messages if snapshot(one) != then]
        return self.play

    async def _late(self, said: Said) -> None:
        await self._send(said.make())

    def _all_said(self) -> Iterator[dict[str, Any]]:
        for step in self.program.steps:
            for said in (step.said, step.other):
                if said is not None:
                    yield said.make() if said.kind not in _ONE_SHOT else {}

    def _drive(self, awaitable: Awaitable[None], at_most: int) -> tuple[Any, ...]:
        coroutine: Any = awaitable
        busy = throws = 0
        cancel: BaseException | None = None
        try:
            while throws <= at_most:
                signal = coroutine.send(None) if cancel is None else coroutine.throw(cancel)
                cancel = None
                busy += signal == "busy"
                if signal == "idle" or busy == self._serving.cancel_at:
                    throws += 1
                    cancel = self._cancelled
            coroutine.close()
        except StopIteration:
            return ("returned",)
        except BaseException as error:  # noqa: BLE001  # whatever left the app is a fact
            return ("raised", self._named(error), self._chain(error))
        return ("closed",)

    def _name(self, error: BaseException, name: str) -> BaseException:
        self._known[id(error)] = (error, f"{type(error).__name__} {name}")
        return error

    def _named(self, error: BaseException | None) -> str:
        if error is None:
            return ""
        known = self._known.get(id(error))
        return known[1] if known is not None else repr(error)

    def _chain(self, error: BaseException) -> tuple[Any, ...]:
        return (
            self._named(error.__context__),
            self._named(error.__cause__),
            error.__suppress_context__,
        )


def _made(said: Said | None) -> dict[str, Any]:
    assert said is not None
    return said.make()


@types.coroutine
def suspend(signal: Any) -> Generator[Any, None, None]:
    """Wait, and give the reason to the caller that drives."""
    yield signal
