"""What a rule of the ASGI specification says, and what was found against one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Fault: TypeAlias = Literal["app", "server"]
"""Whose fault it is; to an app, a middleware outside of it is part of the server."""
Verdict: TypeAlias = Literal["violation", "undecided"]
"""The text forbids it, or can be read in two ways, which never counts against anybody."""
Severity: TypeAlias = Literal["must", "should"]
"""How the sentence is worded."""
Profile: TypeAlias = Literal["spec", "http", "advice"]
"""Where the sentence stands: in ASGI, in HTTP and WebSocket themselves, or in good practice."""
Kind: TypeAlias = Literal["http", "websocket", "lifespan"]
Weight: TypeAlias = Literal["violation", "undecided", "advice"]
"""What breaking a rule counts as."""
WEIGHTS: tuple[Weight, ...] = ("violation", "undecided", "advice")
"""All weights, the worst first."""

REVISION = "2026-07-19"
"""The date of the text that the rules cite; each name below is one of its pages."""
_PAGES = {
    "asgi": "https://asgi.readthedocs.io/en/latest/specs/main.html",
    "www": "https://asgi.readthedocs.io/en/latest/specs/www.html",
    "lifespan": "https://asgi.readthedocs.io/en/latest/specs/lifespan.html",
    "tls": "https://asgi.readthedocs.io/en/latest/specs/tls.html",
    "extensions": "https://asgi.readthedocs.io/en/latest/extensions.html",
    "rfc": "https://www.rfc-editor.org/rfc/",
}


def url_of(source: str) -> str:
    """The URL of a *source*.

    >>> url_of("rfc9110#section-9.3.2")
    'https://www.rfc-editor.org/rfc/rfc9110.html#section-9.3.2'
    """
    page, mark, section = source.partition("#")
    if page.startswith("rfc") and page != "rfc":
        return f"{_PAGES['rfc']}{page}.html{mark}{section}"
    return f"{_PAGES[page]}{mark}{section}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One thing that the specification asks for.

    Attributes:
        id: Its name, which never changes.
        fault: Who is at fault if it is broken.
        sentence: The words that it comes from.
        source: Their page and section, as ``"www#response-start-send-event"``.
        why: What it means, and what goes wrong without it.
        bad: The body of an app that breaks it; for a server's fault, the code that makes its
            ``scope`` and its ``messages``.
        good: The same without the fault.
        kind: The connection that *bad* and *good* are played on.
        severity: How the sentence is worded.
        verdict: Whether breaking it is a violation, or that is undecided.
        profile: Where it comes from.
        readings: If undecided, the two ways to read it.
        thread: If undecided, where that is discussed.

    >>> from asgi_mw.spec import RULES
    >>> RULES["http.start.twice"].severity, RULES["http.start.twice"].url
    ('must', 'https://asgi.readthedocs.io/en/latest/specs/www.html#response-start-send-event')
    """

    id: str
    fault: Fault
    sentence: str
    source: str
    why: str
    bad: str
    good: str
    kind: Kind = "http"
    severity: Severity = "must"
    verdict: Verdict = "violation"
    profile: Profile = "spec"
    readings: tuple[str, str] | None = None
    thread: str = ""

    @property
    def counts_as(self) -> Weight:
        """What a break of the rule counts as: what is undecided, or advice, fails nobody."""
        if self.verdict == "undecided":
            return "undecided"
        return "advice" if self.profile == "advice" else "violation"

    @property
    def url(self) -> str:
        """The URL of the sentence."""
        return url_of(self.source)

    def named(self) -> dict[str, str]:
        """Which rule it is and what it counts as, as data for JSON."""
        return {
            "rule": self.id,
            "counts_as": self.counts_as,
            "fault": self.fault,
            "severity": self.severity,
            "sentence": self.sentence,
            "url": self.url,
        }


@dataclass(frozen=True, slots=True)
class Finding:
    """One place where a connection does not do what a rule asks for.

    Attributes:
        rule: The rule.
        said: What is wrong there, in words.
        at: The number of the event, from 0 in the order of the calls; ``None`` if it is about
            the scope, or about the end of the app's call.
        where: The same in words: ``"scope"``, ``"receive"``, ``"send"`` or ``"end"``.
    """

    rule: Rule
    said: str
    at: int | None
    where: Literal["scope", "receive", "send", "end"]

    @property
    def is_violation(self) -> bool:
        """Whether the text forbids it: what is undecided counts against nobody."""
        return self.rule.counts_as == "violation"

    def plain(self) -> dict[str, str | int | None]:
        """The finding as data for JSON."""
        return {
            **self.rule.named(),
            "said": self.said,
            "event": self.at,
            "side": self.where,
        }

    def __str__(self) -> str:
        """One line: who, where, what, and the rule."""
        place = self.where if self.at is None else f"event {self.at} ({self.where})"
        word = "undecided" if self.rule.verdict == "undecided" else self.rule.severity
        return f"{self.rule.fault}, {place}: {self.said} [{self.rule.id}, {word}]"
