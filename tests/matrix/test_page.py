"""The page of the matrix has a mark for each cell, and each reason once."""

from __future__ import annotations

from tests.matrix.__main__ import PAGE
from tests.matrix.cells import Cell, from_json
from tests.matrix.checks import Deviation
from tests.matrix.frameworks import FRAMEWORKS
from tests.matrix.page import BEGIN, END, read, rewritten, table
from tests.matrix.reasons import REASONS, explained
from tests.matrix.servers import SERVERS

CLOSE = Deviation("talk", "the app gets the code 1006")
KILLED = (Deviation("lifespan", "no shutdown"), Deviation("hold", "not in spans"))


def cells() -> dict[str, Cell]:
    """All cells; three of them have a reason, or two."""
    found = {
        f"{framework}/{server}": Cell(framework, server, (), {})
        for framework in FRAMEWORKS
        for server in SERVERS
    }
    found["fastapi/hypercorn"] = Cell("fastapi", "hypercorn", (CLOSE,), {"outside": ()})
    found["quart/granian"] = Cell("quart", "granian", KILLED[:1], {"native": KILLED[1:]})
    nothing = Deviation("json", "status: 500")
    found["django/hypercorn-trio"] = Cell("django", "hypercorn-trio", (nothing,), {})
    return found


def test_a_page_is_read_as_it_was_written() -> None:
    """The text around that part is kept."""
    page = rewritten(f"before\n{BEGIN}\nold\n{END}\nafter\n", cells())

    found = read(page)
    assert {*found} == {*cells()}
    assert {name: keys for name, keys in found.items() if keys} == {
        "fastapi/hypercorn": {"hypercorn-close"},
        "quart/granian": {"kills", "killed"},
        "django/hypercorn-trio": {"trio"},
    }
    assert page.startswith("before\n") and page.endswith("after\n")
    assert page == rewritten(page, cells())


def test_a_cell_that_nothing_explains_fails() -> None:
    """A reason of another server does not count."""
    cell = Cell("fastapi", "uvicorn", (CLOSE,), {})

    assert ([], [f"fastapi/uvicorn bare, talk: {CLOSE.what}"]) == explained(cell)
    assert "| FastAPI | FAIL |" in table({"fastapi/uvicorn": cell})
    assert "| FastAPI | ✓ | " in table({"fastapi/uvicorn": Cell("fastapi", "uvicorn", (), {})})


def test_a_reason_for_runs_with_layers_needs_what_the_bare_run_shows() -> None:
    """Otherwise our layers would be to blame."""
    cell = Cell("quart", "granian", (), {"native": KILLED[1:]})

    assert ["quart/granian native, hold: not in spans"] == explained(cell)[1]


def test_a_cell_is_saved_and_read() -> None:
    """The cell is the same then."""
    for cell in cells().values():
        assert cell == from_json(cell.as_json())


def test_each_reason_of_the_page_is_there_and_its_marks_are_all() -> None:
    """Reasons that are seen seldom may be missing."""
    page = read(PAGE.read_text("utf-8"))

    assert {*page} == {*cells()}
    used = set().union(*page.values())
    assert {key for key, one in REASONS.items() if not one.seldom} <= used
