"""Exchanges as a trace that Perfetto opens.

The format is the Trace Event Format.  A worker is a process, and exchanges that were served at the
same time are in different lanes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgi_mw.export.lanes import Lanes, Nests
from asgi_mw.export.written import Written
from asgi_mw.recorder.objects import ascii_json, stamp
from asgi_mw.spent import last_moment, stretches

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import IO

    from asgi_mw.events import Event, Exchange, Worker
    from asgi_mw.notes import Note

_SHARES = {
    "app": "app at work",
    "receive": "awaiting receive",
    "send": "awaiting send",
    "blocked": "loop blocked",
}
# Lanes of notes that one lane of exchanges has at most, its own included
_MOST = 100


def write_trace(exchanges: Iterable[Exchange], file: IO[str]) -> Written:
    """Write *exchanges* as trace events: slices of time, and instants, in microseconds.

    Each worker is a process.  Each exchange is a slice, in which slices say where its time went:
    the app at work, awaiting ``receive``, awaiting ``send``, the loop blocked.  Its events are
    instants; notes are below it: spans, outgoing calls and measures are slices, log records
    instants.

    Args:
        exchanges: The oldest first; each is read after the previous one was written.
        file: Takes text, in ASCII.

    >>> import io, json
    >>> from asgi_mw import Exchange
    >>> from asgi_mw.events import Worker
    >>> one = Exchange("0" * 32, Worker("box", 7), "http", {"path": "/a"}, 0, ended=3000)
    >>> file = io.StringIO()
    >>> _ = write_trace([one], file)
    >>> [event["ph"] for event in json.loads(file.getvalue())["traceEvents"]]
    ['M', 'M', 'M', 'X', 'X']
    """
    written = Written()
    tracks: _Tracks | None = None
    comma = ""
    file.write('{"displayTimeUnit": "ms", "traceEvents": [')
    for exchange in exchanges:
        tracks = tracks or _Tracks(exchange.began)
        for event in tracks.events(exchange):
            file.write(f"{comma}\n{ascii_json(event)}")
            comma = ","
        written.count += 1
    zero = stamp(tracks.zero) if tracks else None
    file.write(f'\n], "otherData": {ascii_json({"made by": "asgi-mw", "zero": zero})}}}\n')
    return written


class _Tracks:
    """The processes and threads of a trace: workers and lanes."""

    def __init__(self, zero: int) -> None:
        self.zero = zero
        self._pids: dict[Worker, int] = {}
        self._lanes: dict[Worker, Lanes] = {}
        self._tids: dict[tuple[int, int, int], int] = {}
        self._pending: list[dict[str, Any]] = []

    def events(self, exchange: Exchange) -> Iterator[dict[str, Any]]:
        """All that a trace says of *exchange*."""
        worker = exchange.worker
        pid = self._pid(worker)
        end = max(last_moment(exchange), exchange.ended or 0)
        offset = exchange.began - self.zero
        lane = self._lanes[worker].take(exchange.began, exchange.began + end)
        own = [_slice(_title(exchange), exchange.type, 0, end, _facts(exchange))]
        own += [
            # An exchange in flight goes on while it is written
            _slice(_SHARES[share], "time", at, min(until, end))
            for share, spans in stretches(exchange).items()
            for at, until in spans
        ]
        own += [_instant(event) for event in exchange.events if event.type]
        placed = [(0, event) for event in own]
        nests = Nests()
        for note in sorted(exchange.notes, key=lambda note: note.at):
            until = max(end, note.at) if note.until is None else note.until
            until = note.at if note.kind == "log" else until
            place = min(nests.take(note.at, until) + 1, _MOST - 1)
            placed.append((place, _note(note, until)))
        for place, event in placed:
            event["pid"], event["tid"] = pid, self._tid(pid, lane, place)
            event["ts"] = (event["ts"] + offset) / 1e3
        yield from self._pending
        self._pending.clear()
        yield from (event for _, event in placed)

    def _pid(self, worker: Worker) -> int:
        """A number for *worker*: its own, unless a worker of another host has the same."""
        pid = self._pids.get(worker)
        if pid is None:
            taken = set(self._pids.values())
            pid = worker.pid if worker.pid > 0 else 1
            while pid in taken:
                pid += 1
            self._pids[worker] = pid
            self._lanes[worker] = Lanes()
            self._name("process_name", pid, 0, {"name": f"{worker.host}, worker {worker.pid}"})
        return pid

    def _tid(self, pid: int, lane: int, place: int) -> int:
        key = (pid, lane, place)
        tid = self._tids.get(key)
        if tid is None:
            tid = self._tids[key] = len(self._tids) + 1
            name = f"lane {lane + 1}" + (f", notes {place}" if place else "")
            self._name("thread_name", pid, tid, {"name": name})
            self._name("thread_sort_index", pid, tid, {"sort_index": lane * _MOST + place})
        return tid

    def _name(self, name: str, pid: int, tid: int, args: Mapping[str, Any]) -> None:
        event = {"ph": "M", "name": name, "pid": pid, "tid": tid, "ts": 0, "args": args}
        self._pending.append(event)


def _title(exchange: Exchange) -> str:
    answer = exchange.answer
    what = exchange.method or exchange.type
    where = exchange.route or exchange.path
    return " ".join(filter(None, [what, where, str(answer.status) if answer else ""]))


def _facts(exchange: Exchange) -> dict[str, Any]:
    error = exchange.error
    facts = {
        "id": exchange.id,
        "path": exchange.path or None,
        "query": exchange.scope.get("query_string") or None,
        "outcome": exchange.outcome,
        "request_id": exchange.request_id,
        "trace_id": exchange.trace_id,
        "bytes in": exchange.bytes("receive"),
        "bytes out": exchange.bytes("send"),
        "error": f"{error.type}: {error.message}" if error else None,
    }
    return {name: value for name, value in facts.items() if value is not None}


def _slice(
    name: str, kind: str, at: int, until: int, args: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """A complete event; its moment is in ns until it is placed."""
    took = max(until - at, 0) / 1e3
    return {"ph": "X", "name": name, "cat": kind, "ts": at, "dur": took, "args": args or {}}


def _instant(event: Event) -> dict[str, Any]:
    received = event.direction == "receive"
    at = event.returned if received and event.returned is not None else event.called
    status = event.message.get("status")
    args = {"bytes": event.size, "status": status, "raised": event.raised}
    return {
        "ph": "i",
        "s": "t",
        "name": event.type,
        "cat": event.direction,
        "ts": at,
        "args": {name: value for name, value in args.items() if value},
    }


def _note(note: Note, until: int) -> dict[str, Any]:
    args = {**({"level": note.level} if note.level else {}), **note.detail}
    if note.kind == "log":
        return {"ph": "i", "s": "t", "name": note.title, "cat": "log", "ts": note.at, "args": args}
    return _slice(note.title, note.kind, note.at, until, args)
