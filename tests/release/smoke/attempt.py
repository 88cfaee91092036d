"""One check of an installed package: a thing works, or says which extra it needs."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# What an extra brings, and the core does not
MODULES = {
    "analyse": "duckdb",
    "cli": "uvicorn",
    "compress": "brotli",
    "conformance": "h2",
    "fast": "msgspec",
    "mcp": "mcp",
    "otlp": "opentelemetry.sdk",
    "postgres": "psycopg",
    "prometheus": "prometheus_client",
    "test": "httpx2",
}


class BrokenError(Exception):
    """What was tried does not work; the message has what it said."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A thing to try.

    Attributes:
        name: What it is.
        do: Tries it.
        extra: What it needs; ``None`` for nothing beside the core.
        module: What of the extra it needs, where another extra brings the usual one, too.
    """

    name: str
    do: Callable[[], object]
    extra: str | None = None
    module: str | None = None

    def outcome(self) -> str:
        """Try it; why it is broken, or nothing."""
        try:
            self.do()
        except Exception as error:  # noqa: BLE001  # whatever a user would see
            said = f"{type(error).__name__}: {error}"
        else:
            said = ""
        if self.extra is None or _is_here(self.module or MODULES[self.extra]):
            return said
        wanted = f'pip install "asgi-mw[{self.extra}]"'
        if not said:
            return f"works without the extra {self.extra}"
        return "" if wanted in said and "Traceback" not in said else f"says no {wanted}: {said}"


def is_there(extra: str) -> bool:
    """Whether what *extra* brings can be imported."""
    return _is_here(MODULES[extra])


def _is_here(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # of a part, as opentelemetry.sdk
        return False
