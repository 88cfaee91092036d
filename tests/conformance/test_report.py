"""What the docs say of the servers is what the kit finds, and each fail has its reason."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from asgi_mw.conformance import CHECKS, SERVERS, examine
from asgi_mw.conformance.clock import Clock
from tests.conformance.patience import patient_clock
from tests.conformance.report import MARKS, WHY, report, verdicts

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

    from asgi_mw.conformance import Result

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "conformance.md").read_text("utf-8")
VERSIONS, VERDICTS = verdicts(PAGE)
# The others take minutes, for most of which they wait: `make conformance` examines them all
_NAMES = ["uvicorn"]
# Of one server, of which there are as many at once
_PARTS = 4


def test_the_page_has_each_server_and_each_check() -> None:
    """None was renamed since."""
    assert set(SERVERS) == set(VERSIONS)
    assert {(server, check) for server in SERVERS for check in CHECKS} == set(VERDICTS)


def test_each_fail_has_a_reason() -> None:
    """In one line; and no reason is left over."""
    fails = {check for (_, check), verdict in VERDICTS.items() if verdict == "fail"}

    assert set(WHY) == fails
    assert "error" not in VERDICTS.values()


@pytest.mark.slow
@pytest.mark.parametrize("name", _NAMES)
def test_a_server_does_what_the_page_says(name: str, pool: ThreadPoolExecutor) -> None:
    """Of the same versions; of others every check is made, and what an open one says is open."""
    checks = list(CHECKS.values())

    def examined(part: int) -> list[Result]:
        clock = Clock(patience=10, quiet=0.6, limit=120)
        return list(examine(SERVERS[name], checks[part::_PARTS], clock=clock))

    results = [one for part in pool.map(examined, range(_PARTS)) for one in part]
    same = VERSIONS[name] == SERVERS[name].versions

    def is_wrong(one: Result) -> bool:
        return one.verdict == "error" or (same and VERDICTS[name, one.check.id] != one.verdict)

    # Once more, as the server may have been late
    doubtful = [one.check for one in results if is_wrong(one)]
    again = examine(SERVERS[name], doubtful, clock=patient_clock())

    assert [_said(one) for one in again if is_wrong(one)] == []


def _said(one: Result) -> str:
    return f"{one.check.id}: {one.verdict}, {one.detail}"


def test_a_report_can_be_read_again() -> None:
    """By what compares it with the servers."""
    from asgi_mw.conformance import Result  # noqa: PLC0415  # only here

    kinds = [*MARKS]
    results = [
        Result("uvicorn", check, kinds[n % len(kinds)], "a | b", 1)  # type: ignore[arg-type]  # a verdict
        for n, check in enumerate(CHECKS.values())
    ]
    versions, found = verdicts(f"<!-- report -->\n{report(results, '2026-11-29')}")

    assert versions == {"uvicorn": SERVERS["uvicorn"].versions}
    assert found == {("uvicorn", one.check.id): one.verdict for one in results}
