"""Options that layers share are checked, and what is wrong is collected."""

from __future__ import annotations

from math import inf, nan
from typing import TYPE_CHECKING, Any

import pytest

from asgi_mw.errors import Problems
from asgi_mw.faults import Faults
from asgi_mw.options import integer, number, skipper

if TYPE_CHECKING:
    from asgi_mw.types import Scope


@pytest.mark.parametrize("value", [0, 1, 0.5, 1.0])
def test_a_number_in_range_is_taken(value: float) -> None:
    """Both ends belong to the range."""
    problems = Problems("record")

    assert number(value, "sample", problems, most=1) == value
    assert problems.found == []


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (-0.1, "is out of range"),
        (1.1, "is out of range"),
        (nan, "is out of range"),
        (inf, "is out of range"),
        (-inf, "is out of range"),
        (True, "is no number"),
        ("1", "is no number"),
        (None, "is no number"),
    ],
)
def test_any_other_value_is_a_problem(value: object, reason: str) -> None:
    """The mend says the range, or the way to write it."""
    problems = Problems("record")
    number(value, "sample", problems, most=1)

    [problem] = problems.found
    assert (problem.option, problem.reason) == ("sample", reason)
    assert problem.mend in {
        "write at least 0 and at most 1",
        "write it bare, without quotes and unit",
    }


def test_infinity_is_no_number_without_a_bound_either() -> None:
    """No option counts in infinities."""
    problems = Problems("record")
    number(inf, "slow", problems)

    assert [problem.mend for problem in problems.found] == ["write at least 0"]


@pytest.mark.parametrize("paths", [["/a"], ("/a",), {"/a"}, iter(["/a"])], ids=repr)
def test_exact_paths_are_skipped(paths: Any) -> None:
    """Any iterable, read once; neither a prefix nor a scope without path matches."""
    problems = Problems("record")
    skips = skipper(paths, problems, Faults("record"))

    scopes: list[Scope] = [{"path": "/a"}, {"path": "/a/"}, {"path": "/ab"}, {"type": "lifespan"}]
    assert [skips(scope) for scope in scopes] == [True, False, False, False]
    assert problems.found == []


def test_a_predicate_decides_by_the_scope() -> None:
    """What it returns counts as a bool."""
    skips = skipper(lambda scope: scope.get("method"), Problems("x"), Faults("x"))  # type: ignore[arg-type,return-value]  # any truth will do

    assert skips({"method": "GET"}) is True
    assert skips({}) is False


def test_a_raising_predicate_skips_nothing_and_is_counted() -> None:
    """The request goes on and is logged."""
    faults = Faults("record")
    skips = skipper(lambda scope: bool(scope["nothing"]), Problems("record"), faults)

    assert skips({"type": "http"}) is False
    assert dict(faults.counts) == {"skip: KeyError": 1}


def test_an_async_predicate_is_a_fault() -> None:
    """What it gives would be true for everybody."""

    async def asks(scope: Scope) -> bool:
        return False

    faults = Faults("record")
    skips = skipper(asks, Problems("record"), faults)  # type: ignore[arg-type]  # the mistake

    assert skips({"type": "http"}) is False
    assert dict(faults.counts) == {"skip: TypeError": 1}


@pytest.mark.parametrize(
    ("skip", "mend"),
    [
        ("/health", "write skip=['/health']"),
        (b"/health", "write skip=[b'/health']"),
        (5, "give a list of paths or a function of the scope"),
        (None, "give a list of paths or a function of the scope"),
        ([["/a"]], "give a list of paths or a function of the scope"),
        (["health"], "write it as '/health'"),
        ([b"/health"], "write it as '/health'"),
        (["/static/*"], "give a function of the scope, or each path as it is"),
    ],
    ids=repr,
)
def test_what_is_neither_paths_nor_predicate_is_a_problem(skip: Any, mend: str) -> None:
    """With a mend that fits the mistake."""
    problems = Problems("record")
    skipper(skip, problems, Faults("record"))

    assert [(problem.option, problem.mend) for problem in problems.found] == [("skip", mend)]


def test_a_whole_number_is_taken_and_another_is_a_problem() -> None:
    """The mend is the whole part."""
    problems = Problems("compression")

    assert integer(500, "minimum_size", problems) == 500
    assert integer(2.0, "minimum_size", problems) == 2
    integer(1.5, "pad", problems)
    assert [str(problem) for problem in problems.found] == ["pad=1.5: is no whole number; write 1"]
