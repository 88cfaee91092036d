"""The layers are listed with what each changed."""

from __future__ import annotations

from asgi_mw.cli.layers import layer_list
from asgi_mw.cli.output import width
from tests.cli.facts import LAYERED


def shown(columns: int | None = None) -> list[str]:
    """The lines without their styles."""
    lines = layer_list(LAYERED.layers, columns=columns)
    return ["".join([text for text, _ in line]).rstrip() for line in lines]


def test_each_layer_says_what_it_did() -> None:
    """What it added, removed and replaced; what it did in the app's place; why it is hidden."""
    assert [
        "  1  cors(allow_origins=['*'])  250 µs",
        "     response  + access-control-allow-origin: *",
        "  2  Hidden  not visible: it is no ASGI\x1b[2J",
        "  3  Mapping(dispatch=mapped)  0 µs",
        "     scope     + user = ada",
        "     scope     - old = 1",
        "     scope     ~ path = /a → /b",
        "     request   - content-encoding: gzip",
        "     request   ~ x: 1 → 2",
        "     request   ~ body 3 B → 7 B",
        "     response  ~ body 0 B → 9 B",
        "     response  ~ messages 0 → 2",
        "     request   received 1 message in the app's place",
        "     response  answered in the app's place",
        "     error     ✗ swallowed ValueError: no",
    ] == shown()


def test_it_fits_a_narrow_terminal() -> None:
    """Every line, without anything that drives it."""
    lines = shown(40)
    assert max(map(width, lines)) <= 40
    assert "\x1b" not in "".join(lines)
