"""Ship exchanges that are made by hand, and whole folders."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from asgi_mw.faults import Drops, Faults
from asgi_mw.recorder.codec import encode
from asgi_mw.recorder.segment import Segment
from asgi_mw.recorder.shipping.gathering import Batch, shipment
from asgi_mw.recorder.shipping.sending import Target
from asgi_mw.recorder.shipping.shipper import Shipper

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from asgi_mw.events import Exchange
    from asgi_mw.recorder.postgres import PostgresStore


def put(store: PostgresStore, exchanges: Iterable[Exchange]) -> None:
    """Send *exchanges* as a host does."""
    batch = Batch(rows=[shipment(encode(one), kept=one.kept) for one in exchanges])
    with closing(Target(store, "here:/traffic")) as target:
        target.keep_house()
        assert target.send(batch) == 0


def shipper(folder: Path, store: PostgresStore) -> Shipper:
    """What ships *folder*."""
    return Shipper(folder, store, Faults("ship"), Drops("ship"))


def ship(folder: Path, store: PostgresStore) -> int:
    """Ship what is in *folder* now; how much that is."""
    return shipper(folder, store).once()


def write(folder: Path, exchanges: Iterable[Exchange]) -> Path:
    """A segment of a spool with these *exchanges*."""
    segment = Segment(folder)
    segment.write([encode(one) for one in exchanges])
    segment.close()
    return segment.path
