"""The options of the access log, checked and compiled once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from asgi_mw.client import client_finder
from asgi_mw.faults import Faults
from asgi_mw.headers import header_name
from asgi_mw.options import number, skipper
from asgi_mw.printable import printable

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
    skips: Callable[[Scope], bool]
    headers: tuple[tuple[str, bytes], ...]
    client: Callable[[Scope, Headers], str | None]
    agent: Callable[[bytes], str]
    faults: Faults

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
    from asgi_mw.redaction import redaction_of  # noqa: PLC0415  # slow to import

    faults = Faults("access_log")
    if isinstance(headers, str):
        problems.add("headers", headers, "a list of names is meant", f"write [{headers!r}]")
        headers = ()
    if logger is not None and not callable(getattr(logger, "info", None)):
        problems.add("logger", logger, "is no logger", "give one, as structlog.get_logger()")
    policy = redaction_of(redact, "redact", problems)
    names = [header_name(name, "headers", problems) for name in headers]
    return Policy(
        logger=_own_logger() if logger is None else lambda: logger,
        redact=policy,
        sample=number(sample, "sample", problems, most=1),
        slow=int(number(slow, "slow", problems) * 1e9),
        skips=skipper(skip, problems, faults),
        headers=tuple((f"header_{name.decode().replace('-', '_')}", name) for name in names),
        client=client_finder(trusted_proxies, problems),
        agent=_agent_of(policy),
        faults=faults,
    )


def _agent_of(redact: Redaction) -> Callable[[bytes], str]:
    """How a user agent is shown: there are few of them, and many requests of each."""

    def show(agent: bytes) -> str:
        return printable(redact.text(agent.decode("latin-1")), 256)

    remembered = lru_cache(maxsize=256)(show)
    return lambda agent: remembered(agent) if len(agent) <= 256 else show(agent[:1024])


def _own_logger() -> Callable[[], Any]:
    from asgi_mw.middleware.access_log.logger import own_logger  # noqa: PLC0415  # structlog is slow to import

    return own_logger()
