"""The time series of one metric, kept by metrics of ``prometheus_client``.

Its metrics have fixed labels, but the attributes of OpenTelemetry's measurements vary: a request
that failed has an ``error.type``, one that matched no route has no ``http.route``.  So there is
one metric for each set of labels, and they are shown as one.
"""

from __future__ import annotations

from threading import RLock
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from asgi_mw.prometheus.names import label_value, labels_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from prometheus_client import Metric
    from prometheus_client.metrics import MetricWrapperBase

M = TypeVar("M", bound="MetricWrapperBase")

# As many series as the SDK keeps, and the attribute of all further ones
LIMIT = 2_000
_OVERFLOW = {"otel.metric.overflow": True}
_NO_ATTRIBUTES: Mapping[str, Any] = {}


class Series(Generic[M]):
    """All series of one metric.

    Args:
        make: Makes a metric of ``prometheus_client`` with these labels, in no registry.
    """

    def __init__(self, make: Callable[[Sequence[str]], M]) -> None:
        self._make = make
        self._metrics: dict[tuple[str, ...], M] = {}
        self._children: dict[frozenset[tuple[str, Any]], M] = {}
        self._lock = RLock()  # the garbage collector may end a request anywhere

    def child(self, attributes: Mapping[str, Any] | None) -> M:
        """The series with these attributes; beyond the limit, the one of all others."""
        try:
            key = frozenset((attributes or _NO_ATTRIBUTES).items())
            found = self._children.get(key)
        except TypeError:  # a list among the values
            items = (attributes or _NO_ATTRIBUTES).items()
            plain = {name: label_value(value) for name, value in items}
            return self.child(plain)
        return found if found is not None else self._new(key)

    def _new(self, key: frozenset[tuple[str, Any]]) -> M:
        with self._lock:
            overflow = frozenset(_OVERFLOW.items())
            if len(self._children) >= LIMIT - 1 and key != overflow:
                key = overflow
            if key in self._children:
                return self._children[key]
            labels = labels_of(sorted(key, key=_name))
            names = tuple(labels)
            if names not in self._metrics:
                self._metrics[names] = self._make(names)
            metric = self._metrics[names]
            child = self._children[key] = metric.labels(*labels.values()) if names else metric
            return child

    def collect(self) -> Iterator[Metric]:
        """All series as one metric; nothing before the first measurement."""
        with self._lock:
            metrics = list(self._metrics.values())
        merged: Metric | None = None
        for metric in metrics:
            for part in metric.collect():
                if merged is None:
                    merged = part
                else:
                    merged.samples += part.samples
        if merged is not None:
            # Without when each series began: that doubles them, and OpenMetrics does not ask for it
            merged.samples = [s for s in merged.samples if not s.name.endswith("_created")]
            yield merged


def _name(item: tuple[str, Any]) -> str:
    return item[0]
