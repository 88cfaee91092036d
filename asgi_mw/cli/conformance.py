"""``asgi-mw conformance``: examine ASGI servers over real sockets, and say what each does wrong."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

import click

from asgi_mw.cli.options import duration_option, json_option
from asgi_mw.cli.output import say, say_json, table
from asgi_mw.conformance import CHECKS, SERVERS, by_command, examine
from asgi_mw.conformance.clock import Clock
from asgi_mw.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import FrameType

    from asgi_mw.cli.output import Line, Span
    from asgi_mw.conformance import Check, Result, Server

_STATUSES = (
    "Exit status: 0 nothing failed; 1 a check failed or could not be made, or a server is not "
    "installed; 2 an option is wrong."
)
_MARKS: dict[str, Span] = {
    "pass": ("pass", "green"),
    "fail": ("FAIL", "bold red"),
    "undecided": ("open", "yellow"),
    "not offered": ("-", "dim"),
    "error": ("ERROR", "bold red"),
}
_BAD = frozenset({"fail", "error"})


@click.command("conformance", epilog=_STATUSES)
@click.option(
    "--server",
    "names",
    multiple=True,
    type=click.Choice([*SERVERS, "all"]),
    help="Which to examine; can be given several times.",
)
@click.option(
    "--command",
    "commands",
    multiple=True,
    metavar="COMMAND",
    help="Starts any other server: 'myserver {app} --port {port}'; can be given several times.",
)
@click.option(
    "--check",
    "wanted",
    multiple=True,
    metavar="ID",
    help="Only this check, or those that begin so; can be given several times.",
)
@duration_option(
    "--patience", default="5s", show_default=True, help="How long to wait for what has to come."
)
@click.option("--list", "only_list", is_flag=True, help="List the checks, and make none.")
@json_option
def command(
    *,
    names: tuple[str, ...],
    commands: tuple[str, ...],
    wanted: tuple[str, ...],
    patience: float,
    only_list: bool,
    as_json: bool,
) -> None:
    """Examine ASGI servers over real sockets, and say what each does wrong.

    Each server is started on a free port of this machine, serves an app that does what the other
    end of the connection says, and is stopped.  The verdicts are pass, FAIL, open (the
    specification does not decide it: never a failure), - (not offered) and ERROR (the check could
    not be made).
    """
    checks = _chosen(wanted)
    if only_list:
        _list(checks, as_json=as_json)
        return
    servers = _servers(names, commands)
    signal.signal(signal.SIGTERM, _stop)
    results: list[Result] = []
    for server in servers:
        results += _examined(server, checks, Clock(patience=patience), as_json=as_json)
    if not as_json:
        _say(checks, servers, results)
    if any(one.verdict in _BAD for one in results) or not servers:
        raise click.exceptions.Exit(1)


def _stop(signum: int, frame: FrameType | None) -> None:  # noqa: ARG001  # what signal gives
    """End by an exception, so that no server is left running."""
    sys.exit(1)


def _chosen(wanted: tuple[str, ...]) -> list[Check]:
    """The checks whose ids begin with one of *wanted*; all checks if it is empty.

    Raises:
        click.BadParameter: There is none.
    """
    for prefix in wanted:
        if not any(name.startswith(prefix) for name in CHECKS):
            parts = ", ".join(dict.fromkeys(check.part for check in CHECKS.values()))
            raise click.BadParameter(
                f"no check begins with {prefix!r}; see --list, or write one of {parts}",
                param_hint="--check",
            )
    return [check for check in CHECKS.values() if check.id.startswith(wanted or "")]


def _servers(names: tuple[str, ...], commands: tuple[str, ...]) -> list[Server]:
    """The servers that are meant, and installed.

    Raises:
        click.UsageError: None is named, or a command is wrong.
        click.ClickException: One that is named is not installed.
    """
    if not names and not commands:
        raise click.UsageError(
            "name a server: --server uvicorn, --server all, "
            "or --command 'myserver {app} --port {port}'"
        )
    servers = []
    for name in SERVERS if "all" in names else dict.fromkeys(names):
        if missing := SERVERS[name].missing:
            said = f"{name} cannot be examined; install it with: pip install {' '.join(missing)}"
            if name in names:
                raise click.ClickException(said)
            click.echo(said, err=True)
        else:
            servers.append(SERVERS[name])
    for one in commands:
        try:
            servers.append(by_command(one))
        except ValueError as error:
            raise click.BadParameter(f"{one!r}: {error}", param_hint="--command") from None
    return servers


def _examined(
    server: Server, checks: list[Check], clock: Clock, *, as_json: bool
) -> Iterable[Result]:
    """Each result as it comes, with the progress on a terminal."""
    shows = sys.stderr.isatty()
    for number, result in enumerate(examine(server, checks, clock=clock), 1):
        if as_json:
            say_json(result.to_json())
        if shows:
            line = f"{server.name} {number}/{len(checks)} {result.check.id}"
            click.echo(f"\r\x1b[K{printable(line)}", err=True, nl=False)
        yield result
    if shows:
        click.echo("\r\x1b[K", err=True, nl=False)


def _list(checks: list[Check], *, as_json: bool) -> None:
    if as_json:
        for check in checks:
            fields = ("id", "title", "severity", "sentence", "url")
            say_json({name: getattr(check, name) for name in fields})
        return
    rows: list[Line] = [
        [(check.id, "bold"), (check.severity, "dim"), (check.title, "")] for check in checks
    ]
    say(*table(("check", "", "what holds"), rows))


def _say(checks: list[Check], servers: list[Server], results: list[Result]) -> None:
    """The table of verdicts, and after it what was expected and seen."""
    by_place = {(one.server, one.check.id): one for one in results}
    rows: list[Line] = []
    for check in checks:
        verdicts = [by_place[server.name, check.id].verdict for server in servers]
        rows.append([(check.id, ""), *(_MARKS[one] for one in verdicts), (check.title, "dim")])
    say(*table(("check", *(server.name for server in servers), ""), rows))
    for server in servers:
        own = [one for one in results if one.server == server.name]
        say([], [(f"{server.name}", "bold"), (f"  {server.versions}", "dim")])
        say([(_summary(own), "")])
        for one in own:
            if one.verdict in _BAD or (one.verdict == "undecided" and one.detail):
                say(*_detail(one))


def _summary(results: list[Result]) -> str:
    counts = {verdict: sum(one.verdict == verdict for one in results) for verdict in _MARKS}
    return ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count)


def _detail(one: Result) -> list[Line]:
    weak = " (should)" if one.verdict == "fail" and one.check.severity == "should" else ""
    lines: list[Line] = [[(f"  {one.check.id}{weak}: ", "bold"), (one.detail, "")]]
    if one.verdict == "fail":
        lines.append([(f"    {one.check.sentence}", "dim")])
        lines.append([(f"    {one.check.url}", "dim")])
    return lines
