"""Refuse a TLS certificate and key that a server could not use, before anything starts."""

from __future__ import annotations

import ssl

import click


def check(certfile: str | None, keyfile: str | None, password: str, ca_certs: str | None) -> bool:
    """Go on if there is no TLS, or all that it needs; return whether the key has a password.

    Raises:
        click.UsageError: Something is missing or does not fit; the message says what, and why.
    """
    if certfile is None:
        given = {"keyfile": keyfile, "keyfile-password": password, "ca-certs": ca_certs}
        for name, value in given.items():
            if value:
                raise click.UsageError(f"--ssl-{name} needs a certificate: --ssl-certfile FILE")
        return False
    asked = False

    def give() -> str:  # without it, OpenSSL would ask on the terminal
        nonlocal asked
        asked = True
        return password

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certfile, keyfile, give)
    except (OSError, ValueError) as error:
        why = _locked(certfile, keyfile, password) if asked else _unfit(error, certfile, keyfile)
        raise click.UsageError(why) from None
    if ca_certs is not None and not _has_certificates(ca_certs):
        raise click.UsageError(f"--ssl-ca-certs {ca_certs} holds no certificate in PEM")
    return asked


def _locked(certfile: str, keyfile: str | None, password: str) -> str:
    key = keyfile or certfile
    if password:
        return f"--ssl-keyfile-password does not open the key in {key}"
    return f"the key in {key} has a password; give it with --ssl-keyfile-password"


def _unfit(error: Exception, certfile: str, keyfile: str | None) -> str:
    if getattr(error, "reason", None) == "KEY_VALUES_MISMATCH":
        return f"the key in {keyfile or certfile} is not that of --ssl-certfile {certfile}"
    if not _has_certificates(certfile):
        return f"--ssl-certfile {certfile} holds no certificate in PEM"
    if keyfile:
        return f"--ssl-keyfile {keyfile} holds no private key in PEM"
    return f"--ssl-certfile {certfile} holds no private key; name it with --ssl-keyfile FILE"


def _has_certificates(path: str) -> bool:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_verify_locations(path)
    except OSError:
        return False
    return True
