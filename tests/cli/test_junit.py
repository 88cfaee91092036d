"""A check as JUnit XML is read by any parser of XML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgi_mw.cli.junit import junit
from asgi_mw.spec import RULES, Finding
from asgi_mw.spec.findings import Findings, Subject
from asgi_mw.troubles import Trouble

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    Cli = Callable[..., Result]

COUNT = sum(rule.profile == "spec" for rule in RULES.values())


def test_each_rule_is_a_case(cli: Cli, here: Path) -> None:
    """One that was broken failed; one that can be read in two ways passed, and is described."""
    paths = ["--path", "/twice", "--path", "/undecided"]
    options = [*paths, "--format", "junit", "--output", "report.xml"]
    assert 1 == cli("check", "tests.cli.breaking:app", *options).exit_code
    root = ET.parse(here / "report.xml").getroot()
    [suite] = root
    assert {"tests": str(COUNT), "failures": "1", "errors": "0", "skipped": "0"} == {
        name: suite.attrib[name] for name in ("tests", "failures", "errors", "skipped")
    }
    cases = {case.attrib["name"]: case for case in suite}
    assert COUNT == len(cases)
    failure = cases["http.start.twice"].find("failure")
    assert failure is not None and failure.text is not None
    assert failure.text.startswith("GET /twice: 'http.response.start' while ")
    output = cases["http.sent-after-end"].find("system-out")
    assert output is not None and output.text is not None
    assert output.text.startswith("undecided\n")
    assert [] == list(cases["http.no-body"])


def test_what_hangs_is_an_error() -> None:
    """A case of its own; what an app raised is none."""
    findings = Findings("shop:app", [], "shop.py")
    findings.troubles += [Trouble("hang", "GET /", "it hangs"), Trouble("raised", "GET /", "no")]
    [suite] = ET.fromstring(junit(findings))
    assert ("1", "1") == (suite.attrib["tests"], suite.attrib["errors"])
    assert ["hang: GET /"] == [case.attrib["name"] for case in suite]


@pytest.mark.parametrize("rule", [RULES["http.no-body"], RULES["http.sent-after-end"]])
@given(what=st.text(), said=st.text(), ids=st.text())
def test_any_text_makes_a_document(rule: Any, what: str, said: str, ids: str) -> None:
    """That is read again, with the text in it."""
    findings = Findings(what, [rule], "store")
    findings.add(Subject(what, ids), [Finding(rule, said, 3, "send")])
    findings.troubles.append(Trouble("hang", what, said))
    document = junit(findings)
    [suite] = ET.fromstring(document.encode("utf-8"))
    assert 2 == len(suite)
