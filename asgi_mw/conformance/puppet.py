"""The kit's end of a call of the app: orders go there, and their results come back."""

from __future__ import annotations

import contextlib
import json
import secrets
import socket
from dataclasses import dataclass
from itertools import count
from time import sleep
from typing import TYPE_CHECKING, Any

from asgi_mw.conformance.check import FailedError, shown
from asgi_mw.conformance.clock import left
from asgi_mw.recorder.values import dumps, freeze, thaw
from asgi_mw.spec.scopes import as_version, claimed_by, extensions_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asgi_mw.conformance.clock import Clock


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one call of ``receive`` or ``send``.

    Attributes:
        message: What ``receive`` returned.
        raised: The names of the exception's class and of those above it.
        text: The text of the exception.
        cancelled: Whether the call was cancelled, and let the cancellation pass.
    """

    message: Any = None
    raised: tuple[str, ...] = ()
    text: str = ""
    cancelled: bool = False

    def __str__(self) -> str:
        """What it was, in words."""
        if self.raised:
            text = f": {self.text}" if self.text else ""
            return f"raised {self.raised[0]}{text}"
        if self.cancelled:
            return "was cancelled"
        return "returned" if self.message is None else f"returned {shown(self.message)}"


class Puppet:
    """One call of the app.

    Attributes:
        scope: As the app got it; sequences are lists.
        found: The rules of ASGI that the server broke: the id of each, and what is wrong.
    """

    def __init__(self, sock: socket.socket, clock: Clock) -> None:
        self._sock = sock
        self._clock = clock
        self._rest = b""
        self._numbers = count(1)
        self._outcomes: dict[int, Outcome] = {}
        self._ended: str | None = None
        self.found: list[tuple[str, str]] = []
        self.scope: dict[str, Any] = {}

    @property
    def kind(self) -> str:
        """The type of the scope."""
        return str(self.scope.get("type"))

    @property
    def version(self) -> tuple[int, ...]:
        """The version of the specification that the server claims."""
        return as_version(claimed_by(self.scope))

    @property
    def quiet(self) -> float:
        """Seconds of silence that count as "nothing comes"."""
        return self._clock.quiet

    def pause(self) -> None:
        """Wait for the seconds of `quiet`."""
        sleep(self._clock.quiet)

    def offers(self, extension: str) -> bool:
        """Whether the server offers *extension*."""
        return extension in extensions_of(self.scope)

    def begin(self, do: str, **more: Any) -> int:
        """Give an order; return the number of its outcome."""
        number = next(self._numbers)
        with contextlib.suppress(OSError):
            order = {"do": do, "id": number, **more}
            self._sock.sendall(dumps(freeze(order)).encode() + b"\n")
        return number

    def outcome(self, number: int, within: float | None = None) -> Outcome | None:
        """The outcome of an order; ``None`` if it waits after *within* s, or the app ended."""
        until = self._clock.until(within)
        while number not in self._outcomes and self._read(until):
            pass
        return self._outcomes.get(number)

    def receiving(self) -> int:
        """Begin a ``receive``."""
        return self.begin("receive")

    def received(self, number: int | None = None, within: float | None = None) -> Any:
        """The message of that ``receive``, or of a new one.

        Raises:
            FailedError: It waits, or raised.
        """
        number = self.receiving() if number is None else number
        outcome = self.outcome(number, within)
        if outcome is None:
            raise FailedError(f"receive {self._missing(within)}")
        if outcome.message is None:
            raise FailedError(f"receive {outcome}")
        return outcome.message

    def body(self) -> bytes:
        """The whole body of the request.

        Raises:
            FailedError: It does not come whole.
        """
        parts: bytes = b""
        while True:
            message: dict[str, Any] = self.received()
            if message["type"] != "http.request":
                raise FailedError(
                    f"receive returned {shown(message)} after {len(parts)} bytes of the body"
                )
            parts += message.get("body", b"")
            if not message.get("more_body", False):
                return parts

    def sending(self, kind: str, within: float | None = None, **keys: Any) -> Outcome | None:
        """Send a message; return the outcome, or ``None`` if the call still waits."""
        flags: dict[str, Any] = {name: keys.pop(name) for name in ("fill", "file") if name in keys}
        if (how := keys.pop("headers_as", None)) is not None:
            flags["headers"] = how
        return self.outcome(self.begin("send", message={"type": kind, **keys}, **flags), within)

    def send(self, kind: str, **keys: Any) -> None:
        """Send a message.

        Raises:
            FailedError: The call raised, or did not return.
        """
        outcome = self.sending(kind, **keys)
        if outcome is None:
            raise FailedError(f"send of {kind} {self._missing(None)}")
        if outcome.raised:
            raise FailedError(f"send of {kind} {outcome}")

    def answer(
        self,
        body: bytes = b"",
        status: int = 200,
        headers: Iterable[tuple[bytes, bytes]] | None = None,
    ) -> None:
        """Send a whole response, with its length as a header unless *headers* are given."""
        if headers is None:
            headers = [(b"content-length", b"%d" % len(body))]
        self.send("http.response.start", status=status, headers=list(headers))
        self.send("http.response.body", body=body)

    def cancel(self, number: int) -> Outcome | None:
        """Cancel a call; return its outcome."""
        self.begin("cancel", id=number)
        return self.outcome(number)

    def mark(self, *at: str, value: Any = "kit") -> None:
        """Put *value* into the scope."""
        self.outcome(self.begin("mark", at=at, value=value))

    def finish(self) -> None:
        """Let the app return."""
        self.begin("return")

    def leave(self, kind: str, **keys: Any) -> None:
        """Let the app send a last message and return; what that send raises leaves the app."""
        self.begin("leave", message={"type": kind, **keys})

    def fail(self) -> None:
        """Let the app raise."""
        self.begin("raise")

    def fail_with(self, number: int) -> None:
        """Let the app raise what that call raised."""
        self.begin("raise", of=number)

    def ended(self, within: float | None = None) -> str | None:
        """How the app ended: ``returned``, ``raised`` or ``cancelled``; ``None`` if it did not."""
        until = self._clock.until(within)
        while self._ended is None and self._read(until):
            pass
        return self._ended

    def close(self) -> None:
        """Let the app return, if it runs, and read what it still sends."""
        self.finish()
        with contextlib.suppress(Exception):
            self.ended(1.0)
        self._sock.close()

    def begun(self, token: str) -> bool:
        """Whether the app sends its scope first, with the right token."""
        with contextlib.suppress(ValueError):
            until = self._clock.until()
            while not self.scope and self._read(until, token):
                pass
        return bool(self.scope)

    def _missing(self, within: float | None) -> str:
        if self._ended is not None:
            how = "was cancelled" if self._ended == "cancelled" else self._ended
            return f"did not return: the app {how}"
        return f"did not return within {self._clock.patience if within is None else within:g} s"

    def _read(self, until: float, token: str | None = None) -> bool:
        """Take the next line; return whether there was one."""
        while b"\n" not in self._rest:
            self._sock.settimeout(left(until))
            try:
                data = self._sock.recv(1 << 20)
            except OSError:
                return False
            finally:
                self._sock.settimeout(self._clock.patience)
            if not data:
                self._ended = self._ended or "ended"
                return False
            self._rest += data
        line, _, self._rest = self._rest.partition(b"\n")
        self._take(thaw(json.loads(line)), token)
        return True

    def _take(self, said: dict[str, Any], token: str | None) -> None:
        if said["say"] == "scope":
            if token is not None and secrets.compare_digest(str(said["token"]), token):
                self.scope = said["scope"]
        elif said["say"] == "found":
            self.found.append((said["rule"], said["said"]))
        elif said["say"] == "ended":
            self._ended = said["how"]
        else:
            self._outcomes[said["id"]] = Outcome(
                said.get("message"),
                tuple(said.get("raised", ())),
                said.get("text", ""),
                bool(said.get("cancelled")),
            )


class Stage:
    """Where the calls of the app come in."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._token = secrets.token_hex(16)
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=128)

    @property
    def address(self) -> str:
        """What the probe finds in its environment."""
        return f"{self._listening.getsockname()[1]}/{self._token}"

    def next(self, within: float | None = None) -> Puppet | None:
        """The next call of the app, of any type; ``None`` if there is none within *within* s."""
        until = self._clock.until(within)
        while True:
            self._listening.settimeout(left(until))
            try:
                sock, _ = self._listening.accept()
            except TimeoutError:
                return None
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            puppet = Puppet(sock, self._clock)
            if puppet.begun(self._token):
                return puppet
            sock.close()

    def close(self) -> None:
        """Accept no more calls."""
        self._listening.close()
