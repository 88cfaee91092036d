"""A slice of the matrix: each framework once, each server at least once, as the page says."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeAlias

import pytest

from tests.matrix import certificates
from tests.matrix.__main__ import PAGE
from tests.matrix.cells import examine
from tests.matrix.frameworks import FRAMEWORKS
from tests.matrix.page import read
from tests.matrix.reasons import REASONS, explained
from tests.matrix.servers import SERVERS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future

    from tests.matrix.cells import Cell
    from tests.matrix.run import Attached

Examined: TypeAlias = "dict[tuple[str, str], Future[Cell]]"
SLICE: list[tuple[str, str, Attached]] = [
    ("fastapi", "uvicorn", "outside"),
    ("starlette", "hypercorn-h3", "native"),
    ("nexios", "granian", "outside"),
    ("litestar", "hypercorn-h2", "native"),
    ("django", "daphne", "native"),
    ("channels", "gunicorn-uvicorn", "outside"),
    ("quart", "hypercorn", "outside"),
    ("falcon", "uvicorn-h11", "native"),
    ("blacksheep", "gunicorn", "native"),
    ("bareasgi", "h2corn", "outside"),
    ("sanic", "uvicorn", "native"),
    ("lilya", "hypercorn-trio", "native"),
    ("ravyn", "hypercorn", "outside"),
    ("raw", "uvicorn-h11", "outside"),
    ("fastasgi", "uvicorn", "native"),
    ("flask_asgiref", "hypercorn", "outside"),
    ("flask_a2wsgi", "mangum", "native"),
    ("django_asgiref", "uvicorn", "outside"),
    ("django_a2wsgi", "granian", "native"),
]


PAIRS = [(framework, server) for framework, server, _ in SLICE]
# A cell mostly waits for a server to start or to stop
JOBS = 3


@pytest.fixture(scope="module")
def examined(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Examined]:
    """The cells of the slice that are selected, as futures."""
    folder = tmp_path_factory.mktemp("certificates")
    certificates.write(folder)
    asked = [getattr(item, "callspec", None) for item in request.session.items]
    with ThreadPoolExecutor(JOBS) as pool:
        yield {
            (framework, server): pool.submit(examine, framework, server, folder, ("bare", how))
            for framework, server, how in SLICE
            if any(one and one.params.get("cell") == (framework, server) for one in asked)
        }


@pytest.mark.slow
@pytest.mark.parametrize(
    "cell", [one[:2] for one in SLICE], ids=["-".join(one[:2]) for one in SLICE]
)
def test_a_cell_passes_as_the_page_says(cell: tuple[str, str], examined: Examined) -> None:
    """It is the same with and without our layers, or each difference has its reason there."""
    framework, server = cell
    for package in (*FRAMEWORKS[framework].packages, *SERVERS[server].packages):
        _needs(package.replace("-", "_"))
    found = examined[cell].result()
    reasons, left = explained(found)
    page = read(PAGE.read_text("utf-8"))[found.name]

    assert left == []
    assert {key for key in reasons if not REASONS[key].seldom} <= page


def test_each_framework_and_each_server_is_in_the_slice() -> None:
    """None is forgotten."""
    assert [*FRAMEWORKS] == [framework for framework, _, _ in SLICE]
    assert {*SERVERS} == {server for _, server, _ in SLICE}


def _needs(package: str) -> None:
    """Skip if this Python cannot import it; that is tried in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", f"import {package}"], capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"cannot import {package}: {done.stderr.strip().splitlines()[-1]}")
