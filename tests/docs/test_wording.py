"""The README and the docs avoid words that stop a reader; code and quotations are not looked at."""

from __future__ import annotations

import re

import pytest

from tests.docs.test_pages import FENCED, PAGES

INDENTED = re.compile(r"(?:\A|(?<=\n\n))(?: {4}.*\n)+")
INLINE = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)", re.DOTALL)
# Somebody else's words: in quotes with their address, or as a quotation
QUOTED = re.compile(r'"\[(?:[^\]\\]|\\.)*\]\(https:|^> .*$', re.MULTILINE)
AVOID = {
    "mend": "fix, or what to do",
    "mends": "fixes",
    "mended": "fixed",
    "told": "says, is reported, is shown",
    "tells": "says, shows, knows",
    "round": "around, or: wrap the app in",
    "coded": "compressed, encoded",
}


def prose(page: str) -> str:
    """The page with its code and its quotes blanked, so that lines keep their numbers."""
    text = PAGES[page]
    for code in (FENCED, INDENTED, INLINE, QUOTED):
        text = code.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), text)
    return text


@pytest.mark.parametrize("page", PAGES)
def test_a_page_uses_plain_words(page: str) -> None:
    """Each finding has its line, the word, and what to write instead."""
    words = re.compile(rf"\b({'|'.join(AVOID)})\b", re.IGNORECASE)
    found = [
        f"{page}:{number}: {word}: write {AVOID[word.lower()]}"
        for number, line in enumerate(prose(page).splitlines(), 1)
        for word in words.findall(line)
    ]

    assert found == []
