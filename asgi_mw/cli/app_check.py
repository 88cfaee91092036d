"""Check an app in this process: what to request of it, and what came of that."""

from __future__ import annotations

import os
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from time import time_ns
from typing import TYPE_CHECKING, Any

import click

from asgi_mw import open_store, record
from asgi_mw.amounts import plural
from asgi_mw.cli.driving import Driver
from asgi_mw.cli.guest import loaded, printing_to_stderr
from asgi_mw.cli.operations import SAFE, Ask, DocumentError, document, operations
from asgi_mw.printable import printable
from asgi_mw.recorder.query import Query
from asgi_mw.spec.findings import Findings, Subject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from asgi_mw.recorder.store import Store
    from asgi_mw.spec import Rule
    from asgi_mw.spec.rule import Profile
    from asgi_mw.testing import Result
    from asgi_mw.types import App


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the options of the command ask of the check."""

    target: str
    factory: bool
    app_dir: str
    paths: tuple[str, ...]
    methods: tuple[str, ...]
    headers: tuple[str, ...]
    bodies: tuple[str, ...]
    openapi: str | None
    unsafe: bool
    websockets: tuple[str, ...]
    timeout: float
    profile: Profile
    store: str | None


def check_app(wishes: Wishes, rules: list[Rule], step: Callable[[], None]) -> tuple[Findings, bool]:
    """Check the app; return what was found, and whether a part of it runs on for ever.

    What the app and the programs that it starts print goes to stderr: stdout is for the report.

    Raises:
        TargetError: There is no such app.
        DocumentError: The file to read an OpenAPI document from holds none.
        click.UsageError: An option cannot be right.
    """
    asks, first = _asks(wishes)
    app = loaded(wishes.target, factory=wishes.factory, app_dir=wishes.app_dir)
    with printing_to_stderr():
        findings = Findings(wishes.target, rules, _file(wishes.target))
        if wishes.store is None:
            stuck = _drive(app, wishes, asks, first, findings=findings, step=step)
        else:
            with closing(open_store(wishes.store)) as store:
                stuck = _drive(app, wishes, asks, first, findings=findings, step=step, store=store)
    return findings, stuck


def _drive(
    app: App,
    wishes: Wishes,
    asks: list[Ask],
    first: Ask | None,
    *,
    findings: Findings,
    step: Callable[[], None],
    store: Store | None = None,
) -> bool:
    began = time_ns()
    driver = Driver(
        app,
        profile=wishes.profile,
        timeout=wishes.timeout,
        around=(lambda app: app) if store is None else (lambda app: record(app, store=store)),
        step=step,
    )
    driven = driver.drive(asks, first, lambda result: _described(result, wishes))
    ids = _recorded(store, began) if store is not None else []
    sent = [one for one in driven.served if one.ask.method]
    if len(ids) != len(sent):
        ids = [""] * len(sent)
    for served, id_ in zip(driven.served, [*ids, ""], strict=False):
        findings.add(Subject(served.ask.what.strip(), id_), served.found)
    findings.troubles += driven.troubles
    if {one.status for one in driven.served if one.ask.method not in ("", "WS")} == {404}:
        said = "the app answered with 404 alone; say what to request with --path or --openapi"
        click.echo(said, err=True)
    return driven.stuck


def _recorded(store: Store, began: int) -> list[str]:
    """The ids of what this process recorded since *began*, in that order."""
    store.flush()
    found = store.exchanges(Query(since=began))
    return sorted(one.id for one in found if one.worker.pid == os.getpid())


def _asks(wishes: Wishes) -> tuple[list[Ask], Ask | None]:
    """The requests to send, and the one that asks for the app's own document."""
    if not wishes.timeout > 0:
        raise click.UsageError("--timeout 0 gives the app no time; write for example 5s")
    headers = tuple(_header(one) for one in wishes.headers)
    if len(wishes.bodies) > 1:
        raise click.UsageError("--body is sent with each request of the app: give one")
    body = "".join(wishes.bodies).encode(errors="surrogateescape")
    first: Ask | None = None
    asks: list[Ask] = []
    if wishes.openapi is not None:
        file = Path(wishes.openapi)
        if file.is_file():
            asks += _chosen(operations(document(file.read_bytes(), wishes.openapi)), wishes)
        elif wishes.openapi.startswith("/"):
            first = Ask("GET", wishes.openapi, headers)
        else:
            what = printable(wishes.openapi)
            raise click.UsageError(
                f"--openapi {what}: there is no such file; a path of the app begins with /"
            )
    elif wishes.unsafe:
        raise click.UsageError("--unsafe says what to request of a document: add --openapi")
    paths = wishes.paths or (() if wishes.openapi or wishes.websockets else ("/",))
    for path in paths:
        for method in wishes.methods or ("GET",):
            asks.append(Ask(method.upper(), _path("--path", path), headers, body))
    for path in wishes.websockets:
        asks.append(Ask("WS", _path("--websocket", path), headers))
    return asks, first


def _path(option: str, path: str) -> str:
    if not path.startswith("/"):
        raise click.UsageError(f"{option} {printable(path)}: a path begins with /")
    return path


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not (colon and name.strip()) or not text.isascii():
        raise click.UsageError(f"--header {printable(text)}: for an app, write it as name:value")
    return name.strip(), value.strip()


def _described(result: Result, wishes: Wishes) -> Iterable[Ask]:
    name = f"the answer to GET {wishes.openapi}"
    if result.status != 200:
        raise DocumentError(f"{name} has the status {result.status}")
    return _chosen(operations(document(result.body, name)), wishes)


def _chosen(asks: Iterable[Ask], wishes: Wishes) -> Iterator[Ask]:
    """The requests to send, with the headers that are wanted; say how many are left out."""
    methods = {one.upper() for one in wishes.methods}
    own = tuple(_header(one) for one in wishes.headers)
    left_out = 0
    for ask in asks:
        if methods and ask.method not in methods:
            continue
        if ask.method not in SAFE and not wishes.unsafe:
            left_out += 1
            continue
        yield Ask(ask.method, ask.target, (*ask.headers, *own), ask.body, ask.name)
    if left_out:
        what = f"{plural(left_out, 'operation')} that may change something"
        click.echo(f"left out {what}; add --unsafe to request all", err=True)


def _file(target: str) -> str:
    """The file of the app's module, relative to the current folder if it is below."""
    module: Any = sys.modules.get(target.partition(":")[0])
    name = getattr(module, "__file__", None)
    if name is None:
        return target
    path = Path(name)
    here = Path.cwd()
    return (path.relative_to(here) if path.is_relative_to(here) else path).as_posix()
