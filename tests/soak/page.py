"""Let traffic pass a page that is open, for as long as a working day, and watch what it takes."""

from __future__ import annotations

from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from tests.paced.serving import HEARD, opened, served, visiting
from tests.soak.stores import MIB

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.browser.page import Page
    from tests.paced.serving import Served

_SAMPLES = 30
_HEAP = 300_000_000
# The part that a page may miss where the server is not fast enough for the pace
_MISSED = 0.05
# By how much the most of the last third may exceed the most of the second one
_MORE = 1.05
# It may take so many times what the pace says, and some seconds more
_LATE, _PATIENCE = 4, 60
_ROWS = """Number(document.querySelector("[role=grid]").getAttribute("aria-rowcount")) - 1"""
_HEADINGS = ("exchanges", "seconds", "DOM nodes", "heap [MB]", "RSS [MiB]", "rows", "missed")


class Sample(NamedTuple):
    """What was seen after so many *exchanges*.

    Attributes:
        exchanges: How many the server had answered.
        seconds: How long that took.
        nodes: Elements of the page.
        heap: Bytes that its scripts hold, garbage left out.
        resident: Bytes that the server takes.
        rows: How many the list can be scrolled to.
        missed: How many the feed left out so far.
    """

    exchanges: int
    seconds: float
    nodes: int
    heap: int
    resident: int
    rows: int
    missed: int

    def __str__(self) -> str:
        """A line of the table."""
        cells = (
            f"{self.exchanges:,}",
            f"{self.seconds:.0f}",
            f"{self.nodes:,}",
            f"{self.heap / 1e6:.1f}",
            f"{self.resident / MIB:.1f}",
            f"{self.rows:,}",
            f"{self.missed:,}",
        )
        return _line(cells)


def watch(exchanges: int, pace: float) -> bool:
    """Let so many *exchanges* pass, *pace* in a second; whether all of it stayed within bounds."""
    print(f"page: {exchanges:,} exchanges at {pace:,.0f} a second pass a list that is open")
    print(_line(_HEADINGS))
    samples = []
    with served("inspected") as server, visiting() as visitor:
        page = opened(visitor, server.address)
        for sample in _samples(server, page, exchanges, pace):
            samples.append(sample)
            print(sample, flush=True)
        with suppress(AssertionError):  # a check says so
            page.wait_for(HEARD, samples[-1].exchanges)
        heard = page.evaluate("window.heard")
        complaints = visitor.complaints()
    for said in complaints:
        print(f"  the page complained: {said}")
    last = samples[-1]
    third = len(samples) // 3
    middle, end = samples[third : 2 * third], samples[2 * third :]
    checks = {
        "all were answered": last.exchanges == exchanges,
        "the page got them or knows of them": sum(heard.values()) == last.exchanges,
        f"missed <= {_MISSED:.0%}": heard["missed"] <= _MISSED * last.exchanges,
        f"heap < {_HEAP / 1e6:.0f} MB": max(sample.heap for sample in samples) < _HEAP,
        "the page complained of nothing": not complaints,
    }
    for what in ("nodes", "heap", "resident"):
        before, after = (max(getattr(one, what) for one in part) for part in (middle, end))
        checks[f"{what}: last third <= {_MORE} x second third"] = after <= _MORE * before
    print(f"  {last.exchanges / last.seconds:,.0f} a second, {heard['missed']:,} missed")
    for check, held in checks.items():
        print(f"  {'ok  ' if held else 'FAIL'} {check}")
    return all(checks.values())


def _samples(server: Served, page: Page, exchanges: int, pace: float) -> Iterator[Sample]:
    """Send the load, and look now and then."""
    began = monotonic()
    seconds = _LATE * exchanges / pace + _PATIENCE
    each = max(1, exchanges // _SAMPLES)
    with server.load(pace=pace, count=exchanges, seconds=seconds, each=each) as load:
        try:
            assert load.stdout is not None
            for line in load.stdout:
                yield _sample(server, page, int(line), monotonic() - began)
        finally:
            load.terminate()


def _sample(server: Served, page: Page, exchanges: int, seconds: float) -> Sample:
    heap = page.heap()
    assert heap is not None, "Chromium says it"
    rows, missed = page.evaluate(f"[{_ROWS}, window.heard.missed]")
    return Sample(exchanges, seconds, page.nodes(), heap, server.resident, rows, missed)


def _line(cells: tuple[str, ...]) -> str:
    return "  ".join(f"{cell:>10}" for cell in cells)
