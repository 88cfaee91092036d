"""Pictures of the site, to look at: wide and narrow, light and dark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from tests.browser.playwrights import launched

if TYPE_CHECKING:
    from pathlib import Path

PAGES = {
    "start": "index.html",
    "how-to": "what-blocks-the-event-loop.html",
    "question": "which-layer-dropped-my-header.html",
    "reference": "reference.html#request_id",
    "module": "api/asgi_mw.html#asgi_mw.timing",
    "rules": "rules.html",
}
WIDTHS = (1280, 390)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def picture(address: str, folder: Path) -> list[Path]:
    """Save what a window shows of each page of the site at *address*; gives where."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    with launched() as browser:
        for scheme in SCHEMES:
            for width in WIDTHS:
                with browser.new_context(
                    viewport={"width": width, "height": 844}, color_scheme=scheme
                ) as context:
                    page = context.new_page()
                    for name, path in PAGES.items():
                        page.goto(f"{address}{path}", wait_until="networkidle")
                        made.append(folder / f"{name}-{width}-{scheme}.png")
                        page.screenshot(path=made[-1])
    return made
