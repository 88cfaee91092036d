"""A certificate for loopback, and the authority that signed it, made for one run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trustme

if TYPE_CHECKING:
    from pathlib import Path


def write(folder: Path) -> None:
    """Put ``authority.pem``, ``server.pem`` and ``server.key`` into *folder*."""
    authority = trustme.CA()
    own = authority.issue_cert("localhost", "127.0.0.1")
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    own.private_key_pem.write_to_path(str(folder / "server.key"))
    (folder / "server.pem").write_bytes(b"".join(one.bytes() for one in own.cert_chain_pems))
