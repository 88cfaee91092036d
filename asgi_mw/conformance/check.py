"""A check, its result, and how a check reports that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from asgi_mw.spec.rule import url_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_mw.conformance.kit import Kit

Verdict: TypeAlias = Literal["pass", "fail", "undecided", "not offered", "error"]
"""``undecided``: the text is open, and never counts against a server; ``error``: the kit failed."""
Severity: TypeAlias = Literal["must", "should", "undecided"]
"""How the sentence is worded, or that the text is open."""
Run: TypeAlias = "Callable[[Kit], str | None]"
"""Returns what was seen, if that is worth saying."""


class FailedError(Exception):
    """The server does not do what the sentence says."""


class UndecidedError(Exception):
    """What the server does can be read as right and as wrong."""


class NotOfferedError(Exception):
    """The server does not claim to do it."""


class OverdueError(Exception):
    """The check took longer than a check may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that a server is asked for.

    Attributes:
        id: Its name, which never changes.
        title: What holds if it passes.
        sentence: The words that it comes from; for an undecided check, what is open.
        source: Their page and section, as ``"www#response-start-send-event"``.
        severity: How the sentence is worded; an undecided check reports, and never fails.
        run: The function that checks.
        own_process: Whether it starts and ends a server of its own.
    """

    id: str
    title: str
    sentence: str
    source: str
    severity: Severity
    run: Run
    own_process: bool = False

    @property
    def part(self) -> str:
        """The first word of its id."""
        return self.id.partition(".")[0]

    @property
    def url(self) -> str:
        """The URL of the sentence."""
        return url_of(self.source)


@dataclass(frozen=True, slots=True)
class Result:
    """The result of one check.

    Attributes:
        server: The name of the server in the table.
        check: Which check.
        verdict: Whether it passed.
        detail: What was expected, and what was seen.
        ms: How long it took.
    """

    server: str
    check: Check
    verdict: Verdict
    detail: str
    ms: int

    def to_json(self) -> dict[str, Any]:
        """Everything, for programs."""
        return {
            "server": self.server,
            "check": self.check.id,
            "title": self.check.title,
            "verdict": self.verdict,
            "severity": self.check.severity,
            "said": self.detail or None,
            "sentence": self.check.sentence,
            "url": self.check.url,
            "duration_ms": self.ms,
        }


class Table(list[Check]):
    """The checks of one part."""

    def check(
        self,
        id: str,  # noqa: A002  # as the field is called
        title: str,
        *,
        sentence: str,
        source: str,
        severity: Severity = "must",
        own_process: bool = False,
    ) -> Callable[[Run], Run]:
        """Add the function as a check."""

        def add(run: Run) -> Run:
            self.append(
                Check(
                    id=id,
                    title=title,
                    sentence=sentence,
                    source=source,
                    severity=severity,
                    run=run,
                    own_process=own_process,
                )
            )
            return run

        return add


def expect(what: str, expected: Any, seen: Any) -> None:
    """Go on if they are equal.

    Raises:
        FailedError: They are not.

    >>> expect("status", 403, 101)
    Traceback (most recent call last):
    asgi_mw.conformance.check.FailedError: status: expected 403, saw 101
    """
    if expected != seen:
        raise FailedError(f"{what}: expected {shown(expected)}, saw {shown(seen)}")


def shown(value: Any, limit: int = 120) -> str:
    """*value* in at most *limit* characters."""
    text = repr(value)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
