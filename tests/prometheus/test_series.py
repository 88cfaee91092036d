"""The series of a metric, by their attributes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import Counter

from asgi_mw.prometheus.series import Series

if TYPE_CHECKING:
    from collections.abc import Sequence


def test_a_series_may_be_asked_for_while_another_is_made() -> None:
    """The garbage collector may end a request anywhere, and so measure it there."""

    def make(names: Sequence[str]) -> Counter:
        if names == ("outer",):
            series.child({"inner": "1"}).inc()
        return Counter("requests", "Requests.", names, registry=None)

    series = Series(make)
    series.child({"outer": "1"}).inc()

    found = [one.labels for metric in series.collect() for one in metric.samples]
    assert {"outer": "1"} in found
    assert {"inner": "1"} in found
