"""A comparison as JUnit XML is read by any parser of XML."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from asgi_mw.cli.diff_junit import junit
from asgi_mw.differences import Difference
from asgi_mw.differences.compared import Compared, Comparison, Side
from asgi_mw.troubles import Trouble


@given(st.text(), st.text())
def test_any_text_makes_a_document(what: str, said: str) -> None:
    """That is read again, with a case for each pair, each trouble and what could not be read."""
    found = Comparison(what, said)
    side, difference = Side("1"), Difference("body", what, "changed", said, what)
    found.pairs.append(Compared(what, side, side, (difference,), 3, said))
    found.pairs.append(Compared(what, side, side))
    found.pairs.append(Compared(what, None, side))
    found.troubles.append(Trouble("startup", what, said))
    found.problems = (said,)
    [suite] = ET.fromstring(junit(found).encode("utf-8"))

    assert ("5", "2", "2") == tuple(suite.attrib[one] for one in ("tests", "failures", "errors"))
    assert ["different", "added"] == [one.attrib["type"] for one in suite.iter("failure")]


def test_nothing_to_compare_is_an_error() -> None:
    """A document without a case would pass for a success."""
    [suite] = ET.fromstring(junit(Comparison("old", "shop:app")))
    assert ("1", "0", "1") == tuple(suite.attrib[one] for one in ("tests", "failures", "errors"))
    assert ["nothing to compare"] == [one.attrib["message"] for one in suite.iter("error")]
