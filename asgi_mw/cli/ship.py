"""``asgi-mw ship``: copy recordings to PostgreSQL, so that several hosts have one history."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from asgi_mw.cli.options import (
    duration_option,
    folders,
    is_address,
    json_option,
    report_problems,
    say_problems,
    size_option,
)
from asgi_mw.cli.output import say_json
from asgi_mw.faults import Drops, Faults
from asgi_mw.printable import printable, without_password
from asgi_mw.recorder.existing import DEFAULT_STORE, STORE_VARIABLE, recorded

if TYPE_CHECKING:
    from asgi_mw.recorder.shipping.shipper import Shipper

_VARIABLE = "ASGI_MW_SHIP_TO"


@click.command("ship")
@click.argument("store", envvar=STORE_VARIABLE, default=DEFAULT_STORE, shell_complete=folders)
@click.option(
    "--to",
    "target",
    metavar="ADDRESS",
    envvar=_VARIABLE,
    required=True,
    show_envvar=True,
    help="The database, as postgresql://user@host/database.",
)
@click.option("--once", is_flag=True, help="Ship what is there now, and end.")
@duration_option("--max-age", help="Drop the days of the history that are so old, as 30d.")
@size_option("--max-bytes", help="Drop its oldest days, until it takes at most this: 100GB.")
@json_option
def command(
    *,
    store: str,
    target: str,
    once: bool,
    max_age: float | None,
    max_bytes: int | None,
    as_json: bool,
) -> None:
    """Copy what is recorded in the folder STORE to PostgreSQL, until Ctrl-C.

    STORE stays as it is, and others may write it meanwhile.  What cannot be sent now is sent
    later.  `ls`, `show`, `tail`, `inspect` and the others read the history of all hosts by
    `--store ADDRESS`.

    A password on the command line can be read by other users: give it by PGPASSWORD, ~/.pgpass
    or a service file.
    """
    if is_address(store) or store.startswith("memory"):
        raise click.UsageError(f"STORE is a folder, and not {without_password(store)}")
    if not is_address(target):
        raise click.UsageError(
            f"--to {printable(target)} is no address; write postgresql://user@host/database"
        )
    if once:
        recorded(store)
    shipper = _shipper(store, target, max_age, max_bytes)
    problems: list[str] = []
    shipper.say = problems.append if once else lambda problem: say_problems([problem])
    if once:
        shipper.once()
    else:
        _ship_on(shipper, store, target)
    if as_json:
        say_json({"shipped": shipper.sent, "problems": problems})
    else:
        click.echo(f"Shipped {shipper.sent:,} exchanges.")
    report_problems(problems)


def _ship_on(shipper: Shipper, store: str, target: str) -> None:
    """Ship until a signal comes."""
    where = f"{printable(store)} to {printable(without_password(target))}"
    click.echo(f"Shipping {where}; Ctrl-C ends it.", err=True)
    # If that is in the middle of a batch, the batch is rolled back, and is sent the next time
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        shipper.run()
    except KeyboardInterrupt:
        click.echo(err=True)


def _shipper(store: str, target: str, max_age: float | None, max_bytes: int | None) -> Shipper:
    from asgi_mw.recorder.postgres import PostgresStore  # noqa: PLC0415  # an extra
    from asgi_mw.recorder.shipping.shipper import Shipper  # noqa: PLC0415  # the same

    history = PostgresStore(target, max_age=max_age, max_bytes=max_bytes)
    return Shipper(Path(store).absolute(), history, Faults("ship"), Drops("ship"))
