"""JUnit XML, which CI systems read: each rule that a check judges by is a test case."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from asgi_mw.printable import printable

if TYPE_CHECKING:
    from asgi_mw.spec import Rule
    from asgi_mw.spec.findings import Broken, Findings

_NAME = "asgi-mw check"
_MOST = 20_000


def junit(findings: Findings) -> str:
    """The whole document; undecided findings and advice are in cases that passed."""
    cases = [_case(rule, findings.broken.get(rule.id)) for rule in findings.rules.values()]
    troubles = [one for one in findings.troubles if one.fails]
    cases += [error_of("app", one.kind, f"{one.kind}: {one.what}", one.said) for one in troubles]
    failures = findings.counts()["violation"]
    return document(_NAME, findings.target, cases, failures=failures, errors=len(troubles))


def document(name: str, target: str, cases: list[ET.Element], *, failures: int, errors: int) -> str:
    """The whole document of the *cases*, in one suite with the name of the *target*."""
    counts = {
        "tests": str(len(cases)),
        "failures": str(failures),
        "errors": str(errors),
        "skipped": "0",
    }
    root = ET.Element("testsuites", {"name": name, **counts})
    suite = ET.SubElement(root, "testsuite", {"name": safe(target), **counts})
    suite.extend(cases)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}'


def error_of(group: str, kind: str, name: str, said: str) -> ET.Element:
    """A case that could not be decided, and why."""
    case = case_of(group, name)
    ET.SubElement(case, "error", {"type": kind, "message": safe(said)}).text = safe(said)
    return case


def _case(rule: Rule, broken: Broken | None) -> ET.Element:
    case = case_of(rule.id.partition(".")[0], rule.id)
    if broken is None:
        return case
    spots = "\n".join(
        f"{safe(spot.what)}: {safe(spot.said)}"
        + (f" ({spot.count:,} times)" if spot.count > 1 else "")
        + (f" {safe(' '.join(spot.ids))}" if spot.ids else "")
        for spot in broken.spots.values()
    )
    text = f"{spots}\n\n{rule.sentence}\n{rule.url}\n\n{rule.why}\n\nInstead:\n{rule.good}"
    word = rule.counts_as
    if word == "violation":
        message = f"{rule.fault}, {rule.severity}: {broken.first.said}"
        fault = ET.SubElement(case, "failure", {"type": rule.id, "message": safe(message)})
        fault.text = text
    else:
        ET.SubElement(case, "system-out").text = f"{word}\n{text}"
    return case


def case_of(group: str, name: str) -> ET.Element:
    """A case that passed."""
    return ET.Element("testcase", {"classname": f"asgi.{group}", "name": safe(name), "time": "0"})


def safe(text: str) -> str:
    """*text* in one line, without what XML cannot hold: controls, surrogates, noncharacters.

    https://www.w3.org/TR/xml/#charsets
    """
    return printable(text, _MOST)
