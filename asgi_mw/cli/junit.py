"""What a check found as JUnit XML, which CI systems read: each rule is a test case."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from asgi_mw.printable import printable

if TYPE_CHECKING:
    from asgi_mw.cli.findings import Broken, Findings
    from asgi_mw.spec import Rule

_NAME = "asgi-mw check"
_MOST = 20_000


def junit(findings: Findings) -> str:
    """The whole document; what is undecided, and advice, stands in a case that passed."""
    cases = [_case(rule, findings.broken.get(rule.id)) for rule in findings.rules.values()]
    troubles = [one for one in findings.troubles if one.fails]
    for trouble in troubles:
        case = _named("app", f"{trouble.kind}: {trouble.what}")
        error = ET.SubElement(case, "error", {"type": trouble.kind, "message": _safe(trouble.said)})
        error.text = _safe(trouble.said)
        cases.append(case)
    counts = {
        "tests": str(len(cases)),
        "failures": str(findings.counts()["violation"]),
        "errors": str(len(troubles)),
        "skipped": "0",
    }
    root = ET.Element("testsuites", {"name": _NAME, **counts})
    suite = ET.SubElement(root, "testsuite", {"name": _safe(findings.target), **counts})
    suite.extend(cases)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}'


def _case(rule: Rule, broken: Broken | None) -> ET.Element:
    case = _named(rule.id.partition(".")[0], rule.id)
    if broken is None:
        return case
    spots = "\n".join(
        f"{_safe(spot.what)}: {_safe(spot.said)}"
        + (f" ({spot.count:,} times)" if spot.count > 1 else "")
        + (f" {_safe(' '.join(spot.ids))}" if spot.ids else "")
        for spot in broken.spots.values()
    )
    text = f"{spots}\n\n{rule.sentence}\n{rule.url}\n\n{rule.why}\n\nInstead:\n{rule.good}"
    word = rule.counts_as
    if word == "violation":
        message = f"{rule.fault}, {rule.severity}: {broken.first.said}"
        fault = ET.SubElement(case, "failure", {"type": rule.id, "message": _safe(message)})
        fault.text = text
    else:
        ET.SubElement(case, "system-out").text = f"{word}\n{text}"
    return case


def _named(group: str, name: str) -> ET.Element:
    return ET.Element("testcase", {"classname": f"asgi.{group}", "name": _safe(name), "time": "0"})


def _safe(text: str) -> str:
    """*text* in one line without what XML cannot hold: controls, surrogates, what is no character.

    https://www.w3.org/TR/xml/#charsets
    """
    return printable(text, _MOST)
