"""A certificate and key that do not fit are refused, with which and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import pytest

from asgi_mw.cli import tls
from tests.cli import pem

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand where they are."""
    pem.write(tmp_path)
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    ("certificate", "key", "password", "authorities", "locked"),
    [
        (None, None, "", None, False),
        ("certificate.pem", "key.pem", "", "authority.pem", False),
        ("certificate.pem", "key.pem", "not needed", None, False),
        ("certificate.pem", "locked.pem", pem.PASSWORD, None, True),
        ("both.pem", None, "", None, False),
        ("both-locked.pem", None, pem.PASSWORD, None, True),
    ],
)
def test_what_fits_passes(
    certificate: str | None,
    key: str | None,
    password: str,
    authorities: str | None,
    *,
    locked: bool,
) -> None:
    """Whether the key has a password is told."""
    assert locked is tls.check(certificate, key, password, authorities)


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    ("certificate", "key", "password", "authorities", "message"),
    [
        (None, "key.pem", "", None, "--ssl-keyfile needs a certificate: --ssl-certfile FILE"),
        (None, None, "x", None, "--ssl-keyfile-password needs a certificate: --ssl-certfile FILE"),
        (None, None, "", "key.pem", "--ssl-ca-certs needs a certificate: --ssl-certfile FILE"),
        (
            "certificate.pem",
            "other.pem",
            "",
            None,
            "the key in other.pem is not that of --ssl-certfile certificate.pem",
        ),
        (
            "certificate.pem",
            None,
            "",
            None,
            "--ssl-certfile certificate.pem holds no private key; name it with --ssl-keyfile FILE",
        ),
        (
            "certificate.pem",
            "locked.pem",
            "",
            None,
            "the key in locked.pem has a password; give it with --ssl-keyfile-password",
        ),
        (
            "both-locked.pem",
            None,
            "wrong",
            None,
            "--ssl-keyfile-password does not open the key in both-locked.pem",
        ),
        ("nonsense.pem", "key.pem", "", None, "--ssl-certfile nonsense.pem holds no certificate"),
        ("empty.pem", "key.pem", "", None, "--ssl-certfile empty.pem holds no certificate in PEM"),
        ("certificate.pem", "empty.pem", "", None, "--ssl-keyfile empty.pem holds no private key"),
        ("both.pem", None, "", "key.pem", "--ssl-ca-certs key.pem holds no certificate in PEM"),
    ],
)
def test_what_does_not_fit_is_refused(
    certificate: str | None, key: str | None, password: str, authorities: str | None, message: str
) -> None:
    """Nobody is asked for a password on the terminal."""
    with pytest.raises(click.UsageError) as refused:
        tls.check(certificate, key, password, authorities)
    assert refused.value.message.startswith(message)
