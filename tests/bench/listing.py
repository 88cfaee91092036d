"""How soon the page gets the list of a large store, and the result of a filter on it."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit
from urllib.request import Request, urlopen

import psutil

from tests.bench.report import Row
from tests.bench.store import made

if TYPE_CHECKING:
    from collections.abc import Iterator

# The bars: ms for the first answer and for a filter, and MiB that the server may grow by
_FIRST, _FILTER, _GROWTH = 1000, 500, 64.0
_TRIALS, _SECONDS = 5, 5.0
# Each finds little: spread over the whole store, nowhere, or in one place
_FILTERS = {
    "rare outcome": "outcome:client_gone",
    "rare status": "status:5xx -path:/health",
    "failed": "is:error",
    "another method": "method:DELETE",
    "another type": "type:ws",
    "slow": "dur:>100s",
    "large": "size:>1MB",
    "part of a path": "path:/nowhere",
    "pattern of a path": "path:/orders/*/items",
    "route": "route:/users",
    "another process": "worker:4712",
    "end of an id": "id:ffffffff",
    "trace": "trace:ffffffff",
    "error": "error:ValueError",
    "text": '"no such user"',
    "text that ids may have": "decade",
}
# The page says that these are slower: they read whole exchanges
_SLOWER = {
    "header": "header:x-nowhere",
    "body": "body:nowhere",
}


async def rows(count: float) -> list[Row]:
    """Measure in a store of *count* exchanges, which is made before if it is not there."""
    folder, spent = made(int(count))
    # Read it once, so that the time of the disk is not measured
    size = sum(len(file.read_bytes()) for file in folder.iterdir())
    with _server(folder) as page:
        before = page.resident("VmRSS")
        parts: dict[str, float] = {
            "made in [s]": round(spent),
            "on disk [MiB]": round(size / 2**20),
        }
        table = [_first(page, int(count), parts)]
        for bar, filters in ((_FILTER, _FILTERS), (None, _SLOWER)):
            table += [_filtered(page, what, q, int(count), bar) for what, q in filters.items()]
        most = page.resident("VmHWM")
    name = f"list, memory of the server, of {int(count):,}"
    parts = {"before [MiB]": round(before), "most [MiB]": round(most)}
    return [*table, Row(name, most - before, "MiB", _GROWTH, parts=parts)]


class _Page:
    """Sends a server the requests that its page sends."""

    def __init__(self, address: str, pid: int) -> None:
        url = urlsplit(address)
        self._base = f"{url.scheme}://{url.netloc}/api/exchanges"
        self._token = url.fragment.removeprefix("token=")
        self._status = Path(f"/proc/{pid}/status")
        self._process = psutil.Process(pid)

    def ask(self, **options: str) -> dict[str, Any]:
        """A page of the list."""
        headers = {"authorization": f"Bearer {self._token}"}
        asked = Request(f"{self._base}?{urlencode(options)}", headers=headers)
        with urlopen(asked) as answer:
            found: dict[str, Any] = json.load(answer)
        return found

    @property
    def spent(self) -> float:
        """The ms of CPU that the server took so far: other load does not change it much."""
        times = self._process.cpu_times()
        return float(times.user + times.system) * 1e3

    def resident(self, what: str) -> float:
        """The memory that the server takes (``VmRSS``) or took at most (``VmHWM``), in MiB."""
        lines = self._status.read_text().splitlines()
        return int(next(line for line in lines if line.startswith(what)).split()[1]) / 1024


@contextlib.contextmanager
def _server(folder: Path) -> Iterator[_Page]:
    line = [sys.executable, "-m", "asgi_mw", "inspect", str(folder), "--port", "0", "--json"]
    with subprocess.Popen(line, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            yield _Page(json.loads(process.stdout.readline())["inspector"], process.pid)
        finally:
            process.terminate()


def _first(page: _Page, count: int, parts: dict[str, float]) -> Row:
    """All that a list shows as it opens, of a server that has just started."""
    spent = []
    for _ in range(_TRIALS):
        began = perf_counter()
        found = page.ask(limit="200")
        spent.append((perf_counter() - began) * 1e3)
    sound = len(found["rows"]) == min(200, count) and found["total"] == count
    sound = sound and not found["problems"]
    again = {"again [ms]": round(median(spent[1:]))}
    name = f"list, first rows of {count:,}"
    return Row(name, spent[0], "ms", _FIRST, sound=sound, parts=again | parts)


def _filtered(page: _Page, what: str, q: str, count: int, bar: float | None) -> Row:
    """Through the whole store, in as many calls as it takes."""
    spent: list[float] = []
    begun = page.spent
    while len(spent) < _TRIALS and sum(spent) < _SECONDS * 1e3:
        matching, calls = 0, 0
        before: str | None = ""
        began = perf_counter()
        while before is not None:
            found = page.ask(q=q, limit="1000", **({"before": before} if before else {}))
            matching, calls, before = matching + len(found["rows"]), calls + 1, found["next"]
        spent.append((perf_counter() - began) * 1e3)
    parts: dict[str, float] = {
        "found": matching,
        "calls": calls,
        "fastest [ms]": round(min(spent)),
        "CPU of the server [ms]": round((page.spent - begun) / len(spent)),
    }
    return Row(f"list, {what}, of {count:,}", median(spent), "ms", bar, parts=parts, note=q)
