"""Print how long others wait when ten clients of a 200 MiB stream leave, by compressing layer.

``python -m tests.bench.stalls`` needs the packages of the tests.  Starlette's takes a minute.
"""

from __future__ import annotations

import json
from http.client import HTTPConnection
from time import perf_counter

from tests.live.servers import running
from tests.live.stalling import CLIENTS, stalled

_PIECES = 3200  # of 64 KiB
_PATIENCE = 300.0  # seconds


def main() -> None:
    """Serve each layer with uvicorn, let the clients leave, and ask for something else."""
    print(f"{CLIENTS} clients leave; the next request waits, and so much is made for nobody:")
    for layer in ("none", "compression", "starlette"):
        with running("uvicorn-httptools", "tests.live.stalling_app:app") as port:
            with stalled(port, f"/{layer}/streaming/{_PIECES}", "gzip") as before:
                pass
            began = perf_counter()
            after = _facts(port)
            waited = perf_counter() - began
        pieces = after["produced"] - before["produced"]
        coded = (after["coded"] - before["coded"]) >> 20
        print(f"{layer:<12} {waited:>7.3f} s  {pieces:>6} pieces  {coded:>5} MiB")


def _facts(port: int) -> dict[str, int]:
    connection = HTTPConnection("127.0.0.1", port, timeout=_PATIENCE)
    try:
        connection.request("GET", "/facts")
        told: dict[str, int] = json.load(connection.getresponse())
    finally:
        connection.close()
    return told


if __name__ == "__main__":
    main()
