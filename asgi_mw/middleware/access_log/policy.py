"""The options of the access log, checked and compiled once."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from asgi_mw.caches import keep, remembered
from asgi_mw.client import client_finder
from asgi_mw.faults import Faults
from asgi_mw.headers import header_name
from asgi_mw.options import number, skipper
from asgi_mw.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from asgi_mw.errors import Problems
    from asgi_mw.events import Fate
    from asgi_mw.headers import Headers
    from asgi_mw.redaction import Redaction
    from asgi_mw.types import Scope

# A text is cut to this before it is masked: much longer than the 1,024 characters that are shown
LONG = 8192
# Queries that are no longer than this are shown whole
_SHORT = 1024
# Queries without a secret that are no longer than this are cached
_OFTEN = 128
# Logs, at a level, an event with its fields, which the function may change from then on
Log: TypeAlias = "Callable[[str, str, dict[str, object]], None]"

_LEVELS: Mapping[str, str] = {"error": "error", "incomplete": "warning"}


class Writer(Protocol):
    """Writes lines of JSON; :mod:`asgi_mw.logs` makes one."""

    def write(self, level: str, event: str, head: str, tail: str) -> None:
        """Write the line of one event, with what the chain adds between its *head* and *tail*."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How connections are logged."""

    write: Log
    writer: Callable[[], Writer | None]
    redact: Redaction
    sample: float
    slow: int
    skips: Callable[[Scope], bool]
    headers: tuple[tuple[str, bytes], ...]
    client: Callable[[Scope, Headers], str | None]
    query: Callable[[bytes], str]
    agent: Callable[[bytes], str]
    faults: Faults

    def path(self, path: str) -> str:
        """How *path* is shown."""
        return printable(self.redact.text(path[:LONG], cut=len(path) > LONG))

    def log(self, outcome: Fate, event: str, fields: dict[str, object]) -> None:
        """Hand one event to the logger, at the level that fits its outcome."""
        level = self.level(outcome, fields.get("status"))
        told = fields.get("exception")
        if level == "info" and told is not None:
            level = "warning"  # it made no difference to the client, or nobody was there
        self.write(level, event, fields)

    def level(self, outcome: Fate, status: object) -> str:
        """The level for this *outcome* and *status*, if the app raised nothing."""
        usual = "error" if isinstance(status, int) and status >= 500 else "info"
        return _LEVELS.get(outcome, usual)


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
    from asgi_mw.redaction import DEFAULT, redaction_of  # noqa: PLC0415  # slow to import

    faults = Faults("access_log")
    if isinstance(headers, (str, bytes)) or not isinstance(headers, Iterable):
        problems.add("headers", headers, "a list of names is meant", "write ['x-name']")
        headers = ()
    if logger is not None and not callable(getattr(logger, "info", None)):
        problems.add("logger", logger, "is no logger", "give one, as structlog.get_logger()")
    policy = redaction_of(redact, "redact", problems)
    names = [header_name(name, "headers", problems) for name in headers]
    write, writer = _logger_of(logger, usual=policy is DEFAULT)
    return Policy(
        write=write,
        writer=writer,
        redact=policy,
        sample=number(sample, "sample", problems, most=1),
        slow=int(number(slow, "slow", problems, most=1e9) * 1e9),
        skips=skipper(skip, problems, faults),
        headers=tuple((_field_of(name), name) for name in names),
        client=client_finder(trusted_proxies, problems),
        query=_query_of(policy),
        agent=_agent_of(policy),
        faults=faults,
    )


def _field_of(header: bytes) -> str:
    return "header_" + header.decode("latin-1").replace("-", "_")


def _query_of(redact: Redaction) -> Callable[[bytes], str]:
    """How a query is shown."""
    from asgi_mw.redaction.forms import is_plain  # noqa: PLC0415  # slow to import

    secret = redact.secret
    plain: dict[bytes, str] = {}

    def show(query: bytes) -> str:
        if (known := plain.get(query)) is not None:
            return known
        if len(query) <= _SHORT and is_plain(query, secret):
            text = query.decode()
            if len(query) <= _OFTEN:
                keep(plain, query, text, most=1024)
            return text
        masked, _ = redact.query(query[:LONG], cut=len(query) > LONG)
        return printable(masked.decode("latin-1"))

    return show


def _agent_of(redact: Redaction) -> Callable[[bytes], str]:
    """How a user agent is shown: there are few of them, and many requests of each."""

    def show(agent: bytes) -> str:
        text = agent[:1024].decode("latin-1")
        return printable(redact.text(text, cut=len(agent) > len(text)), 256)

    return remembered(256, longest=256)(show)


def _logger_of(logger: Any, *, usual: bool) -> tuple[Log, Callable[[], Writer | None]]:
    from asgi_mw.middleware.access_log.logger import OwnLogger, stdlib_logger  # noqa: PLC0415  # structlog is slow to import

    if logger is None:
        own = OwnLogger(usual=usual)
        return own.log, own.writer
    if isinstance(logger, logging.Logger):
        return stdlib_logger(logger), _none
    return lambda level, event, fields: getattr(logger, level)(event, **fields), _none


def _none() -> None:
    """Stand in for the writer of a logger that has none."""
