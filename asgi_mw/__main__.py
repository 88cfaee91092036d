"""The command line as ``python -m asgi_mw``."""

from __future__ import annotations

from asgi_mw.cli import main

if __name__ == "__main__":
    main()
