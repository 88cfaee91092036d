"""Options that layers share are checked, and what is wrong is collected."""

from __future__ import annotations

from math import inf, nan
from typing import TYPE_CHECKING, Any

import pytest
import structlog

from asgi_mw import access_log, compression, open_store, record
from asgi_mw.errors import Problems
from asgi_mw.faults import Faults
from asgi_mw.options import integer, number, skipper
from asgi_mw.prometheus import metrics_app
from asgi_mw.testing import request
from tests.naming import plain

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


@pytest.mark.parametrize("paths", [["/a"], ("/a",), {"/a"}, iter(["/a"])], ids=plain)
def test_exact_paths_are_skipped(paths: Any) -> None:
    """Any iterable, read once; neither a prefix nor a scope without path matches."""
    problems = Problems("record")
    skips = skipper(paths, problems, Faults("record"))

    scopes: list[Scope] = [{"path": "/a"}, {"path": "/a/"}, {"path": "/ab"}, {"type": "lifespan"}]
    assert [skips(scope) for scope in scopes] == [True, False, False, False]
    assert problems.found == []


@pytest.mark.parametrize("listed", ["/health", "/shop/health"])
@pytest.mark.parametrize("path", ["/health", "/shop/health"], ids=["granian", "uvicorn"])
def test_a_path_is_skipped_below_the_root_path_of_the_server(path: str, listed: str) -> None:
    """Named as a route or as clients ask for it, whether or not the server puts the root before."""
    skips = skipper([listed], Problems("record"), Faults("record"))

    assert skips({"path": path, "root_path": "/shop"}) is True
    assert skips({"path": f"{path}y", "root_path": "/shop"}) is False


def test_a_path_that_is_the_root_itself_is_skipped() -> None:
    """As it is asked for, without a slash behind it."""
    skips = skipper(["/shop"], Problems("record"), Faults("record"))

    assert skips({"path": "/shop", "root_path": "/shop"}) is True


@pytest.mark.anyio
@pytest.mark.parametrize("target", ["/health", "/shop/health"], ids=["granian", "uvicorn"])
async def test_every_layer_that_skips_has_the_one_rule(target: str) -> None:
    """The log, the recording, the compression and the page of metrics; tracing has its own test."""
    logged: list[object] = []
    logger = structlog.wrap_logger(None, processors=[lambda *event: logged.append(event) or {}])  # type: ignore[func-returns-value]  # a processor in one line
    store = open_store("memory:")
    app = record(
        access_log(
            compression(metrics_app(path="/health"), skip=["/health"], minimum_size=1),
            skip=["/health"],
            logger=logger,
        ),
        skip=["/health"],
        store=store,
    )
    result = await request(
        app, target=target, headers={"accept-encoding": "gzip"}, scope={"root_path": "/shop"}
    )

    assert (result.status, result.header("content-encoding")) == (200, None)
    assert (logged, list(store.exchanges())) == ([], [])


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
