"""What a comparison found as JUnit XML: each pair is a test case."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from asgi_mw.cli.difference_lines import remark, statuses, summary
from asgi_mw.cli.junit import case_of, document, error_of, safe

if TYPE_CHECKING:
    from asgi_mw.differences.compared import Compared, Comparison

_NAME = "asgi-mw diff"


def junit(found: Comparison) -> str:
    """The whole document."""
    cases = [_case(one) for one in found.pairs]
    cases += [error_of("app", one.kind, one.said, one.said) for one in found.troubles]
    cases += [error_of("store", "unread", one, one) for one in found.problems]
    if found.is_empty:
        cases.append(error_of("diff", "empty", found.left, summary(found)))
    counts = found.counts()
    failures = sum(count for verdict, count in counts.items() if verdict != "alike")
    errors = len(cases) - len(found.pairs)
    target = f"{found.left} → {found.right}"
    return document(_NAME, target, cases, failures=failures, errors=errors)


def _case(one: Compared) -> ET.Element:
    case = case_of("diff", one.what)
    if one.verdict == "alike":
        return case
    said = "departed" if one.departed and not one.count else remark(one)
    message = safe(f"{statuses(one)}, {said}")
    failure = ET.SubElement(case, "failure", {"type": one.verdict, "message": message})
    lines = [f"departed: {one.departed}"] if one.departed else []
    lines += map(str, one.differences)
    lines += [f"… {one.more} more"] if one.more else []
    ids = " ".join(side.id for side in (one.left, one.right) if side)
    failure.text = "\n".join(map(safe, [*lines, ids]))
    return case
