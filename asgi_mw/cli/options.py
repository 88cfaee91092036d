"""The options that several verbs share, and what they mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.shell_completion import CompletionItem

from asgi_mw.amounts import parse_duration, parse_size
from asgi_mw.cli.failures import TROUBLE
from asgi_mw.printable import printable
from asgi_mw.recorder.existing import DEFAULT_STORE, STORE_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

F = TypeVar("F", bound="Callable[..., Any] | click.Command")
N = TypeVar("N", int, float)

_LONGEST = 1000


def duration_option(
    name: str, parse: Callable[[str], float] = parse_duration, **attributes: Any
) -> Callable[[F], F]:
    """An option in seconds, written as ``7d``, ``12h``, ``30m``, ``45s`` or ``200ms``."""
    return click.option(name, metavar="TIME", callback=parsed(parse), **attributes)


def size_option(name: str, **attributes: Any) -> Callable[[F], F]:
    """An option in bytes, written as ``100MB``, ``1GiB`` or ``500000``."""
    return click.option(name, metavar="SIZE", callback=parsed(parse_size), **attributes)


def parsed(parse: Callable[[str], N]) -> Callable[..., N | None]:
    """A callback for an option: it returns what *parse* makes of the text, or reports its error."""

    def called(ctx: click.Context, param: click.Parameter, value: str | None) -> N | None:
        try:
            return None if value is None else parse(value)
        except ValueError as error:
            raise click.BadParameter(str(error), ctx, param) from None

    return called


def folders(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the name of a store: a shell knows folders best."""
    return [CompletionItem(incomplete, type="dir")]


store_option = click.option(
    "--store",
    metavar="STORE",
    envvar=STORE_VARIABLE,
    default=DEFAULT_STORE,
    show_default=True,
    show_envvar=True,
    help="Where the recordings are: a folder, or postgresql://...",
    shell_complete=folders,
)
app_dir_option = click.option(
    "--app-dir",
    type=click.Path(exists=True, file_okay=False),
    default=".",
    help="Where modules are looked for first; where you are, if you do not say.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")


def is_address(name: str) -> bool:
    """Whether *name* is the address of a database."""
    return name.startswith(("postgresql://", "postgres://"))


def say_problems(problems: Iterable[str]) -> None:
    """Say on stderr what of a store could not be read or removed."""
    for problem in problems:
        click.echo(f"Warning: {printable(problem, _LONGEST)}", err=True)


def report_problems(problems: Iterable[str]) -> None:
    """Say them, and end with status 2 if there are any.

    Raises:
        click.exceptions.Exit: There are.
    """
    problems = list(problems)
    say_problems(problems)
    if problems:
        raise click.exceptions.Exit(TROUBLE)
