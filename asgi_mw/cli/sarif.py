"""What a check found as SARIF 2.1.0, which code hosts show beside the code.

The words are those of https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html.
"""

from __future__ import annotations

from hashlib import sha256
from importlib.metadata import version
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from asgi_mw.printable import printable, printable_lines

if TYPE_CHECKING:
    from asgi_mw.spec import Rule
    from asgi_mw.spec.findings import Broken, Findings, Spot
    from asgi_mw.troubles import Trouble

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_HOME = "https://github.com/asgi-mw/asgi-mw"
_LEVELS = {"must": "error", "should": "warning"}
# A finding has the same fingerprint in each run, and so only one comment beside the code
_FINGERPRINT = "asgiMw/v1"


def sarif(findings: Findings) -> dict[str, Any]:
    """The whole log, with one run."""
    rules = list(findings.rules.values())
    numbers = {rule.id: number for number, rule in enumerate(rules)}
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "asgi-mw",
                        "version": version("asgi-mw"),
                        "informationUri": _HOME,
                        "rules": [_rule(rule) for rule in rules],
                    }
                },
                "invocations": [
                    {
                        "executionSuccessful": True,
                        "toolExecutionNotifications": [
                            _notification(one) for one in findings.troubles
                        ],
                    }
                ],
                "results": [
                    _result(broken, spot, numbers[broken.rule.id], findings.place)
                    for broken in findings.sorted()
                    for spot in broken.spots.values()
                ],
                "columnKind": "unicodeCodePoints",
            }
        ],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    text = f'"{rule.sentence}"\n\n{rule.why}'
    if rule.readings is not None:
        text += f"\n\nIt can be read in two ways: {' Or: '.join(rule.readings)}"
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.why},
        "fullDescription": {"text": rule.sentence},
        "helpUri": rule.url,
        "help": {
            "text": f"{text}\n\nInstead:\n\n{rule.good}",
            "markdown": f"{text}\n\nInstead:\n\n```python\n{rule.good}\n```",
        },
        "defaultConfiguration": {"level": _level(rule)},
        "properties": {"tags": [rule.fault, rule.profile, rule.verdict]},
    }


def _level(rule: Rule) -> str:
    """The level; "none" for what is undecided, as only a "fail" may have another one."""
    word = rule.counts_as
    if word == "violation":
        return _LEVELS[rule.severity]
    return "note" if word == "advice" else "none"


def _result(broken: Broken, spot: Spot, number: int, place: str) -> dict[str, Any]:
    rule = broken.rule
    what, said = printable(spot.what), printable(spot.said)
    at = spot.where if spot.at is None else f"event {spot.at}, {spot.where}"
    shown = printable(f" Exchanges: {', '.join(spot.ids)}.") if spot.ids else ""
    return {
        "ruleId": rule.id,
        "ruleIndex": number,
        "kind": "review" if rule.verdict == "undecided" else "fail",
        "level": _level(rule),
        "message": {"text": f"{rule.fault}, {what}, {at}: {said}.{shown}"},
        "locations": [
            {
                "physicalLocation": {"artifactLocation": {"uri": _uri(place)}},
                "logicalLocations": [{"fullyQualifiedName": what, "kind": "resource"}],
            }
        ],
        "partialFingerprints": {_FINGERPRINT: _fingerprint(rule.id, spot.what)},
        "occurrenceCount": spot.count,
    }


def _fingerprint(rule: str, what: str) -> str:
    return sha256(f"{rule}\0{what}".encode(errors="surrogatepass")).hexdigest()[:32]


def _uri(place: str) -> str:
    return quote(place.encode(errors="backslashreplace"))


def _notification(trouble: Trouble) -> dict[str, Any]:
    text = printable_lines(f"{trouble.what}: {trouble.said}")
    return {
        "descriptor": {"id": trouble.kind},
        "level": "error" if trouble.fails else "note",
        "message": {"text": text},
    }
