"""How long exports of a large store take, and imports of one, and how much memory they need."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from asgi_mw import open_store
from tests.bench.report import Row
from tests.bench.store import made

# The bars: a HAR of at most so many exchanges takes so many seconds, and so many MiB
_MOST, _SECONDS, _MEMORY = 100_000, 60.0, 200.0
_OTHERS = ("jsonl", "trace", "parquet", "pytest", "otlp")


async def rows(count: float) -> list[Row]:
    """Export the newest 100,000 of a store of *count* exchanges, and import the HAR."""
    return _measured(count)


def _measured(count: float) -> list[Row]:
    folder, _ = made(int(count))
    number = min(int(count), _MOST)
    table = []
    with TemporaryDirectory() as scratch:
        for kind in ("har", *_OTHERS):
            file = Path(scratch, kind)
            seconds, memory = _run(
                "export", "--as", kind, "-o", file, "--store", folder, "--limit", number
            )
            size: dict[str, float] = {"file [MiB]": round(file.stat().st_size / 2**20)}
            table += _rows(f"export {number:,} as {kind}", seconds, memory, size, kind == "har")
        store = Path(scratch, "store")
        for what in ("", " once more"):
            seconds, memory = _run("import", Path(scratch, "har"), "--store", store)
            kept: dict[str, float] = {"kept": open_store(store).count()}
            table += _rows(f"import {number:,} of har{what}", seconds, memory, kept, True)
    return table


def _run(*arguments: object) -> tuple[float, float]:
    """The seconds that a command takes, and the MiB that it has at most."""
    line = [sys.executable, "-m", "asgi_mw", *map(str, arguments)]
    began = perf_counter()
    with subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{line} ended with status {process.returncode}")
    return perf_counter() - began, used.ru_maxrss / 1024


def _rows(
    name: str,
    seconds: float,
    memory: float,
    parts: dict[str, float],
    barred: bool,  # noqa: FBT001  # of two kinds
) -> list[Row]:
    return [
        Row(name, seconds, "s", _SECONDS if barred else None, parts=parts),
        Row(f"{name}, memory", memory, "MiB", _MEMORY if barred else None),
    ]
