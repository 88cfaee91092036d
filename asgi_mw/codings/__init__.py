"""Encode and decode content codings (RFC 9110 8.4.1) without I/O: zstd, br, gzip, deflate."""

from __future__ import annotations

from asgi_mw.codings.decoders import decoder as decoder
from asgi_mw.codings.encoders import LEVELS as LEVELS
from asgi_mw.codings.encoders import Encoder as Encoder
from asgi_mw.codings.encoders import streaming as streaming
from asgi_mw.codings.encoders import whole as whole
from asgi_mw.codings.libraries import codings as codings
from asgi_mw.codings.libraries import library as library
from asgi_mw.codings.stage import CorruptError as CorruptError
from asgi_mw.codings.stage import Decoder as Decoder
