"""Refuse a TLS certificate and key that a server could not use, before anything starts."""

from __future__ import annotations

import ssl

import click


def check(certfile: str | None, keyfile: str | None, password: str, ca_certs: str | None) -> None:
    """Go on if there is no TLS, or all that it needs.

    Raises:
        click.UsageError: Something is missing, or does not fit; which option, and why.
    """
    if certfile is None:
        given = {"keyfile": keyfile, "keyfile-password": password, "ca-certs": ca_certs}
        for name, value in given.items():
            if value:
                raise click.UsageError(f"--ssl-{name} needs a certificate: --ssl-certfile FILE")
        return
    if reason := _unfit(certfile, keyfile, password):
        raise click.UsageError(reason)
    if ca_certs is not None and not _has_certificates(ca_certs):
        raise click.UsageError(f"--ssl-ca-certs {ca_certs} holds no certificate in PEM")


def _unfit(certfile: str, keyfile: str | None, password: str) -> str:
    """Why certificate and key cannot be used together; empty if they can."""
    asked = False

    def give() -> str:  # without it, OpenSSL would ask on the terminal
        nonlocal asked
        asked = True
        return password

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certfile, keyfile, give)
    except (OSError, ValueError) as error:
        key = f"--ssl-keyfile {keyfile}" if keyfile else f"the key in {certfile}"
        if getattr(error, "reason", None) == "KEY_VALUES_MISMATCH":
            return f"{key} is not the key of --ssl-certfile {certfile}"
        if asked and password:
            return f"--ssl-keyfile-password does not open {keyfile or certfile}"
        if asked:
            return f"{key} has a password; give it with --ssl-keyfile-password"
        if not _has_certificates(certfile):
            return f"--ssl-certfile {certfile} holds no certificate in PEM"
        if keyfile:
            return f"{key} holds no private key in PEM"
        return f"--ssl-certfile {certfile} holds no private key; name it with --ssl-keyfile FILE"
    return ""


def _has_certificates(path: str) -> bool:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_verify_locations(path)
    except OSError:
        return False
    return True
