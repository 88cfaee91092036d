"""Each page of docs that asks a question is answered by the inspector within four clicks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.looks import axe, read
from tests.pictures.questions import DOCS, FIRST, QUESTIONS, asked

if TYPE_CHECKING:
    from tests.browser.visitor import Visitor
    from tests.pictures.questions import Question

pytestmark = pytest.mark.slow
FOUR = 4


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.guide)
def test_a_question_is_answered_within_four_clicks(question: Question, visitor: Visitor) -> None:
    """From the printed address to the answer, which is in sight."""
    way = [FIRST, question.click]
    with asked(question) as address:
        page = visitor.open(address)
        read(page, "Live")
        for click in way:
            page.click(click)
        for answer in question.answers:
            read(page, answer)
        assert [] == axe(page)
        page.screenshot()
    assert len(way) <= FOUR


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.guide)
def test_its_page_has_the_picture(question: Question) -> None:
    """Light and dark."""
    text = (DOCS / f"{question.guide}.md").read_text("utf-8")
    for scheme in ("light", "dark"):
        assert f"pictures/{question.picture}-{scheme}.png" in text
        assert (DOCS / "pictures" / f"{question.picture}-{scheme}.png").is_file()
