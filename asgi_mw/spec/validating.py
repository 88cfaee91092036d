"""Check every connection as it goes by."""

from __future__ import annotations

import logging
from time import monotonic
from typing import TYPE_CHECKING, Any, cast

from asgi_mw.errors import AsgiMwError, Problems
from asgi_mw.faults import Faults
from asgi_mw.layers import middleware
from asgi_mw.printable import printable
from asgi_mw.progress import is_cancellation

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_mw.spec.checking import Checker
    from asgi_mw.spec.rule import Finding, Profile
    from asgi_mw.types import A, Message, Receive, Scope, Send

# Seconds in which the log says the same only once
_WINDOW = 60.0
_MOST = 1000


class ViolationError(AsgiMwError, AssertionError):
    """What :func:`validate` raises with ``on_violation="raise"``: a rule is broken.

    Attributes:
        finding: Which, and where.
    """

    def __init__(self, finding: Finding) -> None:
        self.finding = finding
        super().__init__(f"{finding}; {finding.rule.url}")


@middleware()
def validate(
    app: A,
    *,
    on_violation: str | Callable[[Finding], object] = "log",
    profile: Profile = "spec",
) -> A:
    """Check every connection of *app* against the ASGI specification, as it goes by.

    It judges both sides: *app*, and the server or whatever stands outside of this layer.  It
    changes nothing that passes, and reads no iterator that can be read only once.

    Args:
        on_violation: ``"log"`` writes each finding to the logger ``asgi_mw.validate``, the same
            one at most once a minute; a function is called with each
            :class:`~asgi_mw.spec.Finding`, undecided ones included; ``"raise"``, for tests,
            raises :class:`ViolationError` for what the text forbids: out of ``send`` or
            ``receive``, or as the app's call ends.
        profile: ``"spec"``, what ASGI says; ``"http"``, what HTTP and WebSocket say as well;
            ``"advice"``, good practice, too.

    Raises:
        ConfigError: An option cannot be right.

    >>> from asgi_mw.testing import request, run
    >>> async def app(scope, receive, send):
    ...     await send({"type": "http.response.start", "status": "200"})
    ...     await send({"type": "http.response.body", "body": b"hi"})
    >>> result = run(request(validate(app, on_violation=print)))
    app, event 0 (send): "status" is str, not int [http.response.start.status, must]
    """
    from asgi_mw.spec.checking import PROFILES, Checker  # noqa: PLC0415  # slow to import

    problems = Problems("validate")
    if not isinstance(profile, str) or profile not in PROFILES:
        problems.add("profile", profile, "is no profile", f"write one of {', '.join(PROFILES)}")
    if on_violation not in ("log", "raise") and not callable(on_violation):
        mend = 'write "log", "raise" or a function that takes a finding'
        problems.add("on_violation", on_violation, "is no way to say it", mend)
    problems.check()
    faults = Faults("validate")
    raises = on_violation == "raise"
    tell: Callable[[Finding], object] = on_violation if callable(on_violation) else _Log()
    states: dict[int, Any] = {}

    def report(finding: Finding) -> None:
        try:
            tell(finding)
        except Exception as error:  # noqa: BLE001  # a fault in checking never reaches the app
            faults.note("on_violation", error)

    async def validated(scope: Scope, receive: Receive, send: Send) -> None:
        broken = _Broken() if raises else _NOTHING
        try:
            checker = Checker(scope, broken.take if raises else report, profile)
            if states or checker.protocol == "lifespan":
                _look_at_state(scope, states, checker)
        except Exception as error:  # noqa: BLE001  # an object of others, which may raise anything
            faults.note("scope", error)
            return await app(scope, receive, send)  # type: ignore[no-any-return]  # it is the app's
        if raises and broken:
            raise ViolationError(broken.pop(0))

        async def receive_checked() -> Message:
            number = checker.receiving()
            try:
                message = await receive()
            except BaseException:
                checker.not_received()
                raise
            try:
                checker.received(number, message)
            except Exception as error:  # noqa: BLE001  # the same
                faults.note("receive", error)
                checker.blind = True  # what it missed is nobody's fault
            if raises and broken:
                raise ViolationError(broken.pop(0))
            return message

        async def send_checked(message: Message) -> None:
            number = -1
            try:
                number = checker.sending(message)
            except Exception as error:  # noqa: BLE001  # the same
                faults.note("send", error)
                checker.blind = True  # what it missed is nobody's fault
            if raises and broken:
                raise ViolationError(broken.pop(0))
            try:
                answer: Any = await send(message)  # type: ignore[func-returns-value]  # it may
            except BaseException as error:
                checker.not_sent(number, None if is_cancellation(error) else type(error))
                raise
            if checker.late:
                checker.sent(number)
            if raises and broken:
                raise ViolationError(broken.pop(0))
            return answer  # type: ignore[no-any-return]  # it is the server's

        try:
            answer: Any = await app(scope, receive_checked, send_checked)
        except ViolationError:
            raise
        except BaseException as error:
            checker.ended("cancelled" if is_cancellation(error) else "raised")
            raise
        checker.ended("returned")
        if raises and broken:
            raise ViolationError(broken.pop(0))
        return answer  # type: ignore[no-any-return]  # it is the app's

    return cast("A", validated)


class _Broken(list["Finding"]):
    """The findings that are to be raised."""

    def take(self, finding: Finding) -> None:
        """Add *finding*, if it is a violation."""
        if finding.is_violation:
            self.append(finding)


_NOTHING = _Broken()


def _look_at_state(scope: Scope, states: dict[int, Any], checker: Checker) -> None:
    """Check that the connection has a copy of the state of the lifespan, not the state itself."""
    state = scope.get("state") if isinstance(scope, dict) else None
    if state is None:
        return
    if scope.get("type") == "lifespan":
        states.clear()
        states[id(state)] = state
    elif id(state) in states:
        checker.found("scope.state.shared", '"state" is that of the lifespan itself', None, "scope")


class _Log:
    """Writes findings to the log, the same at most once a minute."""

    def __init__(self) -> None:
        self._log = logging.getLogger("asgi_mw.validate")
        self._said: dict[str, float] = {}

    def __call__(self, finding: Finding) -> None:
        now = monotonic()
        text = printable(str(finding), 400)
        if now - self._said.get(text, float("-inf")) < _WINDOW:
            return
        if len(self._said) >= _MOST:
            self._said.clear()
        self._said[text] = now
        level = logging.WARNING if finding.is_violation else logging.INFO
        self._log.log(level, "%s; %s", text, finding.rule.url)
