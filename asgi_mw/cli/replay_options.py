"""The options that say against what recordings are replayed, and how."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from asgi_mw.cli.alike import ignore_option
from asgi_mw.cli.options import app_dir_option, duration_option
from asgi_mw.cli.secrets import secret_option
from asgi_mw.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_PACES = {"fast": 0.0, "as-fast-as-possible": 0.0, "recorded": 1.0, "as-recorded": 1.0}
_FACTOR = re.compile(r"([0-9]+(?:\.[0-9]+)?)x?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the options ask of a replay.

    Attributes:
        app: The app, as ``"module:app"``; ``None`` for a server.
        factory: It is a function that makes the app.
        app_dir: Where modules are looked for first.
        to: The address of the server; ``None`` for an app.
        keep_host: Send the Host that was recorded.
        pace: A factor of the times that were recorded; 0 for as fast as possible.
        secrets: The values that are masked in the recording, by name.
        unsafe: Replay also what may change something.
        once: Do not look for what differs by itself.
        timeout: Seconds that it may take to go on.
        keep: The folder to record into; ``None`` for none.
        ignore: Names of differences to leave out.
    """

    app: str | None
    factory: bool
    app_dir: str
    to: str | None
    keep_host: bool
    pace: float
    secrets: Mapping[str, str]
    unsafe: bool
    once: bool
    timeout: float
    keep: str | None
    ignore: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name of the app or the server."""
        return self.app or self.to or ""


def refuse(wishes: Wishes, add: str) -> None:
    """Refuse options of a replay where there is none.

    Args:
        wishes: What was given.
        add: The option that would make it a replay.

    Raises:
        click.UsageError: One was given.
    """
    given = {
        "--app": wishes.app,
        "--to": wishes.to,
        "--factory": wishes.factory,
        "--secret": wishes.secrets,
        "--unsafe": wishes.unsafe,
        "--once": wishes.once,
        "--keep": wishes.keep,
    }
    for option, value in given.items():
        if value:
            raise click.UsageError(f"{option} is for a replay: add {add}, or leave it out")


def _pace(ctx: click.Context, param: click.Parameter, given: str) -> float:
    """The factor of the recorded times, from the text that says how fast the replay is to be."""
    if given in _PACES:
        return _PACES[given]
    found = _FACTOR.fullmatch(given)
    if found is None or not 1e-6 <= float(found[1]) <= 1e6:
        said = f"{given!r} is no pace: write recorded, fast, or how many times as fast, as 2x"
        raise click.BadParameter(printable(said), ctx, param)
    return 1 / float(found[1])


def replay_options(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command these options, and hand it all as ``wishes``."""

    @functools.wraps(function)
    def wishing(*, allow_host: tuple[str, ...], **given: Any) -> None:
        names = Wishes.__dataclass_fields__
        wishes = Wishes(**{name: given.pop(name) for name in names})
        _check(wishes, allow_host)
        function(wishes=wishes, **given)

    for option in reversed(_OPTIONS):
        wishing = option(wishing)
    return wishing


_OPTIONS = (
    click.option("--app", metavar="MODULE:APP", help="The app, which runs in this process."),
    click.option("--factory", is_flag=True, help="APP is a function that makes the app."),
    app_dir_option,
    click.option(
        "--to", metavar="URL", help="A server in the place of an app, as http://127.0.0.1:8000."
    ),
    click.option(
        "--allow-host",
        metavar="HOST",
        multiple=True,
        help="A host that --to may name beside this machine.",
    ),
    click.option("--keep-host", is_flag=True, help="Send the server the Host that was recorded."),
    click.option(
        "--pace",
        metavar="PACE",
        default="fast",
        show_default=True,
        callback=_pace,
        help="recorded, fast, or how many times as fast as recorded, as 2x.",
    ),
    secret_option,
    click.option(
        "--unsafe",
        is_flag=True,
        help="Replay also what may change something: other methods than GET, HEAD, OPTIONS and "
        "TRACE, and WebSockets.",
    ),
    click.option("--once", is_flag=True, help="Do not replay again to see what differs by itself."),
    duration_option(
        "--timeout", default="5s", show_default=True, help="How long it may take to go on."
    ),
    click.option("--keep", metavar="FOLDER", help="Record what the app does now into this store."),
    ignore_option,
)


def _check(wishes: Wishes, allowed: tuple[str, ...]) -> None:
    """Refuse what does not go together.

    Raises:
        click.UsageError: Something does not.
    """
    if not wishes.timeout > 0:
        raise click.UsageError("--timeout 0 gives it no time; write for example 5s")
    if wishes.app is not None and wishes.to is not None:
        raise click.UsageError("--app and --to are two ways: leave out one of them")
    if wishes.to is None:
        for option, given in (("--allow-host", allowed), ("--keep-host", wishes.keep_host)):
            if given:
                raise click.UsageError(f"{option} is for a server: add --to URL, or leave it out")
        return
    if wishes.factory:
        raise click.UsageError("--factory is for an app: leave it out, or --to")
    host = host_of(wishes.to)
    if not _is_here(host) and host not in {one.lower() for one in allowed}:
        raise click.UsageError(
            f"--to {printable(wishes.to)}: {printable(host)} is another machine; "
            f"if you mean it, add --allow-host {printable(host)}"
        )


def host_of(url: str) -> str:
    """The host of the address of a server.

    Raises:
        click.UsageError: It is none.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if host is None or parts.scheme not in ("http", "https") or parts.path.strip("/") or port == 0:
        raise click.UsageError(
            f"--to {printable(url)} is no scheme, host and port; write http://127.0.0.1:8000"
        )
    return host


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
