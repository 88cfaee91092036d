"""Requests go on while a batch is encoded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from asgi_mw.otlp import configure, pacing
from asgi_mw.otlp.pacing import Unhurried, pace

if TYPE_CHECKING:
    from tests.otlp.conftest import Collector


class Exporter:
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.seen: list[list[int]] = []

    def export(self, batch: list[int]) -> str:
        """Read it twice, as an encoder may."""
        self.seen += [list(batch), [batch[0], len(batch)]]
        return "sent"


@pytest.mark.parametrize("length", [1, 7, 8, 9, 512])
def test_the_batch_is_whole(length: int) -> None:
    """It is a list still, and the result passes."""
    exporter = Exporter()
    pace(exporter)

    assert "sent" == exporter.export(list(range(length)))
    assert [list(range(length)), [0, length]] == exporter.seen


def test_the_reader_naps_after_every_few(monkeypatch: pytest.MonkeyPatch) -> None:
    """So often that nobody waits longer for it than for the interpreter's own switch."""
    naps: list[float] = []
    monkeypatch.setattr(pacing, "sleep", naps.append)

    assert 100 == len(list(Unhurried(range(100))))
    assert 12 == len(naps)
    assert min(naps) > 0


def test_the_spans_of_a_provider_are_paced(
    monkeypatch: pytest.MonkeyPatch, collector: Collector
) -> None:
    """By the encoder of the exporter, which reads a batch as it comes."""
    naps: list[float] = []
    monkeypatch.setattr(pacing, "sleep", naps.append)
    with configure(endpoint=collector.url, globally=False, signals=["traces"]) as telemetry:
        assert telemetry.tracer_provider is not None
        tracer = telemetry.tracer_provider.get_tracer("shop")
        for _ in range(100):
            tracer.start_span("sale").end()

    assert 12 == len(naps)
    assert 100 == sum(body.count(b"sale") for body in collector.bodies)
