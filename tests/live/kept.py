"""Kept connections to a real uvicorn: mixed requests, of which none may show in another's lines."""

from __future__ import annotations

import contextlib
import socket
import threading
from dataclasses import dataclass
from functools import cache
from itertools import count
from typing import TYPE_CHECKING, Any, Literal

import h11
import uvicorn
from hypothesis import strategies as st
from opentelemetry import baggage, context
from opentelemetry.sdk.trace import TracerProvider
from structlog.contextvars import bind_contextvars, bound_contextvars, get_contextvars

from asgi_mw import get_request_id, log_fields, measure, production
from asgi_mw.telemetry.trace_context import current_ids

if TYPE_CHECKING:
    from asgi_mw import Receive, Scope, Send

BINDINGS = ("bind", "bound", "late", "fields", "measure", "otel")
_numbers = count(1)


@dataclass(frozen=True)
class Asked:
    """One request: what it sends, how the app ends it, what the app binds meanwhile."""

    body: int = 0
    ends: Literal["plainly", "streaming", "raising", "nothing"] = "plainly"
    binds: tuple[str, ...] = ()
    reads: bool = True
    skipped: bool = False


requests = st.builds(
    Asked,
    st.sampled_from([0, 0, 10, 70_000, 300_000]),
    st.sampled_from(["plainly", "plainly", "streaming", "raising", "nothing"]),
    st.sets(st.sampled_from(BINDINGS)).map(lambda some: tuple(sorted(some))),
    st.booleans(),
    st.booleans(),
)
# Of one connection: requests of one tuple are pipelined
programs = st.lists(st.lists(requests, min_size=1, max_size=3).map(tuple), min_size=1, max_size=4)


class Kept:
    """An app in ``production`` behind uvicorn, whose lines and findings are kept.

    Every value that a request binds is its own number, so that one in the wrong place shows.
    """

    def __init__(self, http: str, loop: str) -> None:
        self.lines: list[dict[str, Any]] = []
        self.found: list[object] = []
        self.asked: dict[int, Asked] = {}
        layered = production(
            self._app,
            skip=lambda scope: scope["path"].startswith("/skipped"),
            tracing={"tracer_provider": TracerProvider()},
            access_log={"logger": self},
        )
        config = uvicorn.Config(
            layered,
            log_config=None,
            log_level=60,
            lifespan="off",
            http=http,
            loop=loop,
        )
        server = uvicorn.Server(config)
        self._listening = socket.create_server(("127.0.0.1", 0))
        run = threading.Thread(target=server.run, args=([self._listening],), daemon=True)
        run.start()

    def info(self, _: str, **fields: Any) -> None:
        """Be the logger: keep an event of the access log, with what structlog would add."""
        number = int(fields["path"].rpartition("/")[2])
        self.lines.append({"number": number, **get_contextvars(), **fields})

    error = warning = info

    def _line(self, number: int) -> None:
        ids = current_ids()
        self.lines.append(
            {
                "number": number,
                **get_contextvars(),
                "request_id": get_request_id(),
                **({"trace_id": ids[0]} if ids else {}),
            }
        )

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        number = int(scope["path"].rpartition("/")[2])
        asked = self.asked[number]
        self.found += [get_contextvars(), dict(baggage.get_all()), context.get_value("of")]
        self._line(number)
        with contextlib.ExitStack() as bound:
            if "bind" in asked.binds:
                bind_contextvars(user=number)
            if "bound" in asked.binds:
                bound.enter_context(bound_contextvars(order=number))
            if "fields" in asked.binds:
                log_fields(field=number)
            if "measure" in asked.binds:
                bound.enter_context(measure(f"of{number}"))
            if "otel" in asked.binds:
                here = baggage.set_baggage("of", str(number))
                context.attach(context.set_value("of", number, here))
            while asked.reads and (await receive()).get("more_body"):
                self._line(number)
            if asked.ends == "raising":
                raise ValueError(number)
            if asked.ends == "nothing":
                return
            streaming = asked.ends == "streaming"
            length = [] if streaming else [(b"content-length", b"2")]
            await send({"type": "http.response.start", "status": 200, "headers": length})
            for _ in range(2 if streaming else 0):
                await send({"type": "http.response.body", "body": b"..", "more_body": True})
            await send({"type": "http.response.body", "body": b"ok"})
        if "late" in asked.binds:
            bind_contextvars(late=number)
            log_fields(later=number)
        self._line(number)

    def check(self, program: list[tuple[Asked, ...]]) -> None:
        """Play *program*, and look for what is not of the request in whose place it stands."""
        self.lines.clear()
        self.found.clear()
        left = [(next(_numbers), asked) for group in program for asked in group]
        self.asked = dict(left)
        sizes = [len(group) for group in program]
        numbered = iter(left)
        groups = [[next(numbered) for _ in range(size)] for size in sizes]
        while groups:
            groups = self._connection(groups)
        assert [one for one in self.found if one not in ({}, None)] == []
        for line in list(self.lines):
            number = line["number"]
            for name in ("user", "order", "late", "field", "later"):
                assert line.get(name, number) == number, line
            assert line["request_id"] == f"r-{number}", line
            assert int(line.get("trace_id", f"{number:x}"), 16) == number, line

    def _connection(self, groups: list[list[tuple[int, Asked]]]) -> list[list[tuple[int, Asked]]]:
        """Ask over one connection for as long as it is kept; what is left."""
        with socket.create_connection(self._listening.getsockname(), timeout=30) as sock:
            client = h11.Connection(h11.CLIENT)
            for place, group in enumerate(groups):
                with contextlib.suppress(OSError):  # it may answer and leave before it has read all
                    sock.sendall(b"".join(_written(number, asked) for number, asked in group))
                for at, (number, _) in enumerate(group):
                    if client.our_state is h11.DONE:
                        client.start_next_cycle()
                    client.send(h11.Request(method="GET", target="/", headers=[("host", "x")]))
                    client.send(h11.EndOfMessage())
                    if not _answered(client, sock, number):
                        rest = group[at + 1 :]
                        return [*([rest] if rest else []), *groups[place + 1 :]]
        return []


def _written(number: int, asked: Asked) -> bytes:
    path = f"/{'skipped' if asked.skipped else 'open'}/{number}"
    return (
        f"POST {path} HTTP/1.1\r\nhost: x\r\nx-request-id: r-{number}\r\n"
        f"traceparent: 00-{number:032x}-{number:016x}-01\r\ncontent-length: {asked.body}\r\n\r\n"
    ).encode() + b"x" * asked.body


def _answered(client: h11.Connection, sock: socket.socket, number: int) -> bool:
    """Read one answer; whether the connection is kept."""
    while True:
        try:
            event = client.next_event()
            if event is h11.NEED_DATA:
                client.receive_data(sock.recv(65536))
                continue
        except (h11.RemoteProtocolError, ConnectionError):
            return False  # cut off
        if isinstance(event, h11.Response):
            headers = dict(event.headers)  # none of ours where the server answers by itself
            assert headers.get(b"x-request-id", b"r-%d" % number) == b"r-%d" % number, headers
            told = headers.get(b"server-timing", b"app").decode()
            assert {name.split(";")[0] for name in told.split(", ")} <= {"app", f"of{number}"}
        elif isinstance(event, h11.EndOfMessage):
            return client.their_state is h11.DONE
        elif not isinstance(event, h11.Data):
            return False


@cache
def kept(http: str, loop: str) -> Kept:
    """One server of each kind for the whole process."""
    return Kept(http, loop)
