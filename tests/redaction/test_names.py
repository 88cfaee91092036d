"""Which names are secret."""

from __future__ import annotations

import pytest

from asgi_mw.redaction.names import compile_names, noted

SECRET = [
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "user_password",
    "newPassword",
    "PASSWORD",
    "db_pass",
    "secret",
    "client_secret",
    "clientSecret",
    "client-secret",
    "secret_key",
    "token",
    "access_token",
    "accessToken",
    "id_token",
    "refresh_token",
    "csrf_token",
    "csrfmiddlewaretoken",
    "tokenValue",
    "x-auth-token",
    "X-Amz-Security-Token",
    "api_tokens_token",
    "api_key",
    "apikey",
    "APIKey",
    "X-Api-Key",
    "x_api_keys",
    "access_key",
    "accesskey",
    "private_key",
    "ocp-apim-subscription-key",
    "authorization",
    "Proxy-Authorization",
    "auth",
    "X-Auth",
    "credential",
    "credentials",
    "bearer",
    "cookie",
    "Set-Cookie",
    "cookies",
    "session",
    "session_id",
    "sessionid",
    "PHPSESSID",
    "JSESSIONID",
    "connect.sid",
    "signature",
    "sig",
    "X-Amz-Signature",
    "X-Amz-Credential",
    "X-Goog-Signature",
    "AWSAccessKeyId",
    "jwt",
    "otp",
    "totp",
    "pin",
    "cvv",
    "cvc",
    "cvv2",
    "card_number",
    "cardNumber",
    "credit_card",
    "pan",
    "ssn",
    "SAMLResponse",
    "code_verifier",
    "pw",
    "passwort",
    "user[password]",
    "a.b.token",
    "api%5Fkey",
    "api%255Fkey",
]

SHOWN = [
    "max_tokens",
    "tokens",
    "tokenizer",
    "token_type",
    "token_count",
    "secret_santa",
    "pass_rate",
    "password_length",
    "author",
    "authority",
    "oauth_url",
    "secretary",
    "key",
    "keys",
    "id",
    "name",
    "code",
    "state",
    "monkey",
    "compass",
    "pinned",
    "span",
    "company",
    "opinion",
    "keyboard",
    "access-control-allow-credentials",
    "InvalidTokenError",
    "session_count",
    "www-authenticate",
    "sec-websocket-key",
    "etag",
    "idempotency-key",
    "x-request-id",
    "auth_method",
    "1",
    "_",
]


@pytest.mark.parametrize("name", SECRET)
def test_a_name_is_secret(name: str) -> None:
    """Case, separators, encodings and camel case make no difference."""
    assert compile_names()(name)


@pytest.mark.parametrize("name", SHOWN)
def test_a_name_is_shown(name: str) -> None:
    """What only resembles a secret, counts secrets or describes one is shown."""
    assert not compile_names()(name)


@pytest.mark.parametrize("name", ["iban", "IBAN", "card[iban]", "account.iban", "I-BAN"])
def test_a_name_may_be_added(name: str) -> None:
    """An added name counts as a whole or as the last step of a path."""
    assert compile_names(["iban"])(name)
    assert not compile_names(["iban"])("ibanana")


def test_a_name_in_utf_8_read_as_latin_1_is_recognised() -> None:
    """Bodies are scanned as Latin-1, names are configured as text."""
    secret = compile_names(["пароль"])
    assert secret("пароль")
    assert secret("пароль".encode().decode("latin-1"))


def test_show_outranks_what_is_secret() -> None:
    """A name in *show* is never masked."""
    secret = compile_names(["iban"], ["csrf-token", "iban"])
    assert not secret("csrfToken")
    assert not secret("form[csrf_token]")
    assert not secret("iban")
    assert secret("token")


def test_a_long_name_is_decided_without_being_remembered() -> None:
    """Names come from clients and may have any length."""
    assert compile_names()("x" * 100_000 + "-password")


def test_what_is_noted_is_bounded() -> None:
    """The list of what was masked cannot be blown up by a client."""
    names = noted([f"token\n{number}" + "x" * 100 for number in range(100)])
    assert len(names) == 32
    assert max(map(len, names)) == 64
    assert "\n" not in "".join(names)
