"""A trace has what the Trace Event Format documents, and slices that nest."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from asgi_mw.events import Worker
from asgi_mw.export import write_trace
from asgi_mw.notes import Note
from tests.cli.facts import EXCHANGE, FAILED, IN_FLIGHT, LOST, NO_LIFESPAN, NOTED
from tests.recorder.made import MS, made

if TYPE_CHECKING:
    from asgi_mw.events import Exchange


def events(*exchanges: Exchange) -> list[dict[str, Any]]:
    """The events of the trace of *exchanges*, each with the fields of its phase."""
    file = io.StringIO()
    assert len(exchanges) == write_trace(exchanges, file).count
    trace = json.loads(file.getvalue())
    found: list[dict[str, Any]] = trace["traceEvents"]
    for event in found:
        assert {"ph", "name", "pid", "tid", "ts", "args"} <= event.keys()
        assert event["ph"] in "MXi"
        assert event["ph"] == "M" or isinstance(event["cat"], str)
        assert event["ph"] != "X" or event["dur"] >= 0
        assert event["ph"] != "i" or event["s"] == "t"
    assert file.getvalue().isascii()
    return found


def of(found: list[dict[str, Any]], phase: str, category: str = "") -> list[Any]:
    """Name, moment and length of those of a phase and a category, in µs."""
    return [
        (event["name"], event["ts"], event.get("dur"))
        for event in found
        if event["ph"] == phase and category in ("", event.get("cat"))
    ]


def test_an_exchange_is_a_slice_with_where_its_time_went() -> None:
    """Its events are instants: what it received when it came, what it sent when it did."""
    found = events(EXCHANGE)
    assert [("POST /upload 201", 0, 10_000)] == of(found, "X", "http")
    assert [
        ("app at work", 0, 1000),
        ("awaiting receive", 1000, 4000),
        ("app at work", 5000, 1000),
        ("awaiting send", 6000, 1000),
        ("app at work", 7000, 1000),
        ("awaiting send", 8000, 2000),
    ] == sorted(of(found, "X", "time"), key=lambda one: one[1])
    assert [
        ("http.request", 5000, None),
        ("http.response.start", 6000, None),
        ("http.response.body", 8000, None),
    ] == of(found, "i")


def test_workers_are_processes_and_lanes_are_threads() -> None:
    """What is served at the same time stands in two lanes; one that is free is taken again."""
    worker = Worker("web-2", 41)
    at_once = [made(1), replace(made(2), began=made(1).began + MS)]
    found = events(*at_once, made(3), replace(made(4), worker=worker))
    names = {
        (event["pid"], event["tid"]): event["args"]["name"]
        for event in found
        if event["name"] in ("process_name", "thread_name")
    }
    assert {
        (41, 0): "box, worker 41",
        (41, 1): "lane 1",
        (41, 2): "lane 2",
        (42, 0): "web-2, worker 41",
        (42, 3): "lane 1",
    } == names
    assert [(41, 1), (41, 2), (41, 1), (42, 3)] == [
        (event["pid"], event["tid"]) for event in found if event.get("cat") == "http"
    ]


def test_notes_are_below_their_exchange() -> None:
    """Log records are instants; what overlaps without being within has a lane of its own."""
    found = events(NOTED)
    assert [("sold out", 2000, None)] == of(found, "i", "log")
    assert [("db", 3000, 1000)] == of(found, "X", "measure")
    assert [("totals (shop.py:7)", 7000, 2000)] == of(found, "X", "blocked")
    assert [("loop blocked", 7000, 2000)] == [
        one for one in of(found, "X", "time") if one[0] == "loop blocked"
    ]
    names = [event["args"]["name"] for event in found if event["name"] == "thread_name"]
    # An outgoing call was not over with the span in which it began
    assert ["lane 1", "lane 1, notes 1", "lane 1, notes 2"] == names
    crossing = replace(EXCHANGE, notes=(Note("span", 0, 5, "a"), Note("span", 3, 9, "b")))
    tids = [event["tid"] for event in events(crossing) if event.get("cat") == "span"]
    assert 2 == len(set(tids))


def test_slices_of_a_thread_nest() -> None:
    """Whatever happened: in flight, lost, failed, no HTTP."""
    found = events(EXCHANGE, FAILED, LOST, IN_FLIGHT, NO_LIFESPAN, NOTED)
    threads: dict[tuple[int, int], list[tuple[float, float]]] = {}
    for event in found:
        if event["ph"] == "X":
            span = (event["ts"], event["ts"] + event["dur"])
            threads.setdefault((event["pid"], event["tid"]), []).append(span)
    for spans in threads.values():
        for one in spans:
            for other in spans:
                apart = one[1] <= other[0] + 1e-6 or other[1] <= one[0] + 1e-6
                within = one[0] <= other[0] and other[1] <= one[1] + 1e-6
                assert apart or within or (other[0] <= one[0] and one[1] <= other[1] + 1e-6)


def test_no_exchange_makes_a_trace() -> None:
    """With no events."""
    assert [] == events()
