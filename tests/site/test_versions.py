"""Several versions of the docs are listed in one folder."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.site.versions import is_version, list_versions

if TYPE_CHECKING:
    from pathlib import Path


def test_versions_are_listed_the_latest_first(tmp_path: Path) -> None:
    """By their numbers; what is no version of the docs is left out."""
    for name in ("0.9", "0.10", "latest", "pictures"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "index.html").touch()
    (tmp_path / "0.11").mkdir()
    expected = ["latest", "0.10", "0.9"]

    assert expected == list_versions(tmp_path)
    listed = json.loads((tmp_path / "versions.json").read_text("utf-8"))
    assert expected == [one["version"] for one in listed]
    assert 'url=latest/"' in (tmp_path / "index.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "expected"),
    [("latest", True), ("0.1", True), ("1", True), ("0.1rc1", False), ("../x", False), ("", False)],
)
def test_a_version_is_a_number_or_latest(
    name: str,
    expected: bool,  # noqa: FBT001  # a parameter of the test
) -> None:
    """It is the name of a folder."""
    assert expected is is_version(name)
