"""What the clients of one test do, on record: the value of the fixture ``asgi_record``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgi_mw.recorder import open_store
from asgi_mw.recorder.stable import stable_text

if TYPE_CHECKING:
    from asgi_mw.events import Exchange


class Recording:
    """The connections that in-process clients made since the fixture was set up.

    ``str`` of it is its `text`.

    Attributes:
        store: Holds them, in memory.  ``record(app, store=asgi_record.store)`` also records
            what a client of another kind does.
    """

    def __init__(self) -> None:
        self.store = open_store("memory:")

    @property
    def exchanges(self) -> list[Exchange]:
        """All of them in the order in which they began; those in flight have no outcome."""
        found = [*self.store.exchanges(), *self.store.in_flight()]
        return sorted(found, key=lambda exchange: exchange.id)

    def text(self) -> str:
        """A text that is the same in each run, for snapshots: see `asgi_mw.testing.stable_text`.

        A lifespan is left out, because it still runs while the test reads the text.
        """
        return stable_text(one for one in self.exchanges if one.type != "lifespan")

    __str__ = text
