"""docs/json.md has every schema, as it is."""

from __future__ import annotations

import pytest

from asgi_mw.cli.schemas import PRINTED
from tests.cli.fitting import properties_of
from tests.docs.schemas_page import PAGE, page


def test_the_page_of_schemas_is_current() -> None:
    """If it is not: ``make schemas``."""
    assert page() == PAGE.read_text("utf-8")


@pytest.mark.parametrize("name", PRINTED)
def test_every_name_is_on_the_page(name: str) -> None:
    """With what it means."""
    text = PAGE.read_text("utf-8")
    found = properties_of([name])
    missing = [key for _, key in found if f"| `{key}` | " not in text and key != "base64"]
    assert [] == missing
    assert f"| `{PRINTED[name].command}` | " in text
