"""Several processes on one page: what each of them keeps in ``PROMETHEUS_MULTIPROC_DIR``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import prometheus_client as prometheus
from prometheus_client import values
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from collections.abc import Iterable

_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


def several() -> bool:
    """Whether values are kept in files that all processes read.

    ``prometheus_client`` decides so when it is imported, for all of its registries alike.
    """
    return values.ValueClass is not values.MutexValue


def folder() -> str:
    """Where those files are; empty if it is not said."""
    return os.environ.get(_VARIABLE) or os.environ.get(_VARIABLE.lower()) or ""


def shown_for(registry: prometheus.CollectorRegistry) -> prometheus.CollectorRegistry:
    """What a page of *registry* shows: that of all processes, where there are several.

    The files do not say which registry a value was in.  A registry that collects them by itself
    is shown as it is.
    """
    if not several() or any(isinstance(one, MultiProcessCollector) for one in _inside(registry)):
        return registry
    everybody = prometheus.CollectorRegistry()
    everybody.register(Processes())
    return everybody


class Processes(Collector):
    """The metrics of all processes that write into the folder.

    What lives and dies with its process, as the requests in flight, counts only of those that
    live: few servers tell ``prometheus_client`` which worker died.
    """

    def collect(self) -> Iterable[prometheus.Metric]:
        """Read all files anew."""
        files = [str(file) for file in Path(folder()).glob("*.db") if not _is_left_over(file)]
        # It has no types
        return MultiProcessCollector.merge(files)  # type: ignore[no-untyped-call,no-any-return]

    def describe(self) -> list[prometheus.Metric]:
        """Nothing is known before it is read."""
        return []


def _is_left_over(file: Path) -> bool:
    """Whether *file*, as ``gauge_livesum_4711.db``, is of a process that is no more."""
    kind, _, pid = file.stem.rpartition("_")
    # Elsewhere signal 0 is no question
    if not kind.startswith("gauge_live") or not pid.isdigit() or os.name != "posix":
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):  # somebody else's, or no pid at all
        return False
    return False


def _inside(registry: prometheus.CollectorRegistry) -> list[Collector]:
    """The collectors of *registry*, which has no public way to name them."""
    return list(getattr(registry, "_collector_to_names", ()))
