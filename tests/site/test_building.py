"""A site with a fault is not built."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.site import building

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow
CONFIG = """[project]
site_name = "Small"
docs_dir = "pages"
[project.theme]
font = {font}
"""


@pytest.mark.parametrize(
    ("page", "font", "expected"),
    [
        pytest.param("[a](missing.md)", "false", "page does not exist", id="page"),
        pytest.param("[a](#missing)", "false", "anchor does not exist", id="heading"),
        pytest.param("[a](missing.txt)", "false", "index.html: missing.txt", id="file"),
        pytest.param("a", '{ text = "Inter" }', "index.html: https://fonts", id="other host"),
    ],
)
def test_a_fault_ends_the_build(
    page: str, font: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is named, and the site that was there stays."""

    def lay_out(work: Path, *, version: str) -> Path:
        assert version == "latest"
        (work / "pages").mkdir()
        (work / "pages" / "index.md").write_text(f"# Small\n\n{page}\n", "utf-8")
        (work / "zensical.toml").write_text(CONFIG.format(font=font), "utf-8")
        return work / "zensical.toml"

    monkeypatch.setattr(building, "lay_out", lay_out)
    (tmp_path / "kept.html").touch()

    with pytest.raises(building.BuildError, match=expected):
        building.build(tmp_path, version="latest")
    assert (tmp_path / "kept.html").exists()
