"""A real OTLP receiver, and what it received: read from the log of rotel."""

from __future__ import annotations

import re
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING

from tests.system import PATIENCE, comes_to_listen, free_ports, lacking

if TYPE_CHECKING:
    from collections.abc import Iterator

_RECORD = re.compile(r"(Span|LogRecord|HistogramDataPoints|NumberDataPoints|Metric) #\d+$")
_FACT = re.compile(r" *([A-Za-z ]+?) *: ?(.*)$")
_ATTRIBUTE = re.compile(r" +-> ([\w.\-]+): (?:(\w+)\((.*)\)?|(.*))$")


@dataclass
class Record:
    """A span, a log record, a metric or a data point.

    Attributes:
        kind: As the receiver names it.
        scope: Who made it.
        facts: What is known of it, by the receiver's names.
        attributes: All values as text.
    """

    kind: str
    scope: str
    facts: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass
class Receiver:
    """Where to send to, and what came."""

    url: str
    log: Path

    def records(self, *kinds: str) -> list[Record]:
        """Everything of these kinds, as received."""
        found: list[Record] = []
        record: Record | None = None
        scope = ""
        for line in self.log.read_text("utf-8").splitlines():
            if line.startswith("InstrumentationScope "):
                scope = line.split()[1]
            elif kind := _RECORD.match(line):
                record = Record(kind[1], scope)
                found.append(record)
            elif line.startswith(("Resource", "Scope")):
                record = None  # its attributes are nobody's
            elif record is None:
                continue
            elif attribute := _ATTRIBUTE.match(line):
                value = attribute[3].removesuffix(")") if attribute[2] else attribute[4]
                record.attributes.setdefault(attribute[1], value)
            elif fact := _FACT.match(line):
                record.facts.setdefault(fact[1], fact[2].strip())
        return [one for one in found if one.kind in kinds]

    def wait_for(self, text: str, patience: float = 20.0) -> None:
        """Wait until *text* was received."""
        until = monotonic() + patience
        while text not in self.log.read_text("utf-8"):
            assert monotonic() < until, f"{text!r} was not received"
            sleep(0.05)

    def settle(self) -> None:
        """Wait until nothing more is written."""
        size = -1
        while size != (size := self.log.stat().st_size):
            sleep(0.5)


@contextmanager
def receiving(folder: Path) -> Iterator[Receiver]:
    """Run rotel on the loopback interface."""
    spec = find_spec("rotel")
    if spec is None or spec.origin is None:
        lacking("rotel is not installed")
    agent = Path(spec.origin).with_name("rotel-agent")
    tried = subprocess.run([agent, "--version"], capture_output=True, text=True, check=False)
    if tried.returncode:  # it is linked with the shared library of Python, which not all have
        lacking(f"rotel does not start: {tried.stderr.strip()}")
    http, grpc = free_ports(2)
    log = folder / "rotel.log"
    command = [
        *(str(agent), "start", "--exporter", "blackhole", "--batch-timeout", "100ms"),
        *("--otlp-http-endpoint", f"127.0.0.1:{http}"),
        *("--otlp-grpc-endpoint", f"127.0.0.1:{grpc}"),
        *("--debug-log", "traces", "--debug-log", "metrics", "--debug-log", "logs"),
        *("--debug-log-verbosity", "detailed"),
    ]
    with log.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=out) as process:
        try:
            assert comes_to_listen(http, process)
            yield Receiver(f"http://127.0.0.1:{http}", log)
        finally:
            process.terminate()
            process.wait(PATIENCE)
