"""The package installs from its wheel, and without extras every verb works or names its extra."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.release import archives
from tests.release.installed import clean, tried

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a wheel and the sdist that it was built from."""
    folder = tmp_path_factory.mktemp("release") / "dist"
    archives.build(folder)
    return folder


def test_the_archives_are_whole(dist: Path, tmp_path: Path) -> None:
    """Nothing is missing, nothing is there by mistake, and both ways to a wheel give the same."""
    again = archives.build(tmp_path / "again", "--wheel")
    rows = archives.checks(dist, next(dist.glob("*.whl")), again)

    assert [str(row) for row in rows if row.broken] == []


def test_a_wheel_without_extras_works(dist: Path, tmp_path: Path) -> None:
    """In an environment that has nothing else, each verb or layer says which extra it needs."""
    python = clean(Path(sys.executable), tmp_path / "venv", str(next(dist.glob("*.whl"))))

    broken, said = tried(python, "")

    assert broken == []
    assert said != "0 tried"
