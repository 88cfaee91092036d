"""How soon a page that is open shows what happened, and what it costs the server."""

from __future__ import annotations

import shutil
import sys
from statistics import median, quantiles
from typing import TYPE_CHECKING

from tests.bench.report import Row
from tests.paced.serving import HEARD, opened, served, until_live, visiting

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.page import Page
    from tests.paced.serving import Served

_PACE = 500
_SECONDS = 5.0
# High enough to show all rows of one turn of the feed
_HEIGHT = 2000
_LATE, _COST = 200, 5
# Notes for each path the time from its sending to its first paint, by the clock of the machine
_WATCH = """
    window.late = [];
    const seen = new Set();
    const painted = new MessageChannel();
    painted.port1.onmessage = ({data}) => {
        const now = Date.now();
        for (const sent of data) window.late.push(now - sent);
    };
    new MutationObserver(() => {
        const fresh = [];
        for (const row of document.querySelectorAll("[role=row]")) {
            const sent = /\\/sent\\/([\\d.]+)/.exec(row.textContent)?.[1];
            if (!sent || seen.has(sent)) continue;
            seen.add(sent);
            fresh.push(Number(sent));
        }
        if (fresh.length) requestAnimationFrame(() => painted.port2.postMessage(fresh));
    }).observe(document.body, {subtree: true, childList: true, characterData: true});
"""


async def rows(rounds: int) -> list[Row]:
    """Measure; the cost in *rounds* / 50 turns with the page and without."""
    if not all(map(shutil.which, ("chromium", "chromedriver"))):
        print("Chromium or its driver is not installed here: left out.", file=sys.stderr)
        return []
    turns = max(2, rounds // 50)
    with served("inspected") as server, visiting() as visitor:
        page = opened(visitor, server.address, _HEIGHT)
        warm = _load(server, _PACE)  # so that caches are filled and bytecode is specialised
        table = [_latency(server, page, warm)]
        spent = _in_turns(server, page, turns, lambda: _spent(server))
        rates = _in_turns(server, page, turns, lambda: _load(server, 0) / _SECONDS)
    without, beside = (median(spent[name]) for name in ("without", "with"))
    slow, fast = (median(rates[name]) for name in ("with", "without"))
    each: dict[str, float] = {f"{n} [us a request]": round(median(x)) for n, x in spent.items()}
    added = (beside - without) * _PACE / 1e4
    name = f"page, open, at {_PACE}/s: part of a core"
    return [
        *table,
        Row(name, added, "%", _COST, parts=each | {"turns": turns}),
        Row(f"page, open, at {_PACE}/s: CPU of the server", beside / without, "x", parts=each),
        Row(
            "page, open: most requests",
            slow / fast,
            "x",
            parts={f"{n} [/s]": round(median(x)) for n, x in rates.items()},
        ),
    ]


def _latency(server: Served, page: Page, before: int) -> Row:
    """The time from the sending of a request until its row is in a frame that was painted."""
    page.run(_WATCH)
    sent = _load(server, _PACE, 2 * _SECONDS)
    page.wait_for(HEARD, before + sent)
    page.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
    late = page.evaluate("window.late")
    percentiles = quantiles(late, n=100)
    parts: dict[str, float] = {
        "p50 [ms]": round(percentiles[49]),
        "p99 [ms]": round(percentiles[98]),
        "most [ms]": round(max(late)),
        "sent": sent,
        "seen": len(late),
    }
    sound = len(late) > 0.99 * sent
    return Row(
        f"page, shown at {_PACE}/s, p95", percentiles[94], "ms", _LATE, sound=sound, parts=parts
    )


def _in_turns(
    server: Served, page: Page, turns: int, measure: Callable[[], float]
) -> dict[str, list[float]]:
    """What is measured with the page open, and without any."""
    found: dict[str, list[float]] = {"without": [], "with": []}
    address = page.evaluate("location.href")
    for _ in range(turns):
        page.goto("about:blank")
        found["without"].append(measure())
        page.goto(address)
        until_live(page)
        # Now the page gets what was recorded before, too
        page.wait_for("!document.body.innerText.includes('loading…')")
        found["with"].append(measure())
    return found


def _spent(server: Served) -> float:
    """The us of CPU that the server takes for a request."""
    before = server.spent
    answered = _load(server, _PACE)
    return (server.spent - before) * 1e6 / answered


def _load(server: Served, pace: float, seconds: float = _SECONDS) -> int:
    """How many requests were answered in so many *seconds*."""
    with server.load(pace=pace, seconds=seconds) as load:
        said, _ = load.communicate()
    if load.returncode:
        raise RuntimeError("the load ended early")
    return int(said.split()[-1])
