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
    """The folder of those files; empty if no variable names it."""
    return os.environ.get(_VARIABLE) or os.environ.get(_VARIABLE.lower()) or ""


def shown_for(registry: prometheus.CollectorRegistry) -> prometheus.CollectorRegistry:
    """The registry that a page of *registry* shows: one for all processes, if there are several.

    The files do not say which registry a value was in.  A registry that collects the files on
    its own is shown as it is.
    """
    if not several() or any(isinstance(one, MultiProcessCollector) for one in _inside(registry)):
        return registry
    everybody = prometheus.CollectorRegistry()
    everybody.register(Processes())
    return everybody


class Processes(Collector):
    """The metrics of all processes that write into the folder.

    Values that end with their process, such as the requests in flight, count only for processes
    that live: few servers report to ``prometheus_client`` which worker died.
    """

    def collect(self) -> Iterable[prometheus.Metric]:
        """Read all files again."""
        files = [str(file) for file in Path(folder()).glob("*.db") if not _is_left_over(file)]
        # merge() has no types
        return MultiProcessCollector.merge(files)  # type: ignore[no-untyped-call,no-any-return]

    def describe(self) -> list[prometheus.Metric]:
        """Nothing is known before it is read."""
        return []


def _is_left_over(file: Path) -> bool:
    """Whether *file*, as ``gauge_livesum_4711.db``, is of a process that is no more."""
    kind, _, pid = file.stem.rpartition("_")
    # Only on POSIX does signal 0 ask, and do nothing more
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
