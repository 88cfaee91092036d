"""Who works on a thread of his own lets the event loop's thread have its turn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgi_mw.recorder import breath
from asgi_mw.recorder.breath import Breath

if TYPE_CHECKING:
    import pytest


def test_a_breath_is_taken_after_so_much_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not after each piece of it, and the clock begins anew with it."""
    moments = iter([0.0, 0.0001, 0.0003, 0.01, 0.0101])
    slept: list[float] = []
    monkeypatch.setattr(breath, "monotonic", moments.__next__)
    monkeypatch.setattr(breath, "sleep", slept.append)

    breathe = Breath()
    for _ in range(3):
        breathe()

    assert slept == [0.00005]
