"""The house stands: rooms import from floors below them, say what they are for, and stay small."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import asgi_mw
from tests.system import PATIENCE

HOUSE = Path(asgi_mw.__file__).parent

# A room is a file or a folder; where a floor has a whole folder of rooms, each of them is one.
FLOORS: dict[int, tuple[str, ...]] = {
    1: (
        "types",
        "errors",
        "printable",
        "ids",
        "context",
        "caches",
        "awaiting",
        "amounts",
        "colours",
        "shortest",
        "awaits",
        "loops",
        "json_numbers",
        "troubles",
    ),
    2: (
        "headers",
        "codings",
        "faults",
        "messages",
        "snapshots",
        "chains",
        "routes",
        "paths",
        "isolation",
        "tracebacks",
    ),
    3: ("connection", "events", "client", "redaction", "layers", "options", "telemetry"),
    4: ("tap", "middleware/*", "integrations"),
    5: ("recorder", "differences", "logs", "spec", "watch", "presets"),
    6: ("testing", "export", "otlp", "prometheus"),
    7: ("replay", "pytest_plugin", "conformance"),
    8: ("inspector", "agents"),
    9: ("cli",),
}
# Files that are one room with another, split where it grew too long.
SPLIT = {
    "progress": "messages",
    "calls": "layers",
    "explaining": "layers",
    "wrapped": "layers",
    "seen": "testing",
    "parts": "events",
    "installing": "presets",
    "answers": "events",
    "notes": "events",
    "noting": "events",
    "spent": "events",
    "missing": "events",
    "intervals": "events",
    "passages": "events",
    "steps": "events",
    "titles": "events",
    "driver": "connection",
    "driver_source": "connection",
    "driver_templates": "connection",
    "tape": "tap",
    "raw": "tap",
    "terms": "tap",
    "boundaries": "tap",
    "ledger": "tap",
    "scope_changes": "tap",
    "relinking": "tap",
    "places": "tap",
    "unseen": "tap",
    "crashes": "tracebacks",
    "folding": "tracebacks",
    "blockers": "tracebacks",
    "frames": "tracebacks",
    "place": "logs",
    "once": "logs",
    "console": "logs",
    "refusals": "connection",
    "access_writer": "logs",
    "__main__": "cli",
}
# What the face exports, and the room that each name needs.
FACE = {
    "stack": "layers", "layer": "layers", "explain": "layers", "production": "presets",
    "install": "presets",
    "access_log": "middleware/access_log", "compression": "middleware/compression",
    "gzip": "middleware/compression", "decompression": "middleware/decompression",
    "cors": "middleware/cors", "record": "recorder", "request_id": "middleware/request_id",
    "server_error": "middleware/server_error", "timing": "middleware/timing",
    "tracing": "middleware/tracing", "validate": "spec",
    "get_request_id": "connection", "log_fields": "middleware/access_log",
    "set_route": "connection", "measure": "middleware/timing",
    "open_store": "recorder", "compare": "differences", "Exchange": "events", "Event": "events",
    "App": "types", "Scope": "types", "Message": "types", "Receive": "types", "Send": "types",
    "ConfigError": "errors",
}  # fmt: skip
# Imported when a layer that needs them is made, and not before.
LATE = {
    "structlog", "opentelemetry", "anyio", "sqlite3", "click", "rich", "asyncio", "trio",
    "publicsuffixlist", "brotli", "isal", "backports", "prometheus_client", "psycopg",
}  # fmt: skip

MODULES = sorted(path for path in HOUSE.rglob("*.py") if path != HOUSE / "__init__.py")


def name_of(path: Path) -> str:
    """The module's name below the package, with slashes: ``middleware/timing``."""
    return path.relative_to(HOUSE).with_suffix("").as_posix().removesuffix("/__init__")


def room_of(module: str) -> tuple[int, str]:
    """The floor and the room of a module, 0 if it is on none; a folder of rooms is on theirs."""
    module = SPLIT.get(module, module)
    for floor, rooms in FLOORS.items():
        for room in rooms:
            folder = room.removesuffix("/*")
            if module == folder:
                return floor, module
            if module.startswith(f"{folder}/"):
                return floor, folder if folder == room else "/".join(module.split("/")[:2])
    return 0, module


def imports(path: Path) -> list[tuple[int, str]]:
    """Every module that a file imports, with the line: inside functions and for types as well."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} imports relatively"
            module = node.module or ""
            for alias in node.names:
                inner = HOUSE.parent / Path(*module.split("."), alias.name)
                is_module = inner.is_dir() or inner.with_suffix(".py").exists()
                found.append((node.lineno, f"{module}.{alias.name}" if is_module else module))
    return found


def in_house(name: str) -> str | None:
    """The module's name below the package; ``None`` for somebody else's."""
    if name == "asgi_mw":
        return ""
    return name.removeprefix("asgi_mw.").replace(".", "/") if name.startswith("asgi_mw.") else None


def exists(room: str) -> bool:
    """Whether somebody built it."""
    return ((HOUSE / room).is_dir() and any((HOUSE / room).glob("*.py"))) or (
        HOUSE / f"{room}.py"
    ).exists()


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_room_imports_only_from_floors_below_or_from_itself(path: Path) -> None:
    """What is imported for types alone counts too."""
    floor, room = room_of(name_of(path))
    wrong = []
    for line, name in imports(path):
        imported = in_house(name)
        if imported is None:
            continue
        # The face is for users: a room that imports it would import every room.
        below, other = room_of(imported) if imported else (6, "the face")
        if other != room and below >= floor:
            wrong.append(f"line {line}: {other} (floor {below})")

    assert wrong == []


def test_every_room_stands_on_one_floor() -> None:
    """And every room of the table is built or planned."""
    rooms = [room for rooms in FLOORS.values() for room in rooms]

    assert len(rooms) == len(set(rooms))
    assert [room for room in rooms if not exists(room) and not room.endswith("/*")] == []
    assert [name_of(path) for path in MODULES if room_of(name_of(path))[0] not in FLOORS] == []


def test_the_face_imports_nothing_of_the_upper_floors() -> None:
    """What is above floor 5 is imported from its own room."""
    floors = {
        room_of(room)[0]
        for _, name in imports(HOUSE / "__init__.py")
        if (room := in_house(name)) is not None
    }

    assert max(floors) <= 5


@pytest.mark.parametrize("path", [HOUSE / "__init__.py", *MODULES], ids=name_of)
def test_a_room_begins_with_its_purpose_in_one_sentence(path: Path) -> None:
    """On the first line, ended by a full stop; then the import that keeps annotations cheap."""
    tree = ast.parse(path.read_text())
    first = (ast.get_docstring(tree) or "").split("\n")[0]

    assert path.read_text().startswith('"""') or path.read_text().startswith('r"""')
    assert first.endswith(".")
    assert first[0].isupper() or first.startswith("``asgi-mw ")
    statements = [
        node.module for node in tree.body[1:2] if isinstance(node, ast.ImportFrom) and node.module
    ]
    assert statements == ["__future__"] or len(tree.body) == 1


@pytest.mark.parametrize("path", [HOUSE / "__init__.py", *MODULES], ids=name_of)
def test_a_room_is_small(path: Path) -> None:
    """Over about 300 lines it is two rooms."""
    assert len(path.read_text().splitlines()) <= 310


@pytest.mark.parametrize(
    "path",
    [path for path in MODULES if room_of(name_of(path))[0] <= 5 or "testing" in path.parts],
    ids=name_of,
)
def test_the_core_knows_no_event_loop(path: Path) -> None:
    """It runs under trio as well as under asyncio, so it imports neither."""
    roots = {name.split(".")[0] for _, name in imports(path)}

    assert roots & {"asyncio", "trio", "uvloop"} == set()


def test_importing_the_package_imports_nothing_heavy() -> None:
    """Though all of it is installed: what a layer needs comes when that layer is made."""
    seen = modules_after("import asgi_mw")

    assert seen & LATE == set()


@pytest.mark.parametrize(
    ("code", "never"),
    [
        ("import asgi_mw.testing", {"structlog", "opentelemetry", "sqlite3", "click", "rich"}),
        (
            "import asgi_mw.pytest_plugin",
            {"structlog", "opentelemetry", "sqlite3", "click", "anyio", "asyncio", "trio"},
        ),
        ("from asgi_mw import timing; timing(print)", LATE),
        ("from asgi_mw import request_id; request_id(print)", LATE),
        ("from asgi_mw import server_error; server_error(print)", LATE),
        (
            "from asgi_mw.watch import watch; watch(print)",
            {"sqlite3", "click", "anyio", "trio", "prometheus_client"},
        ),
        (
            "from asgi_mw import access_log; access_log(print)",
            {"opentelemetry", "sqlite3", "click", "anyio"},
        ),
        ("from asgi_mw import cors; cors(print, allow_origins=['https://example.org'])", LATE),
        (
            "from asgi_mw import gzip; gzip(print)",
            {"structlog", "opentelemetry", "sqlite3", "click"},
        ),
        (
            "from asgi_mw import decompression; decompression(print)",
            {"structlog", "opentelemetry", "sqlite3", "click"},
        ),
        (
            "from asgi_mw import tracing; tracing(print)",
            {"structlog", "sqlite3", "click", "anyio", "asyncio", "prometheus_client"},
        ),
    ],
    ids=[
        "testing",
        "pytest_plugin",
        "timing",
        "request_id",
        "server_error",
        "watch",
        "access_log",
        "cors",
        "gzip",
        "decompression",
        "tracing",
    ],
)
def test_a_layer_imports_only_what_it_needs(code: str, never: set[str]) -> None:
    """Each of them made alone in a fresh process."""
    assert modules_after(code) & never == set()


def modules_after(code: str) -> set[str]:
    """The top names of all modules that *code* imports in a fresh interpreter."""
    script = (
        f"import sys; bare = set(sys.modules); {code}; import json; "
        "print(json.dumps(sorted({m.split('.')[0] for m in set(sys.modules) - bare})))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=PATIENCE
    )
    return set(json.loads(done.stdout))


def test_the_face_is_the_plans() -> None:
    """Every planned name whose room is built, and nothing else."""
    public = {
        name
        for name, value in vars(asgi_mw).items()
        if not name.startswith("_") and type(value).__name__ not in {"module", "_Feature"}
    }

    assert public == {name for name, room in FACE.items() if exists(room)}
    assert public == set(asgi_mw.__all__)


def test_the_rooms_behind_the_face_do_not_show() -> None:
    """What an editor lists after ``asgi_mw.`` is what there is to use."""
    assert dir(asgi_mw) == sorted(asgi_mw.__all__)


def test_the_face_is_exported_by_name() -> None:
    """``from .x import y as y``: a type checker takes each for an export."""
    tree = ast.parse((HOUSE / "__init__.py").read_text())
    aliases = [
        alias
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module != "__future__"
        for alias in node.names
    ]

    assert [alias.name for alias in aliases if alias.asname != alias.name] == []


def test_the_package_is_typed() -> None:
    """Its users' type checkers read it."""
    assert (HOUSE / "py.typed").exists()
