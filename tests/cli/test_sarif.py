"""A check as SARIF is what the standard asks for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlparse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgi_mw.cli.sarif import sarif
from asgi_mw.recorder.objects import ascii_json
from asgi_mw.spec import RULES, Finding
from asgi_mw.spec.findings import Findings, Subject
from asgi_mw.troubles import Trouble

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    Cli = Callable[..., Result]

LEVELS = {"none", "note", "warning", "error"}
KINDS = {"notApplicable", "pass", "fail", "review", "open", "informational"}


def check_log(log: dict[str, Any]) -> list[dict[str, Any]]:
    """Check a log by what the schema of SARIF 2.1.0 asks for of what is in it; its results."""
    assert log.keys() == {"$schema", "version", "runs"}
    assert "2.1.0" == log["version"]
    [run] = log["runs"]
    assert "unicodeCodePoints" == run["columnKind"]
    driver = run["tool"]["driver"]
    assert driver["name"] and urlparse(driver["informationUri"]).scheme == "https"
    ids = [rule["id"] for rule in driver["rules"]]
    assert len(ids) == len(set(ids))
    for rule in driver["rules"]:
        for key in ("shortDescription", "fullDescription", "help"):
            assert rule[key]["text"]
        assert urlparse(rule["helpUri"]).scheme == "https"
        assert rule["defaultConfiguration"]["level"] in LEVELS
    for result in run["results"]:
        assert ids[result["ruleIndex"]] == result["ruleId"]
        assert result["kind"] in KINDS and result["level"] in LEVELS
        # 3.27.9: "If kind has any value other than "fail" [...] level SHALL have the value "none""
        assert "fail" == result["kind"] or "none" == result["level"]
        assert result["message"]["text"] and result["occurrenceCount"] >= 1
        [location] = result["locations"]
        assert location["physicalLocation"]["artifactLocation"]["uri"].isascii()
        assert all(isinstance(one, str) for one in result["partialFingerprints"].values())
    for invocation in run["invocations"]:
        assert invocation["executionSuccessful"] is True
        for one in invocation["toolExecutionNotifications"]:
            assert one["level"] in LEVELS and one["message"]["text"]
    results: list[dict[str, Any]] = run["results"]
    return results


@pytest.mark.usefixtures("here")
def test_an_app_is_checked_for_a_code_host(cli: Cli) -> None:
    """A violation is an error in the app's file, what is undecided is to be reviewed."""
    options = ["--path", "/twice", "--path", "/undecided", "--format", "sarif"]
    result = cli("check", "tests.cli.breaking:app", *options)
    assert 1 == result.exit_code
    found = check_log(json.loads(result.stdout))
    assert [
        ("http.start.twice", "fail", "error"),
        ("http.sent-after-end", "review", "none"),
    ] == [(one["ruleId"], one["kind"], one["level"]) for one in found]
    place = found[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert place.endswith("tests/cli/breaking.py")


def test_the_same_finding_has_the_same_fingerprint() -> None:
    """Whatever else was found, and however often."""
    rules = [RULES["http.no-body"], RULES["http.start.twice"]]
    prints = []
    for times in (1, 3):
        findings = Findings("shop:app", rules, "shop.py")
        for number in range(times):
            found = [Finding(rules[0], f"the {number}th", None, "end")]
            findings.add(Subject("GET /a", str(number)), found)
        [result] = check_log(sarif(findings))
        prints.append(result["partialFingerprints"])
    assert prints[0] == prints[1]


def test_what_hangs_is_a_notification() -> None:
    """No rule is about it."""
    findings = Findings("shop:app", [], "shop.py")
    findings.troubles.append(Trouble("hang", "GET /", "it hangs\x1b"))
    assert [] == check_log(sarif(findings))
    [run] = sarif(findings)["runs"]
    [said] = run["invocations"][0]["toolExecutionNotifications"]
    assert ("hang", "error", "GET /: it hangs\\x1b") == (
        said["descriptor"]["id"],
        said["level"],
        said["message"]["text"],
    )


@given(st.text(), st.text(), st.text(), st.sampled_from(list(RULES.values())))
def test_any_text_makes_a_log(what: str, said: str, place: str, rule: Any) -> None:
    """Which strict readers read: without controls and lone surrogates."""
    findings = Findings("store", [rule], place)
    findings.add(Subject(what, what), [Finding(rule, said, 3, "send")])
    text = ascii_json(sarif(findings))
    assert text.isprintable()
    check_log(json.loads(text))
    json.dumps(json.loads(text), ensure_ascii=False).encode()
