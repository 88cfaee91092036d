"""The part of docs/findings.md that a run of the findings writes, and what a test reads there."""

from __future__ import annotations

import platform
import re
from importlib.metadata import version
from itertools import groupby
from typing import TYPE_CHECKING

from asgi_mw.spec import REVISION, RULES
from tests.findings.pairs import FRAMEWORKS, SERVERS
from tests.findings.reasons import NOT_SERVED, NOTES, REASONS
from tests.marked import between, put

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.findings.pairs import Found

BEGIN = "<!-- Written by `make matrix`, from here -->"
END = "<!-- to here -->"
_HEADING = re.compile(r"^#### `(.+)`$", re.MULTILINE)
_WHERE = re.compile(r"^- (.+) under (.+)$", re.MULTILINE)
_NAMES = {name: key for key, name in FRAMEWORKS.items()}

Pair = tuple[str, str]
"""The packages of a framework and of a server."""


def read(page: str) -> dict[str, set[Pair]]:
    """The pairs in which each rule is found, as *page* has it."""
    _, *parts = _HEADING.split(between(page, BEGIN, END))
    return {
        rule: {
            (framework, server)
            for frameworks, servers in _WHERE.findall(text)
            for framework in _named(frameworks, _NAMES, "every framework")
            for server in _named(servers, {name: name for name in SERVERS}, "every server")
        }
        for rule, text in zip(parts[::2], parts[1::2], strict=True)
    }


def rewritten(page: str, found: Mapping[Pair, list[Found]]) -> str:
    """*page* with what was found in place of what stood there."""
    return put(page, BEGIN, END, _written(found))


def table(found: Mapping[Pair, list[Found]]) -> str:
    """How many rules each pair breaks, as a table."""
    lines = [f"| | {' | '.join(SERVERS)} |", "|---|" + "---|" * len(SERVERS)]
    for framework, name in FRAMEWORKS.items():
        cells = [_cell(found, (framework, server)) for server in SERVERS]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _named(text: str, keys: Mapping[str, str], every: str) -> list[str]:
    return list(keys.values()) if text == every else [keys[name] for name in text.split(", ")]


def _cell(found: Mapping[Pair, list[Found]], pair: Pair) -> str:
    if pair in NOT_SERVED:
        return "does not run"
    rules = {one.rule for one in found[pair]}
    undecided = sum(RULES[rule].verdict == "undecided" for rule in rules)
    broken = str(len(rules) - undecided) if len(rules) > undecided else "clean"
    return f"{broken}, {undecided} undecided" if undecided else broken


def _written(found: Mapping[Pair, list[Found]]) -> str:
    pairs: dict[str, set[Pair]] = {}
    for pair, some in found.items():
        for one in some:
            pairs.setdefault(one.rule, set()).add(pair)
    rules = sorted(pairs, key=list(RULES).index)
    parts = [_versions(), table(found), *_beside(), *_clean(pairs)]
    for fault, title in (("app", "What frameworks do"), ("server", "What servers do")):
        parts.append(f"### {title}")
        for rule in rules:
            if RULES[rule].fault == fault and RULES[rule].verdict == "violation":
                parts += _rule(rule, pairs[rule], found)
    parts += ["### Undecided", "The text can be read in two ways, which counts against nobody."]
    for rule in rules:
        if RULES[rule].verdict == "undecided":
            parts += _rule(rule, pairs[rule], found)
    return "\n\n".join(parts)


def _versions() -> str:
    named = [f"{name} {version(key)}" for key, name in FRAMEWORKS.items()]
    served = [f"{name} {version(name)}" for name in SERVERS]
    python = f"Python {platform.python_version()}"
    return (
        f"{', '.join(named)} under {', '.join(served)}, on {python}. The rules cite the "
        f"specification as it stood on {REVISION}."
    )


def _beside() -> list[str]:
    unserved = {
        f"{FRAMEWORKS[framework]} under {server}": why
        for (framework, server), why in NOT_SERVED.items()
    }
    return ["\n".join(f"- {who}: {what}" for who, what in (unserved | NOTES).items())]


def _clean(pairs: Mapping[str, set[Pair]]) -> list[str]:
    """Who breaks nothing."""
    blamed = {
        pair[0 if RULES[rule].fault == "app" else 1]
        for rule, some in pairs.items()
        if RULES[rule].verdict == "violation"
        for pair in some
    }
    frameworks = [name for key, name in FRAMEWORKS.items() if key not in blamed]
    servers = [name for name in SERVERS if name not in blamed]
    return ["### Clean", f"{', '.join(frameworks)}; {', '.join(servers)}: they break nothing."]


def _rule(name: str, pairs: set[Pair], found: Mapping[Pair, list[Found]]) -> list[str]:
    rule = RULES[name]
    seen = sorted({one.during for some in found.values() for one in some if one.rule == name})
    said = sorted({one.said for some in found.values() for one in some if one.rule == name})
    parts = [
        f"#### `{name}`",
        "\n".join(_where(pairs)),
        f"> {rule.sentence} ([{rule.severity}]({rule.url}))",
        REASONS[name],
        f"Seen in {', '.join(f'`{one}`' for one in seen)}: {'; '.join(said)}.",
    ]
    if rule.readings is not None:
        first, second = rule.readings
        parts.append(f"- One reading: {first}\n- The other: {second}\n- [Thread]({rule.thread})")
    return parts


def _where(pairs: set[Pair]) -> list[str]:
    """The pairs, with all frameworks in one line that have the same servers."""
    servers = {
        framework: [server for server in SERVERS if (framework, server) in pairs]
        for framework in FRAMEWORKS
    }
    has = sorted((some, framework) for framework, some in servers.items() if some)
    lines = []
    for some, group in groupby(has, key=lambda one: one[0]):
        keys = {framework for _, framework in group}
        names = [name for key, name in FRAMEWORKS.items() if key in keys]
        all_names = "every framework" if len(names) == len(FRAMEWORKS) else ", ".join(names)
        all_servers = "every server" if len(some) == len(SERVERS) else ", ".join(some)
        lines.append(f"- {all_names} under {all_servers}")
    return lines
