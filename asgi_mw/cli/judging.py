"""Judge what a store holds, one exchange after the other, the newest first."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from asgi_mw.cli.findings import subject_of
from asgi_mw.spec import check

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_mw.cli.findings import Findings
    from asgi_mw.recorder.search import Search
    from asgi_mw.recorder.store import Store
    from asgi_mw.spec.rule import Profile


def judge(
    store: Store,
    query: Search,
    findings: Findings,
    *,
    profile: Profile,
    limit: int | None,
    step: Callable[[], None],
) -> tuple[str, ...]:
    """Judge the newest *limit* that match *query*, all if it is ``None``.

    Each is let go of before the next is read.

    Args:
        store: Where they are.
        query: Which.
        findings: Takes what is found.
        profile: By which rules.
        limit: How many at most.
        step: Called after each.

    Returns:
        What could not be read.
    """
    reading = store.exchanges(query)
    for exchange in islice(reading, limit):
        findings.add(subject_of(exchange), check(exchange, profile=profile))
        step()
    problems = reading.problems
    reading.close()
    return problems
