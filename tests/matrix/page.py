"""The part of docs/matrix.md that a run writes, and what a test reads there."""

from __future__ import annotations

import platform
import re
from typing import TYPE_CHECKING

from tests.marked import between, put
from tests.matrix.frameworks import FRAMEWORKS
from tests.matrix.reasons import REASONS, explained
from tests.matrix.servers import SERVERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tests.matrix.cells import Cell
    from tests.matrix.checks import Deviation

BEGIN = "<!-- Written by `make matrix`, from here -->"
END = "<!-- to here -->"
_PASSES, _SERVES_NOT = "✓", "✗"
_ROW = re.compile(r"^\| (?P<title>[^|`]+) \|(?P<cells>.*)\|$", re.MULTILINE)
_REASON = re.compile(r"^(?P<number>\d+)\. .*<!-- (?P<key>[a-z0-9-]+) -->$", re.MULTILINE)


def rewritten(page: str, cells: Mapping[str, Cell]) -> str:
    """*page* with the results of this run in place of the old ones."""
    return put(page, BEGIN, END, _written(cells))


def read(page: str) -> dict[str, set[str]]:
    """The keys of the reasons of each cell, by its name, as *page* has them."""
    part = between(page, BEGIN, END)
    keys = {found["number"]: found["key"] for found in _REASON.finditer(part)}
    names = {one.title: key for key, one in FRAMEWORKS.items()}
    return {
        f"{names[row['title']]}/{server}": {keys[number] for number in re.findall(r"\d+", text)}
        for row in _ROW.finditer(part)
        if row["title"] in names
        for server, text in zip(SERVERS, row["cells"].split("|"), strict=True)
    }


def table(cells: Mapping[str, Cell]) -> str:
    """A mark for each pair, with the numbers of its reasons."""
    numbers = _numbers(cells.values())
    lines = [f"| | {' | '.join(SERVERS)} |", "|---|" + "---|" * len(SERVERS)]
    for key, framework in FRAMEWORKS.items():
        marks = [_mark(cells.get(f"{key}/{server}"), numbers) for server in SERVERS]
        lines.append(f"| {framework.title} | {' | '.join(marks)} |")
    return "\n".join(lines)


def _written(cells: Mapping[str, Cell]) -> str:
    numbers = _numbers(cells.values())
    reasons = "\n".join(_reason(number, key, cells) for key, number in numbers.items())
    return "\n\n".join([_versions(), table(cells), "### Reasons", reasons])


def _versions() -> str:
    frameworks = sorted({one.versions for one in FRAMEWORKS.values() if one.versions})
    names = dict.fromkeys(name for text in frameworks for name in text.split(", "))
    servers = "\n".join(f"| {one.name} | {one.versions} | `{one.line}` |" for one in _servers())
    return (
        f"On Python {platform.python_version()}, with {', '.join(sorted(names))}.\n\n"
        f"| Server | Versions | Command |\n|---|---|---|\n{servers}"
    )


def _servers() -> list[_Shown]:
    return [_Shown(one.name, one.versions, one.command) for one in SERVERS.values()]


class _Shown:
    """A server as the page has it."""

    def __init__(self, name: str, versions: str, command: str) -> None:
        self.name, self.versions = name, versions
        places = (" --host 127.0.0.1", " --port {port}", " --bind 127.0.0.1:{port}", " {port}")
        for place in places:
            command = command.replace(place, "")
        self.line = command.replace("{certificates}/", "").replace("127.0.0.1:{port}", "…")


def _numbers(cells: Iterable[Cell]) -> dict[str, int]:
    """The reasons that are needed, numbered in their order."""
    needed = {key for cell in cells for key in explained(cell)[0]}
    return {key: number for number, key in enumerate((one for one in REASONS if one in needed), 1)}


def _mark(cell: Cell | None, numbers: Mapping[str, int]) -> str:
    if cell is None:
        return ""
    reasons, left = explained(cell)
    serves = all(one.case not in {"json", "serving"} for one in cell.holes)
    mark = "FAIL" if left else _PASSES if serves else _SERVES_NOT
    return " ".join([mark, *(str(numbers[key]) for key in reasons)])


def _reason(number: int, key: str, cells: Mapping[str, Cell]) -> str:
    reason = REASONS[key]
    seen = [
        (attached, deviation)
        for cell in cells.values()
        for attached, deviation in cell.deviations
        if _first(cell, attached, deviation) == key
    ]
    cases = ", ".join(f"`{case}`" for case in dict.fromkeys(one.case for _, one in seen))
    example = min((one.what for _, one in seen), key=len).replace("\n", "\\n").replace("|", "\\|")
    run = "With our layers" if reason.ours else "Without us"
    return f"{number}. {reason.text} *{run}, {cases}: {example}* <!-- {key} -->"


def _first(cell: Cell, attached: str, deviation: Deviation) -> str | None:
    fitting = (key for key, one in REASONS.items() if one.fits(cell, attached, deviation))
    return next(fitting, None)
