"""Spans of a real SDK are noted by the context that they were started in."""

from __future__ import annotations

from time import time_ns
from typing import TYPE_CHECKING

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import Status, StatusCode

from asgi_mw.inspector.witness import spans as spans_room
from asgi_mw.inspector.witness import witness
from tests.inspector.witness.told import noted

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.anyio


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> TracerProvider:
    """The global provider, which can be set only once in a process."""
    made = TracerProvider()
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", made)
    return made


@pytest.fixture(autouse=True)
def _witnessed() -> Iterator[None]:
    with witness(logs=False, calls=False):
        yield


async def test_a_span(provider: TracerProvider) -> None:
    """The note has its parent, kind, attributes and events; secrets are masked by name."""
    tracer = provider.get_tracer("shop")

    async def work() -> None:  # as an app
        with (
            tracer.start_as_current_span("outer") as outer,
            tracer.start_as_current_span("SELECT", attributes={"rows": 7, "password": "x"}) as span,
        ):
            span.add_event("read")
        assert outer is not None

    outer, inner = await noted(work)
    assert ("outer", "SELECT") == (outer.title, inner.title)
    assert inner.until is not None
    assert outer.until is not None
    assert outer.at <= inner.at <= inner.until <= outer.until
    assert {
        "name": "SELECT",
        "span_id": inner.detail["span_id"],
        "parent_id": outer.detail["span_id"],
        "kind": "internal",
        "attributes": {"rows": 7, "password": "[redacted]"},
        "events": ["read"],
        "by": "shop",
    } == inner.detail


async def test_a_span_that_failed(provider: TracerProvider) -> None:
    """The level of the note says so."""

    async def work() -> None:  # as an app
        span = provider.get_tracer("shop").start_span("pay")
        span.set_status(Status(StatusCode.ERROR, "no money"))
        span.end()

    [note] = await noted(work)
    assert ("error", "error", "no money") == (
        *(note.level, note.detail["status"], note.detail["description"]),
    )


async def test_a_span_that_says_when_it_began(provider: TracerProvider) -> None:
    """It took as long as it says, but its note begins no earlier than the connection."""

    async def work() -> None:  # as an app
        now = time_ns()
        span = provider.get_tracer("shop").start_span("queue", start_time=now - 10**9)
        span.end(now)

    [note] = await noted(work)
    assert 0 == note.at


async def test_a_span_that_never_ends_is_there(provider: TracerProvider) -> None:
    """Its note has no end."""
    spans = []

    async def work() -> None:  # as an app
        spans.append(provider.get_tracer("shop").start_span("leaks"))

    [note] = await noted(work)
    assert ("leaks", None) == (note.title, note.until)
    spans[0].end()


async def test_of_too_many_open_spans_the_oldest_is_forgotten(
    provider: TracerProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It most likely never ends; those after it still do."""
    monkeypatch.setattr(spans_room, "_MOST_OPEN", 2)

    async def work() -> None:  # as an app
        opened = [provider.get_tracer("shop").start_span(name) for name in ("a", "b", "c")]
        for span in opened:
            span.end()

    assert [("a", False), ("b", True), ("c", True)] == [
        (note.title, note.until is not None) for note in await noted(work)
    ]


async def test_without_an_sdk_there_is_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The API alone records nothing."""
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", None)

    async def work() -> None:  # as an app
        with trace.get_tracer("shop").start_as_current_span("SELECT"):
            pass

    assert [] == await noted(work)


async def test_no_provider_is_loaded_before_the_app_has_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One that the environment names would take the place of the app's own."""
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", None)
    monkeypatch.setenv("OTEL_PYTHON_TRACER_PROVIDER", "sdk_tracer_provider")

    async def work() -> None:  # as an app
        assert trace._TRACER_PROVIDER is None

    assert [] == await noted(work)


async def test_removed_it_notes_nothing(provider: TracerProvider) -> None:
    """The SDK keeps the processor, and another witness uses the same again."""
    tracer = provider.get_tracer("shop")

    async def work() -> None:  # as an app
        seen.remove()
        tracer.start_span("one").end()
        with witness(logs=False, calls=False):
            tracer.start_span("two").end()

    seen = witness(logs=False, calls=False)
    assert ["one", "two"] == [note.title for note in await noted(work)]
    assert len({id(one) for one in provider._active_span_processor._span_processors}) == 1
