"""``asgi-mw mcp``: let a coding agent look at recordings."""

from __future__ import annotations

import os
import signal
import sys
import threading
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from asgi_mw.cli.leaving import leave
from asgi_mw.cli.options import store_option
from asgi_mw.cli.replay_options import host_of, refuse, replay_options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_mw.agents.replaying import Replays
    from asgi_mw.cli.replay_options import Wishes

_SECRET = "ASGI_MW_MCP_SECRET_"  # noqa: S105  # the name of a variable


@click.command("mcp")
@store_option
@click.option(
    "--allow-replay",
    is_flag=True,
    help="Let the agent replay recordings against --app or --to: this runs the app.",
)
@replay_options
def command(*, store: str, allow_replay: bool, wishes: Wishes) -> None:
    """Let a coding agent look at recordings: a server of the Model Context Protocol.

    The agent's client starts it, and talks to it over stdin and stdout; it ends when stdin does.
    The agent can list and show exchanges, wait for the next one, see what is in flight, check and
    compare.  It changes nothing, unless you add `--allow-replay` with --app or --to.  Then it can
    replay, by the same options as `replay`.

    All that was recorded is marked as untrusted.
    """
    from asgi_mw.agents.looking import Recordings  # noqa: PLC0415  # --help needs no rules
    from asgi_mw.agents.server import serve  # noqa: PLC0415  # an extra
    from asgi_mw.agents.tools import tools_of  # noqa: PLC0415  # --help needs no rules

    if not allow_replay:
        refuse(wishes, "--allow-replay")
    replays = _replays(wishes) if allow_replay else None
    if sys.stdin.isatty():
        click.echo("Waiting for an agent's client on stdin; Ctrl-C ends it.", err=True)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, partial(_end, replays))
    before = set(threading.enumerate())
    serve(tools_of(Recordings(store), replays))
    # A thread may still read, though nobody waits for it
    leave(before, 0, whose="the readers'")


def _end(replays: Replays | None, *_: Any) -> None:
    """End at once: a thread waits for stdin, and Python would wait for that thread."""
    if replays is not None:
        replays.end()
    os._exit(0)


def _replays(wishes: Wishes) -> Replays:
    if wishes.app is None and wishes.to is None:
        raise click.UsageError(
            "--allow-replay: say against what: --app module:app, or --to http://127.0.0.1:8000"
        )
    from asgi_mw.agents.replaying import Replays  # noqa: PLC0415  # seldom allowed

    names = {name: f"{_SECRET}{number}" for number, name in enumerate(wishes.secrets)}
    options = [*_options(wishes)]
    options += [f"--secret={name}=env:{variable}" for name, variable in names.items()]
    secrets = {variable: wishes.secrets[name] for name, variable in names.items()}
    return Replays(options, unsafe=wishes.unsafe, secrets=secrets)


def _options(wishes: Wishes) -> Iterator[str]:
    """The options that `replay` is given, but for secrets."""
    if wishes.to is not None:
        yield f"--to={wishes.to}"
        # It was allowed, or is this machine
        yield f"--allow-host={host_of(wishes.to)}"
    else:
        yield f"--app={wishes.app}"
        yield f"--app-dir={wishes.app_dir}"
    for option, wanted in (
        ("--factory", wishes.factory),
        ("--keep-host", wishes.keep_host),
        ("--unsafe", wishes.unsafe),
        ("--once", wishes.once),
    ):
        if wanted:
            yield option
    yield f"--pace={1 / wishes.pace:f}x" if wishes.pace else "--pace=fast"
    yield f"--timeout={wishes.timeout:f}s"
    if wishes.keep is not None:
        yield f"--keep={wishes.keep}"
    yield from (f"--ignore={name}" for name in wishes.ignore)
