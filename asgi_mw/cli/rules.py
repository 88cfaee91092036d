"""``asgi-mw rules``: the rules of ASGI that `check` judges by, or one of them explained."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from asgi_mw.cli.options import json_option
from asgi_mw.cli.output import folded, say, say_json, terminal_width
from asgi_mw.cli.report_lines import SIGNS
from asgi_mw.cli.rule_names import named
from asgi_mw.spec.reporting import rule_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from asgi_mw.cli.output import Line
    from asgi_mw.spec import Rule

_INDENT: Line = [("  ", "")]
_LABEL = 10
_VALUE: Line = [(" " * (2 + _LABEL), "")]
_APART: Line = []

PARTS = {
    "scope": "The scope",
    "message": "Every message that an app sends",
    "received": "Every message that an app receives",
    "send": "A send that comes too late",
    "http": "HTTP",
    "websocket": "WebSocket",
    "lifespan": "Lifespan",
    "tls": "The extension tls",
    "wire": "HTTP and WebSocket themselves, with --profile http",
    "advice": "Good practice, with --profile advice",
}
"""The subject of the rules whose ids begin with this."""


@click.command("rules")
@click.argument("rule", required=False)
@json_option
def command(*, rule: str | None, as_json: bool) -> None:
    """List the rules that `check` judges by, or explain one.

    RULE is an id, as http.no-body, or the beginning of several, as http.response.
    """
    from asgi_mw.spec import RULES  # noqa: PLC0415  # --help needs no rules

    found = list(RULES.values()) if rule is None else named(rule)
    if as_json:
        for one in found:
            say_json(rule_json(one))
    elif len(found) == 1:
        say(*explained(found[0], terminal_width()))
    else:
        say(*table_of(found, terminal_width()))


def parts_of(rules: Sequence[Rule]) -> dict[str, list[Rule]]:
    """The rules by what they are about."""
    found: dict[str, list[Rule]] = {}
    for part in PARTS:
        if within := [one for one in rules if one.id.partition(".")[0] == part]:
            found[part] = within
    return found


def table_of(rules: Sequence[Rule], columns: int | None) -> Iterator[Line]:
    """All of *rules*: whose fault it is, how it is worded, and what it means."""
    from asgi_mw.spec import REVISION  # noqa: PLC0415  # whoever has a rule has it loaded

    wide = max(len(one.id) for one in rules)
    hang: Line = [(" " * (4 if columns else wide + 22), "")]
    for part, within in parts_of(rules).items():
        yield [(PARTS[part], "bold cyan")]
        for one in within:
            word = one.counts_as
            shown = one.severity if word == "violation" else word
            yield from folded(
                [
                    (f"  {one.id.ljust(wide)}  ", ""),
                    (f"{one.fault:<6}  ", "dim"),
                    (f"{shown:<9}  ", SIGNS[word].style if word != "violation" else "dim"),
                    (one.why, ""),
                ],
                columns,
                hang,
            )
        yield _APART
    yield from folded(
        [(f"{len(rules)} rules, of the text of {REVISION}. One: asgi-mw rules ID", "dim")],
        columns,
        _INDENT,
    )


def explained(rule: Rule, columns: int | None) -> Iterator[Line]:
    """One rule: its sentence and where that stands, what it means, and two examples."""
    from asgi_mw.spec import REVISION  # noqa: PLC0415  # whoever has a rule has it loaded

    word = rule.counts_as
    yield [(rule.id, "bold")]
    yield []
    fault = "the app" if rule.fault == "app" else "the server, or a layer outside of the app"
    counts = {
        "violation": "a violation",
        "undecided": "undecided: it can be read in two ways",
        "advice": "advice",
    }[word]
    facts = [
        ("sentence", f'"{rule.sentence}"'),
        ("source", rule.url),
        ("as of", REVISION),
        ("at fault", fault),
        ("worded", rule.severity),
        ("counts as", counts),
        ("profile", rule.profile),
        *[("reading", one) for one in rule.readings or ()],
        *([("discussed", rule.thread)] if rule.thread else []),
    ]
    for label, value in facts:
        line: Line = [("  " + label.ljust(_LABEL), "dim"), (value, "")]
        # A terminal opens an address only if it is whole
        yield from [line] if value.startswith("https:") else folded(line, columns, _VALUE)
    yield []
    yield from folded([(rule.why, "")], columns)
    for name, code, style in (("Wrong", rule.bad, "red"), ("Right", rule.good, "green")):
        yield []
        where = "" if rule.fault == "app" else ", in the server"
        yield [(f"{name}{where}", "bold")]
        for text in code.splitlines():
            yield [("  " + text, style)]
