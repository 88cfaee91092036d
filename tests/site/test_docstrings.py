"""Docstrings of ours become Markdown."""

from __future__ import annotations

import pytest

from tests.site.docstrings import markdown

STACK = '<autoref identifier="asgi_mw.stack" optional><code>{}</code></autoref>'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("See :func:`stack`.", f"See {STACK.format('stack')}.", id="role"),
        pytest.param(":func:`~asgi_mw.stack`", STACK.format("stack"), id="short"),
        pytest.param(
            "By `the\nstandard <https://a.test/b>`_.",
            "By [the standard](https://a.test/b).",
            id="link",
        ),
        pytest.param(
            "By the `Fetch\n    standard`_.\n\n    .. _Fetch standard: https://a.test\n\nRaises:",
            "By the [Fetch\n    standard](https://a.test).\n\n\nRaises:",
            id="named link",
        ),
        pytest.param(
            "It runs:\n\n>>> f(\n...     1)\n2\n>>> g()\n\nAnd on.",
            "It runs:\n\n```pycon\n>>> f(\n...     1)\n2\n>>> g()\n```\n\nAnd on.",
            id="doctest",
        ),
        pytest.param("Call it::\n\n    f()", "Call it:\n\n    f()", id="literal block"),
        pytest.param(
            "Attributes:\n    began, ended: ns, from\n        one clock.\n    id: Its own.\n",
            "Attributes:\n    began: ns, from\n        one clock.\n    ended: ns, from\n"
            "        one clock.\n    id: Its own.\n",
            id="two attributes",
        ),
        pytest.param("``a_`` and *b*, c::d", "``a_`` and *b*, c::d", id="Markdown already"),
    ],
)
def test_what_is_no_markdown_is_written_anew(text: str, expected: str) -> None:
    """And the rest stays."""
    assert expected == markdown(text, lambda _: "asgi_mw.stack")
