"""Make docs/rules.md from the table of rules: ``python -m tests.docs.rules_page``."""

from __future__ import annotations

import re
from pathlib import Path

from asgi_mw.cli.rules import PARTS, parts_of
from asgi_mw.spec import REVISION, RULES

PAGE = Path(__file__).parents[2] / "docs" / "rules.md"
_HEAD = f"""# The rules

By these {len(RULES)} rules [`asgi-mw check`](checking.md), [`validate`](reference.md#validate) and
[`pytest --asgi-strict`](pytest.md) judge. Each comes from a sentence of the [ASGI
specification](https://asgi.readthedocs.io/en/latest/) as of {REVISION}, or of HTTP or WebSocket.
`asgi-mw rules ID` explains one, with a wrong and a right example.

*Fault* is who breaks it: the app, or the server, which includes layers outside of the app. *Counts
as* is the word of the sentence, `must` or `should`; `undecided`, if it can be read in two ways; or
`advice`. Only `must` and `should` fail a check.

This page is made from the table by `make rules`.
"""


def page() -> str:
    """The whole page."""
    parts = [_HEAD]
    for part, rules in parts_of(list(RULES.values())).items():
        rows = ["| Rule | Fault | Counts as | What it says |", "|---|---|---|---|"]
        for rule in rules:
            word = rule.counts_as
            counts = rule.severity if word == "violation" else word
            said = f'"[{_plain(rule.sentence)}]({rule.url})" {_plain(rule.why)}'
            rows.append(f"| `{rule.id}` | {rule.fault} | {counts} | {said} |")
        parts.append(f"## {PARTS[part]}\n\n" + "\n".join(rows) + "\n")
    return "\n".join(parts)


def _plain(text: str) -> str:
    """*text* as Markdown shows it letter by letter."""
    return re.sub(r"([\\`*_\[\]<>|])", r"\\\1", text)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
