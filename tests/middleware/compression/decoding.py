"""Decode what the layer made, with the libraries themselves, as far as it goes."""

from __future__ import annotations

import sys
import zlib
from importlib import import_module
from typing import Any

brotli: Any = import_module("brotli")
zstd: Any = import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")

CODINGS = ("zstd", "br", "gzip")


class Decoder:
    """Decodes one body of any coding, piece by piece; none is passed on."""

    def __init__(self, coding: bytes | None) -> None:
        self.coding = (coding or b"").decode()
        self.plain = b""
        self._made: Any = {
            "gzip": lambda: zlib.decompressobj(31),
            "br": brotli.Decompressor,
            "zstd": zstd.ZstdDecompressor,
            "": lambda: None,
        }[self.coding]()
        self.rest = b""

    def feed(self, piece: bytes) -> bytes:
        """Give all that can be known of the body by now."""
        if self._made is None:
            self.plain += piece
        elif self.coding == "br":
            self.plain += self._made.process(piece)
            while more := self._made.process(b""):  # it gives a part at a time
                self.plain += more
        elif self.ended:
            self.rest += piece
        else:
            self.plain += self._made.decompress(piece)
            if self.ended:
                self.rest += self._made.unused_data
        return self.plain

    @property
    def ended(self) -> bool:
        """Whether the body came to its end, rather than being cut."""
        if self._made is None:
            return True
        return bool(self._made.is_finished() if self.coding == "br" else self._made.eof)


def decoded(coding: bytes | None, body: bytes) -> bytes:
    """The whole of *body*, which must not be cut; only a skippable frame may follow."""
    decoder = Decoder(coding)
    plain = decoder.feed(body)
    assert decoder.ended
    assert decoder.rest[:4] in {b"", b"\x50\x2a\x4d\x18"}
    return plain
