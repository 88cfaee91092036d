"""Rules, and what a check found, as plain data for JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgi_mw.spec.rule import REVISION

if TYPE_CHECKING:
    from asgi_mw.spec.findings import Broken, Findings
    from asgi_mw.spec.rule import Rule


def report_json(findings: Findings) -> dict[str, Any]:
    """The report as one object."""
    return {
        "target": findings.target,
        "judged": findings.judged,
        "fails": findings.fails,
        "counts": findings.counts(),
        "broken": [_broken(one) for one in findings.sorted()],
        "troubles": [one.plain() for one in findings.troubles],
        "problems": findings.problems,
    }


def rule_json(rule: Rule) -> dict[str, Any]:
    """A rule as one object."""
    return {
        "id": rule.id,
        "fault": rule.fault,
        "counts_as": rule.counts_as,
        "severity": rule.severity,
        "profile": rule.profile,
        "sentence": rule.sentence,
        "url": rule.url,
        "revision": REVISION,
        "why": rule.why,
        "kind": rule.kind,
        "bad": rule.bad,
        "good": rule.good,
        "readings": rule.readings,
        "thread": rule.thread or None,
    }


def _broken(broken: Broken) -> dict[str, Any]:
    return {
        **broken.rule.named(),
        "count": broken.count,
        "connections": broken.exchanges,
        "where": [
            {
                "what": spot.what,
                "said": spot.said,
                "event": spot.at,
                "side": spot.where,
                "count": spot.count,
                "ids": spot.ids,
            }
            for spot in broken.spots.values()
        ],
        "elsewhere": broken.more,
    }
