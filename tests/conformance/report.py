"""The report of ``docs/conformance.md``: what each server does, and why a fail is one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from asgi_mw.conformance import CHECKS, SERVERS
from tests.marked import between

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asgi_mw.conformance import Result

BEGIN, END = "<!-- report -->", "<!-- end of the report -->"
MARKS = {
    "pass": "pass",
    "fail": "**fail**",
    "undecided": "open",
    "not offered": "-",
    "error": "error",
}
_LONGEST = 160
WHY = {
    "scope.http_version": "The text has three values, and an app can expect no other.",
    "scope.client": "The text says that the port is an integer.",
    "scope.server": "The text says that the port is an integer.",
    "scope.headers.whitespace": "Blanks around a value are no part of it, so an app that compares "
    "values sees another one.",
    "http.start.no-headers": "The text says that headers are optional.",
    "http.start.transfer-encoding": "The text says that the server must ignore it. Here "
    "the header spoils the framing of the response.",
    "framing.version-1.0": "A client of HTTP/1.0 cannot read chunks.",
    "invalid.unknown-type": "An unknown type is the first example that the text has.",
    "invalid.header-type": "Text in headers is the very example that the text has.",
    "invalid.status-type": "The status is an integer; the text has a wrong type as an example.",
    "invalid.body-type": "The body is bytes; the text has a wrong type as an example.",
    "fault.raises-after-start": "The connection must end; here the client waits on.",
    "fault.raises-in-body": "The connection must end; here the client waits on.",
    "disconnect.after-response": "The text has it sent if `receive` is called after "
    "a response has been sent. Here `receive` waits.",
    "receive.cancelled": "The client is there and no response was sent, so neither case of the "
    "text holds.",
    "receive.polled": "The client is there and no response was sent, so neither case of the text "
    "holds. Starlette's `is_disconnected()` asks like this.",
    "receive.cancelled.body": "A part of the body never reaches the app, though all of it came.",
    "gone.send-raises": "The server claims version 2.4, which says that it should.",
    "handshake.scope": "The text says that duplicates must be preserved as received. Here they are "
    "joined.",
    "handshake.headers": "The server claims a version above 2.1, which has these headers.",
    "handshake.closed.disconnect": "The text names the server closing the connection as a cause of "
    "the event. Here `receive` waits for ever.",
    "handshake.left": "The text names the loss of the socket as a cause of the event. Here "
    "`receive` waits for ever.",
    "websocket.empty": "What is empty is not `None`, so it is a message.",
    "websocket.send.invalid": "An unknown type is the first example that the text has.",
    "websocket.send.neither": "The text asks for exactly one of the two keys.",
    "closing.code": "The code that the client sent is not the one that the app gets.",
    "closing.no-code": "The text names the number: 1005.",
    "closing.send-after-left": "The server claims version 2.4, which asks for a subclass of "
    "`OSError`.",
    "closing.returns": "The app's call is over, and the socket stays open.",
    "extension.denial": "The server offers the extension, and sends no body if the app awaits "
    "anything between start and body.",
    "extension.denial.parts": "The messages have the structure of `http.response.body`, which has "
    "`more_body`.",
    "http2.raises": "The stream must end; here the client waits on while another stream is open.",
    "lifespan.startup.failed.cleanup": "The server has seen the message, and serves.",
    "rules.http": "See the rules that are named.",
    "rules.websocket": "See the rules that are named.",
    "rules.http2": "See the rules that are named.",
}
"""For each check that a server fails, why that is right."""


def report(results: Iterable[Result], day: str) -> str:
    """The part of the page between the two marks."""
    results = list(results)
    names = list(dict.fromkeys(one.server for one in results))
    lines = [f"Made on {day}. A server starts as its users start it:", ""]
    lines += ["| Server | Versions | Command |", "|---|---|---|"]
    for name in names:
        command = SERVERS[name].command.replace("{python} -m ", "")
        lines.append(f"| {name} | {SERVERS[name].versions} | `{command}` |")
    lines += ["", f"| Check | {' | '.join(names)} |", f"|---|{'---|' * len(names)}"]
    found = {(one.server, one.check.id): one for one in results}
    for check in CHECKS:
        marks = [MARKS[found[name, check].verdict] for name in names]
        lines.append(f"| `{check}` | {' | '.join(marks)} |")
    lines += ["", "### Fails", "", "| Check | Server | Seen | Why it is one |", "|---|---|---|---|"]
    for check in CHECKS:
        for name in names:
            one = found[name, check]
            if one.verdict in {"fail", "error"}:
                weak = " (should)" if one.check.severity == "should" else ""
                seen = _code(one.detail)
                lines.append(f"| `{check}`{weak} | {name} | {seen} | {WHY.get(check, '?')} |")
    lines += ["", "### Open questions", "", "| Check | What servers do |", "|---|---|"]
    for check in CHECKS:
        said: dict[str, list[str]] = {}
        for name in names:
            one = found[name, check]
            if one.verdict == "undecided":
                said.setdefault(_code(one.detail), []).append(name)
        if said:
            does = "; ".join(f"{', '.join(who)}: {what}" for what, who in said.items())
            lines.append(f"| `{check}` | {does} |")
    return "\n".join(lines)


def verdicts(page: str) -> tuple[dict[str, str], dict[tuple[str, str], str]]:
    """The versions by server, and the verdict by server and check, as the page has them."""
    part = between(page, BEGIN, END)
    versions = dict(re.findall(r"^\| ([\w-]+) \| (.+?) \| `", part, re.MULTILINE))
    [header] = re.findall(r"^\| Check \| ((?:[\w-]+ \| )*[\w-]+) \|$\n\|---", part, re.MULTILINE)[
        :1
    ]
    names = header.split(" | ")
    words = {mark: verdict for verdict, mark in MARKS.items()}
    found: dict[tuple[str, str], str] = {}
    for check, marks in re.findall(r"^\| `([\w.-]+)` \| ([^`]+?) \|$", part, re.MULTILINE):
        cells = marks.split(" | ")
        if len(cells) == len(names) and set(cells) <= words.keys():
            found |= {(name, check): words[c] for name, c in zip(names, cells, strict=True)}
    return versions, found


def _code(detail: str) -> str:
    """*detail* as a cell of a table, without what differs from run to run."""
    text = re.sub(r"\b[3-6]\d{4}\b", "50000", detail)
    text = re.sub(r"\w{3}, \d\d \w{3} \d{4} [\d:]+ GMT", "...", text)
    text = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    text = text.replace("|", "\\|").replace("`", "'")
    return f"`{text}`" if text else ""
