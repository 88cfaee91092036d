"""What the layer costs those who do not make it."""

from __future__ import annotations

import subprocess
import sys


def test_the_rooms_of_the_layer_are_imported_when_it_is_made() -> None:
    """``import asgi_mw`` leaves the codings and the coder alone."""
    script = (
        "import asgi_mw, sys\n"
        "rooms = ('asgi_mw.codings', 'asgi_mw.middleware.compression.policy',"
        " 'asgi_mw.middleware.decompression.policy')\n"
        "print([room for room in rooms if room in sys.modules])\n"
        "asgi_mw.gzip(print), asgi_mw.decompression(print)\n"
        "print([room for room in rooms if room not in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )

    assert done.stdout.split() == ["[]", "[]"]
