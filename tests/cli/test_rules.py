"""``asgi-mw rules`` lists every rule, and explains one."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgi_mw.cli.rule_names import named
from asgi_mw.cli.rules import PARTS, parts_of
from asgi_mw.spec import REVISION, RULES

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    Cli = Callable[..., Result]


def test_every_rule_is_listed(cli: Cli) -> None:
    """Once, below what it is about."""
    result = cli("rules")
    assert 0 == result.exit_code
    lines = result.stdout.splitlines()
    listed = [line.split()[0] for line in lines if line.startswith("  ")]
    assert sorted(RULES) == sorted(listed)
    assert list(PARTS.values()) == [one for one in lines if one in PARTS.values()]


def test_every_rule_has_a_part() -> None:
    """By how its id begins."""
    parts = parts_of(list(RULES.values()))
    assert len(RULES) == sum(map(len, parts.values()))
    assert list(PARTS) == list(parts)


@pytest.mark.parametrize("name", RULES)
def test_a_rule_is_explained(cli: Cli, name: str) -> None:
    """Its sentence, whence it comes, and both examples."""
    rule = RULES[name]
    result = cli("rules", name)
    assert 0 == result.exit_code
    assert result.stdout.startswith(f"{name}\n")
    code = [f"  {line}".rstrip() for one in (rule.bad, rule.good) for line in one.splitlines()]
    wanted = [
        f'  sentence  "{rule.sentence}"',
        f"  source    {rule.url}",
        f"  as of     {REVISION}",
    ]
    assert set() == {*wanted, *code, rule.why} - set(result.stdout.splitlines())


def test_what_is_undecided_has_both_readings(cli: Cli) -> None:
    """And where that is discussed."""
    said = cli("rules", "http.sent-after-end").stdout
    rule = RULES["http.sent-after-end"]
    assert rule.readings is not None
    assert 2 == said.count("\n  reading   ")
    assert f"  discussed {rule.thread}\n" in said


@pytest.mark.parametrize("word", ["wire.", "wire", "WIRE."])
def test_a_beginning_names_a_group(cli: Cli, word: str) -> None:
    """With the dot or without."""
    found = [json.loads(line) for line in cli("rules", word, "--json").stdout.splitlines()]
    assert [name for name in RULES if name.startswith("wire.")] == [one["id"] for one in found]


def test_programs_get_one_line_for_each_rule(cli: Cli) -> None:
    """With all that is known of it."""
    found = [json.loads(line) for line in cli("rules", "--json").stdout.splitlines()]
    assert list(RULES) == [one["id"] for one in found]
    rule = RULES["http.no-body"]
    [one] = [one for one in found if one["id"] == rule.id]
    assert (rule.sentence, rule.url, rule.why, rule.bad, rule.good, REVISION) == (
        one["sentence"],
        one["url"],
        one["why"],
        one["bad"],
        one["good"],
        one["revision"],
    )


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("http.no-bdy", "is it http.no-body?"),
        ("twice", "is it http.start.twice"),
        ("\x1b[2J", "there is no rule '\\x1b[2J'"),
        ("", "there is no rule ''"),
    ],
)
def test_an_unknown_rule_suggests_those_like_it(cli: Cli, word: str, said: str) -> None:
    """Exit status 2."""
    result = cli("rules", word)
    assert 2 == result.exit_code
    assert said in result.stderr


@given(st.text())
def test_any_word_names_rules_or_is_refused(word: str) -> None:
    """With one error, and no other."""
    with suppress(click.UsageError):
        assert named(word)
