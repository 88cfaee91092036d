"""The options of the access log, checked and compiled once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from asgi_mw.client import client_finder
from asgi_mw.faults import Faults
from asgi_mw.headers import header_name
from asgi_mw.redaction import redaction_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from asgi_mw.errors import Problems
    from asgi_mw.headers import Headers
    from asgi_mw.messages import Outcome
    from asgi_mw.redaction import Redaction
    from asgi_mw.types import Scope

_LEVELS: Mapping[str, str] = {"error": "error", "incomplete": "warning"}


@dataclass(frozen=True, slots=True)
class Policy:
    """How connections are logged."""

    logger: Callable[[], Any]
    redact: Redaction
    sample: float
    slow: int
    skip: Callable[[Scope], bool] | frozenset[str]
    headers: tuple[tuple[str, bytes], ...]
    client: Callable[[Scope, Headers], str | None]
    faults: Faults = field(default_factory=lambda: Faults("access_log"))

    def skips(self, scope: Scope) -> bool:
        """Whether this connection is not to be logged; a faulty predicate skips nothing."""
        skip = self.skip
        if isinstance(skip, frozenset):
            return bool(skip) and scope.get("path") in skip
        try:
            return bool(skip(scope))
        except Exception as error:  # noqa: BLE001  # the user's function; the request goes on
            self.faults.note("skip", error)
            return False

    def log(self, outcome: Outcome, event: str, fields: Mapping[str, object]) -> None:
        """Hand one event to the logger, at the level that fits its outcome."""
        status = fields.get("status")
        level = "error" if isinstance(status, int) and status >= 500 else "info"
        getattr(self.logger(), _LEVELS.get(outcome, level))(event, **fields)


def compile_policy(
    problems: Problems,
    *,
    logger: Any,
    redact: Redaction | Iterable[str] | None,
    sample: float,
    slow: float,
    skip: Callable[[Scope], bool] | Iterable[str],
    headers: Iterable[str],
    trusted_proxies: Iterable[str],
) -> Policy:
    """Check every option; what is wrong goes to *problems*."""
    if not _is_number(sample) or not 0 <= sample <= 1:
        problems.add("sample", sample, "is no share", "write a number from 0.0 to 1.0")
        sample = 1.0
    if not _is_number(slow) or not 0 <= slow < float("inf"):
        problems.add("slow", slow, "is no time in seconds", "write a number, as slow=1.0")
        slow = 1.0
    if isinstance(skip, str):
        problems.add("skip", skip, "a list of paths is meant", f"write skip=[{skip!r}]")
    if isinstance(headers, str):
        problems.add("headers", headers, "a list of names is meant", f"write [{headers!r}]")
        headers = ()
    if logger is not None and not callable(getattr(logger, "info", None)):
        problems.add("logger", logger, "is no logger", "give one, as structlog.get_logger()")
    names = [header_name(name, "headers", problems) for name in headers]
    return Policy(
        logger=_own_logger() if logger is None else lambda: logger,
        redact=redaction_of(redact, "redact", problems),
        sample=sample,
        slow=int(slow * 1e9),
        skip=skip if callable(skip) else frozenset(skip),
        headers=tuple((f"header_{name.decode().replace('-', '_')}", name) for name in names),
        client=client_finder(trusted_proxies, problems),
    )


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _own_logger() -> Callable[[], Any]:
    from asgi_mw.middleware.access_log.logger import own_logger  # noqa: PLC0415  # structlog is slow to import

    return own_logger()
