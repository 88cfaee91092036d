"""Ship a folder until killed: ``python -m tests.recorder.shipping.shipping_app FOLDER ADDRESS``."""

from __future__ import annotations

import sys
from pathlib import Path

from asgi_mw.recorder.postgres import PostgresStore
from tests.recorder.postgres.shipped import shipper

if __name__ == "__main__":
    folder, address = sys.argv[1:]
    shipper(Path(folder), PostgresStore(address)).run()
