"""Lay the docs out for the generator: as they are, but for what GitHub reads otherwise."""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.site.modules import module_page, purpose

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
SITE = DOCS / "site"
CONFIG: dict[str, Any] = tomllib.loads((SITE / "zensical.toml").read_text("utf-8"))["project"]
API = "api/"
_FENCED = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
_PICTURE = re.compile(
    r'<picture>\s*<source [^>]*srcset="([^"]+)">\s*<img alt="([^"]*)" src="([^"]+)">\s*</picture>'
)
# A pipe within code in a table: GitHub takes the backslash away
_CODE_IN_ROW = re.compile(r"(?<=`)[^`\n]*\\\|[^`\n]*(?=`)")


def lay_out(work: Path, *, version: str) -> Path:
    """Fill the folder *work*; gives the file that configures the generator."""
    pages = work / "pages"
    (pages / API).mkdir(parents=True)
    for name in sources():
        path = pages / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(for_the_site((DOCS / name).read_text("utf-8"), name), "utf-8")
    for _, page in listed(CONFIG["nav"]):
        if page.startswith(API):
            (pages / page).write_text(module_page(Path(page).stem), "utf-8")
    shutil.copytree(DOCS / "pictures", pages / "pictures")
    shutil.copy(SITE / "site.css", pages)
    shutil.copytree(SITE, work / "theme", ignore=shutil.ignore_patterns("*.toml", "*.css"))
    config = work / "zensical.toml"
    config.write_text(_config(version), "utf-8")
    return config


def sources() -> list[str]:
    """The pages that somebody wrote, from the folder of the docs."""
    return sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md"))


def for_the_site(text: str, name: str) -> str:
    """The *text* of the page *name* with whole links to what is not in the docs.

    And with one picture for each scheme.

    On GitHub the system says whether it is dark, on the site its reader.
    """
    rows = (
        _CODE_IN_ROW.sub(lambda one: one[0].replace("\\|", "|"), line) if line[:1] == "|" else line
        for line in text.splitlines(keepends=True)
    )
    text = "".join(rows)
    text = _PICTURE.sub(r"![\2](\3#only-light)\n![\2](\1#only-dark)", text)
    out = "../" * (name.count("/") + 1)
    return text.replace(f"]({out}", f"]({CONFIG['repo_url']}/blob/main/")


def listed(nav: list[Any], section: str = "") -> Iterator[tuple[str, str]]:
    """Each page of a navigation, behind the section that it is in."""
    for entry in nav:
        if isinstance(entry, str):
            yield section, entry
        else:
            [(title, below)] = entry.items()
            yield from listed([below] if isinstance(below, str) else below, section or title)


def first_sentence(text: str) -> str:
    """What a page says first, without its marks."""
    for paragraph in _FENCED.sub("", text).split("\n\n")[1:]:
        if paragraph.strip() and not paragraph.lstrip().startswith(("#", "!", "<", "|", "-")):
            plain = " ".join(paragraph.split())
            plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", plain)
            return re.sub(r"[`*]", "", plain).partition(". ")[0].rstrip(".:")
    return ""


def _config(version: str) -> str:
    """Ours, with the address of this *version*, and what llms.txt says of each page."""
    text = (SITE / "zensical.toml").read_text("utf-8")
    address = CONFIG["site_url"]
    lines = [text.replace(f'"{address}"', f'"{address}{version}/"')]
    sections: dict[str, list[str]] = {}
    for section, page in listed(CONFIG["nav"]):
        if page.startswith(API):
            said = purpose(Path(page).stem).rstrip(".")
        else:
            said = first_sentence((DOCS / page).read_text("utf-8"))
        entry = f"{{ {json.dumps(page)} = {json.dumps(said, ensure_ascii=False)} }}"
        sections.setdefault(section, []).append(entry)
    lines.append("[project.plugins.llmstxt.sections]")
    lines += [f"{json.dumps(one)} = [{', '.join(sections[one])}]" for one in sections]
    return "\n".join(lines)
