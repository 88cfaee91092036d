"""Judge exchanges one after the other, and count what is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgi_mw.spec.findings import subject_of
from asgi_mw.spec.recorded import check

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from asgi_mw.events import Exchange
    from asgi_mw.spec.findings import Findings
    from asgi_mw.spec.rule import Profile


def judge(
    exchanges: Iterable[Exchange],
    findings: Findings,
    *,
    profile: Profile,
    step: Callable[[], None],
) -> None:
    """Judge *exchanges*; none is held in memory when the next is read.

    Args:
        exchanges: What to judge.
        findings: Takes what is found.
        profile: By which rules.
        step: Called after each.
    """
    for exchange in exchanges:
        findings.add(subject_of(exchange), check(exchange, profile=profile))
        step()
