"""One framework under one server: served three times, and what is wrong with that."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import TYPE_CHECKING, Any

from tests.matrix.checks import Deviation, faults, holes
from tests.matrix.frameworks import FRAMEWORKS
from tests.matrix.run import ATTACHED, run
from tests.matrix.servers import SERVERS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.matrix.run import Attached, Run


@dataclass(frozen=True, slots=True)
class Cell:
    """The result of one framework under one server.

    Attributes:
        framework, server: Their keys.
        holes: What the bare run does not do.
        faults: What the other runs do differently, or report wrongly, by how layers are attached.
        seconds: How long it took.
    """

    framework: str
    server: str
    holes: tuple[Deviation, ...]
    faults: dict[Attached, tuple[Deviation, ...]]
    seconds: float = 0.0

    @property
    def name(self) -> str:
        """As ``--only`` takes it."""
        return f"{self.framework}/{self.server}"

    @property
    def deviations(self) -> list[tuple[Attached, Deviation]]:
        """All deviations, each with the run that it was seen in."""
        found: list[tuple[Attached, Deviation]] = [("bare", one) for one in self.holes]
        found += [(attached, one) for attached, some in self.faults.items() for one in some]
        return found

    def as_json(self) -> dict[str, Any]:
        """As it is saved."""
        return {
            "framework": self.framework,
            "server": self.server,
            "seconds": round(self.seconds, 1),
            "holes": [one._asdict() for one in self.holes],
            "faults": {
                attached: [one._asdict() for one in some] for attached, some in self.faults.items()
            },
        }


def from_json(saved: dict[str, Any]) -> Cell:
    """The cell that :meth:`Cell.as_json` saved."""
    return Cell(
        saved["framework"],
        saved["server"],
        tuple(Deviation(**one) for one in saved["holes"]),
        {key: tuple(Deviation(**one) for one in some) for key, some in saved["faults"].items()},
        saved["seconds"],
    )


def examine(
    framework: str, server: str, certificates: Path, how: Iterable[Attached] = ATTACHED
) -> Cell:
    """Serve it bare, in our layers, and with the layers installed where it takes them.

    *how* may leave out one of the last two.
    """
    began = monotonic()
    runs: dict[Attached, Run] = {}
    for attached in how:
        if attached == "native" and not FRAMEWORKS[framework].native:
            continue
        with TemporaryDirectory() as folder:
            runs[attached] = run(framework, SERVERS[server], attached, Path(folder), certificates)
    bare = runs.pop("bare")
    found = {
        attached: tuple(faults(one, bare, FRAMEWORKS[framework])) for attached, one in runs.items()
    }
    return Cell(framework, server, tuple(holes(bare)), found, monotonic() - began)
