"""HTTP archives: written for other tools, and read from them."""

from __future__ import annotations

from asgi_mw.export.har.reading import read_har as read_har
from asgi_mw.export.har.writing import write_har as write_har
