"""The pages of the site are those of the docs, as GitHub reads them."""

from __future__ import annotations

from asgi_mw.errors import ConfigError
from tests.site.modules import module_page, public
from tests.site.pages import CONFIG, first_sentence, for_the_site, listed, sources


def test_the_navigation_leads_to_every_page() -> None:
    """A page that it does not name would only be found by a search."""
    found = {page for _, page in listed(CONFIG["nav"]) if not page.startswith("api/")}

    assert set(sources()) == found


def test_a_picture_becomes_one_for_each_scheme() -> None:
    """The theme shows the one that its reader chose."""
    picture = """<picture>
  <source media="(prefers-color-scheme: dark)" srcset="pictures/a-dark.png">
  <img alt="What is seen" src="pictures/a-light.png">
</picture>
"""
    expected = """![What is seen](pictures/a-light.png#only-light)
![What is seen](pictures/a-dark.png#only-dark)
"""

    assert expected == for_the_site(picture, "cli.md")


def test_a_link_out_of_the_docs_leads_to_the_repository() -> None:
    """Whose files are not on the site."""
    files = "https://github.com/asgi-mw/asgi-mw/blob/main/"
    text = "[a](../README.md) [b](cli.md) [c](../tests/x.py#L1)"

    assert f"[a]({files}README.md) [b](cli.md) [c]({files}tests/x.py#L1)" == for_the_site(
        text, "cli.md"
    )


def test_a_pipe_in_the_code_of_a_table_needs_no_backslash() -> None:
    """Elsewhere a backslash is one."""
    assert "| `a|b` | `c` |\n`a\\|b`" == for_the_site("| `a\\|b` | `c` |\n`a\\|b`", "cli.md")


def test_the_first_sentence_of_a_page_is_what_llms_txt_says_of_it() -> None:
    """Without marks; what is no sentence is passed over."""
    text = "# A\n\n```python\nx\n```\n\n<picture>\n\n| a |\n\nIt `runs` [b](c.md)\n*once*. Then\n"

    assert "It runs b once" == first_sentence(text)
    assert first_sentence("# A\n") == ""


def test_the_page_of_a_module_has_its_public_names() -> None:
    """Those of its face, of its list, or of ours."""
    assert ConfigError.__name__ in public("asgi_mw.errors")
    assert ["RepeatFilter", "configure", "make_safe"] == public("asgi_mw.logs")
    assert ["TraceContextFilter", "add_trace_context"] == public("asgi_mw.telemetry")


def test_a_module_of_modules_has_a_section_for_each() -> None:
    """As the integrations."""
    page = module_page("asgi_mw.integrations")

    assert "# `asgi_mw.integrations`\n" in page
    assert "## `asgi_mw.integrations.quart`\n\n::: asgi_mw.integrations.quart\n" in page
    assert 'members: ["route_hook"]' in page
