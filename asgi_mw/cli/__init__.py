"""The command line: ``asgi-mw``, one file per verb, each imported when it is used."""

from __future__ import annotations

import sys
from importlib import import_module
from io import TextIOWrapper
from keyword import iskeyword
from typing import Any

import click
from click.shell_completion import CompletionItem

from asgi_mw.cli.failures import said
from asgi_mw.recorder.naming import nearest

VERBS = {
    "check": "Say where recorded traffic, or an app, breaks the ASGI specification.",
    "conformance": "Examine ASGI servers, and say what each does wrong.",
    "demo": "Serve the example apps through every layer, with real traffic.",
    "diff": "Compare two exchanges, two stores, or an app with what was recorded.",
    "doctor": "Look for what is missing, outdated or broken, and say how to fix it.",
    "export": "Write recordings to a file: an HTTP archive, tests, a table, a trace.",
    "import": "Add what an HTTP archive or an export holds to the recordings.",
    "inspect": "Show every recorded message in a browser, live.",
    "keep": "Keep exchanges, or no longer, when the store removes what is old.",
    "ls": "List recorded exchanges, the newest last.",
    "mcp": "Let a coding agent look at recordings, over stdin and stdout.",
    "purge": "Remove recorded exchanges.",
    "replay": "Replay recorded exchanges against an app, and say what differs.",
    "rules": "List the rules that `check` judges by, or explain one.",
    "run": "Serve an ASGI app and record its traffic.",
    "schema": "Print the JSON Schema of what a verb prints with --json.",
    "ship": "Copy recordings to PostgreSQL, so that several hosts have one history.",
    "show": "Show one exchange: its scope, and every event on a time line.",
    "tail": "Show exchanges as they come.",
}


class Verbs(click.Group):
    """Knows the verbs by name and one line of help, so that ``--help`` imports none of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """Name the verbs."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # click's signature
        """Import one verb."""
        if cmd_name not in VERBS:
            return None
        module = cmd_name + "_" * iskeyword(cmd_name)
        command: click.Command = import_module(f"asgi_mw.cli.{module}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a verb; if there is none of that name, name the nearest."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            near = nearest(args[0], VERBS)
            if near and not args[0].startswith("-"):
                message = f"No such command {args[0]!r}; {near.rstrip()}"
                raise click.UsageError(message, ctx) from error
            raise

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # click's signature
        """List the verbs without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(VERBS.items()))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete a verb without importing any: the user waits for it."""
        found = [
            CompletionItem(name, help=said)
            for name, said in VERBS.items()
            if name.startswith(incomplete)
        ]
        return found + click.Command.shell_complete(self, ctx, incomplete)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a verb; what may go wrong becomes one message and an exit status."""
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, TextIOWrapper):
                # A terminal that cannot show a character shows its escape instead of a traceback
                stream.reconfigure(errors="backslashreplace")
        with said():
            return super().invoke(ctx)


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(
    package_name="asgi-mw",
    message=f"%(prog)s %(version)s, Python {sys.version.partition(' ')[0]}",
)
def group() -> None:
    """See what your ASGI app and its server say to each other.

    Record with `asgi-mw run module:app`, then look with `ls`, `show` and `tail`.

    Recordings are in $ASGI_MW_STORE, else in the folder .asgi-mw/ where you are.  Those of several
    hosts are in a database: postgresql://user@host/database
    """


def main() -> None:
    """Run the command line on the arguments of this process."""
    group(prog_name="asgi-mw")
