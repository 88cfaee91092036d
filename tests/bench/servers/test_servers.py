"""The figures of servers are read as wrk prints them, and shown as tables and charts."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from tests.bench.servers.charts import Bar, write
from tests.bench.servers.load import Figures, read
from tests.bench.servers.page import ALL, BARE, table
from tests.bench.servers.sockets import Sockets
from tests.bench.servers.turns import in_turns

if TYPE_CHECKING:
    from pathlib import Path

SAID = """Running 2s test @ http://127.0.0.1:8000/items/7
  1 threads and 16 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.01ms    1.62ms  19.11ms   91.25%
    Req/Sec    21.33k     3.62k   25.32k    80.00%
  Latency Distribution
     50%  750.00us
     75%    1.02ms
     90%    2.40ms
     99%    6.64ms
  42437 requests in 2.01s, 7.37MB read
Requests/sec:  21100.36
Transfer/sec:      3.66MB
"""


def test_what_wrk_prints_is_read() -> None:
    """In whatever unit."""
    assert (42_437, 21_100.36, 0.75, 6.64) == read(SAID)


@pytest.mark.parametrize(
    "fault",
    ["Socket errors: connect 0, read 3, write 0, timeout 0", "Non-2xx or 3xx responses: 7"],
)
def test_a_failed_request_spoils_the_figures(fault: str) -> None:
    """A server answers with an error more quickly than it serves a request."""
    with pytest.raises(RuntimeError, match=fault.partition(":")[0]):
        read(f"{SAID}  {fault}\n")


def test_each_is_loaded_in_every_round_and_the_best_counts() -> None:
    """In an order that rotates."""
    order: list[str] = []

    def load(name: str) -> Figures:
        order.append(name)
        return Figures(float(len(order)), 1.0, 2.0, float(len(order)))

    found = in_turns("apps", {"a": "a", "b": "b"}, load, 3)

    assert list("abbaab") == order
    assert {"a": Figures(5.0, 1.0, 2.0, 1.0), "b": Figures(6.0, 1.0, 2.0, 2.0)} == found


def test_the_table_has_every_figure() -> None:
    """What a layer adds is the difference to the app without one."""
    bare, all_ = Figures(20_000.0, 0.7, 2.5, 30.0), Figures(8_000.0, 1.9, 5.0, 92.4)
    found = {
        "machine": "a machine",
        "load_after": 0.5,
        "compared": {"uvicorn": {BARE: (bare, 49.4), ALL: (all_, 51.0)}},
        "grown": {"layers that only look": {"1": {"simple": bare}}},
        "sockets": {"no layer": Sockets(2048.0, 9_000.0, 34.0)},
    }

    lines = table(found).splitlines()

    assert "a machine; load after it 0.5." == lines[0]
    assert f"| {ALL} | 8,000 | 1.90 ms | 5.00 ms | 92 us | 62 us | 51 MiB |" in lines
    assert "| 1 | 20,000 | 30 us |" in lines
    assert "| no layer | 2.0 KiB | 9,000 | 34 us |" in lines


def test_a_chart_is_drawn_for_light_and_for_dark_pages(tmp_path: Path) -> None:
    """It says in words what it shows, and the longest bar is the largest value."""
    bars = [Bar("a & b", 10.0, "10/s", ours=True), Bar("c", 20.0, "20/s", ours=False)]

    light, dark = (ET.parse(one).getroot() for one in write(tmp_path, "x", "Rate", "uvicorn", bars))

    assert "Rate. a & b: 10/s; c: 20/s" == light.get("aria-label") == dark.get("aria-label")
    assert light.get("fill") != dark.get("fill")
    lengths = [int(one.get("width", "0")) for one in light.iter() if one.tag.endswith("rect")]
    assert lengths[0] * 2 == lengths[1]
