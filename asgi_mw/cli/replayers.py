"""Make a replayer for an app or a server, and let it replay what a store has."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from asgi_mw.cli.guest import loaded
from asgi_mw.cli.replaying import Course, How
from asgi_mw.layers import layers_of, rules_of
from asgi_mw.recorder.memory import MemoryStore
from asgi_mw.replay import Remote, Replayer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from asgi_mw.cli.replay_options import Wishes
    from asgi_mw.differences import Matcher
    from asgi_mw.differences.compared import Compared, Comparison
    from asgi_mw.events import Exchange
    from asgi_mw.layers import Layer
    from asgi_mw.recorder.windows import Windows


def replay_all(
    windows: Windows,
    count: int,
    wishes: Wishes,
    comparison: Comparison,
    *,
    each: Callable[[Compared], None],
    matchers: Mapping[str, Matcher] | None = None,
) -> None:
    """Replay the first *count* of *windows*, and put what comes of it into *comparison*.

    Raises:
        TargetError: There is no such app.
        ConfigError: The name of the folder to record into is not valid.
        StoreError: An exchange cannot be read.
    """
    how = How(
        pace=wishes.pace,
        timeout=wishes.timeout,
        secrets=wishes.secrets,
        ignore=wishes.ignore,
        matchers=matchers or {},
        once=wishes.once,
        unsafe=wishes.unsafe,
    )
    with ExitStack() as closing:
        replayer = _replayer(wishes, closing)
        Course(replayer, how, comparison, each).run(_read(windows, count))


def _replayer(wishes: Wishes, closing: ExitStack) -> Replayer:
    store = None
    if wishes.keep is not None:
        from asgi_mw.recorder.open import open_store  # noqa: PLC0415  # seldom asked for

        store = open_store(wishes.keep)
        closing.callback(store.close)
    if wishes.to is not None:
        return Remote(
            wishes.to,
            keep_host=wishes.keep_host,
            pace=wishes.pace,
            secrets=wishes.secrets,
            timeout=wishes.timeout,
            store=store,
        )
    if wishes.app is None:
        raise click.UsageError("say against what: --app module:app, or --to http://127.0.0.1:8000")
    app = loaded(wishes.app, factory=wishes.factory, app_dir=wishes.app_dir)
    if any(map(_records, layers_of(app))):
        said = "the app has a layer that records: its store gets what it does now, too"
        click.echo(f"Note: {said}", err=True)
    return Replayer(
        app, pace=wishes.pace, secrets=wishes.secrets, timeout=wishes.timeout, store=store
    )


def _records(layer: Layer) -> bool:
    """Whether it records, and into a store that is not in memory."""
    store = layer.options.get("store", "memory:")
    return rules_of(layer.factory).kind == "record" and not (
        store is None or store == "memory:" or isinstance(store, MemoryStore)
    )


def _read(windows: Windows, count: int) -> Iterator[Exchange]:
    """One after the other; what was removed meanwhile is left out."""
    for number in range(count):
        exchange = windows.get(number)
        if exchange is not None:
            yield exchange
