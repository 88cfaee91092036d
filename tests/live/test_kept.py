"""Requests that follow each other on one connection show nothing of each other, on uvicorn."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from tests.live.kept import Asked, kept, programs

KINDS = [("h11", "asyncio"), ("h11", "uvloop"), ("httptools", "asyncio"), ("httptools", "uvloop")]
everywhere = pytest.mark.parametrize(
    ("http", "loop"), KINDS, ids=["-".join(kind) for kind in KINDS]
)

PROGRAMS = {
    "a large POST, then a GET": [(Asked(300_000, binds=("bind",)),), (Asked(),), (Asked(),)],
    "one whose body nobody reads": [(Asked(300_000, binds=("bind",), reads=False),), (Asked(),)],
    "pipelined": [(Asked(binds=("bind",)), Asked(), Asked())],
    "unbound before the end": [(Asked(300_000, binds=("bound",)),), (Asked(),)],
    "bound, no response": [(Asked(ends="nothing", binds=("bind",)), Asked())],
    "bound, raised": [(Asked(ends="raising", binds=("bind", "fields")), Asked())],
    "skipped": [(Asked(skipped=True, binds=("bind", "otel")), Asked(skipped=True), Asked())],
    "OpenTelemetry's context": [(Asked(binds=("otel",)), Asked(skipped=True))],
}


@everywhere
@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_nothing_of_a_request_shows_in_the_next(
    http: str, loop: str, program: list[tuple[Asked, ...]]
) -> None:
    """Neither in its lines nor in its headers."""
    kept(http, loop).check(program)


@everywhere
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(programs)
def test_nothing_shows_whatever_they_are(
    http: str, loop: str, program: list[tuple[Asked, ...]]
) -> None:
    """Streams, errors and all that a request can bind, in any order."""
    kept(http, loop).check(program)
