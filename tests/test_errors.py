"""A mistake is told with the option, the value, the reason and the mend, all of them at once."""

from __future__ import annotations

import pickle

import pytest

from asgi_mw.errors import (
    AsgiMwError,
    ConfigError,
    MissingExtraError,
    Problem,
    Problems,
    StoreError,
)


def test_one_problem_is_one_line() -> None:
    """The call, the option with its value, the reason, the mend."""
    problems = Problems("timing")
    problems.add("metric", "", "is empty", "name it, as metric='app'")

    with pytest.raises(ConfigError) as caught:
        problems.check()

    assert str(caught.value) == "timing: metric='': is empty; name it, as metric='app'"
    assert caught.value.where == "timing"
    assert caught.value.problems == (Problem("metric", "", "is empty", "name it, as metric='app'"),)


def test_several_problems_are_told_together() -> None:
    """One line each, behind their number."""
    problems = Problems("stack")
    problems.add("a", 1, "is wrong", "write 2")
    problems.add("b", "x", "is worse", "write y")

    with pytest.raises(ConfigError) as caught:
        problems.check()

    assert str(caught.value).splitlines() == [
        "stack: 2 problems",
        "  a=1: is wrong; write 2",
        "  b='x': is worse; write y",
    ]


def test_nothing_wrong_raises_nothing() -> None:
    """``check`` of no problems goes on."""
    Problems("stack").check()


def test_a_long_value_is_cut() -> None:
    """A message stays readable whatever was given."""
    assert len(str(Problem("x", "a" * 10_000, "is long", "cut it"))) < 200


@pytest.mark.parametrize(
    ("kind", "also"),
    [(ConfigError, ValueError), (MissingExtraError, ImportError), (StoreError, AsgiMwError)],
)
def test_every_error_is_one_of_ours_and_of_the_usual_kind(
    kind: type[Exception], also: type[Exception]
) -> None:
    """``except AsgiMwError`` catches all, ``except ValueError`` still works."""
    assert issubclass(kind, AsgiMwError)
    assert issubclass(kind, also)


def test_a_missing_extra_says_how_to_install_it() -> None:
    """The very command, with the extra."""
    error = MissingExtraError("rich", "cli")

    assert str(error) == 'rich is not installed; install it with: pip install "asgi-mw[cli]"'
    assert error.extra == "cli"


@pytest.mark.parametrize(
    "error",
    [ConfigError("x", (Problem("a", 1, "b", "c"),)), MissingExtraError("rich", "cli")],
    ids=lambda error: type(error).__name__,
)
def test_an_error_survives_pickling(error: Exception) -> None:
    """A worker process may hand it to its parent."""
    copy = pickle.loads(pickle.dumps(error))

    assert (type(copy), str(copy)) == (type(error), str(error))
