"""A PostgreSQL server for all of these tests, and a database for each."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest

from asgi_mw.recorder.postgres import PostgresStore
from tests.recorder.postgres.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A server of this process."""
    made = Server()
    yield made
    made.close()


@pytest.fixture
def address(server: Server) -> Iterator[str]:
    """The address of an empty database."""
    name = f"test_{secrets.token_hex(4)}"
    yield server.create(name)
    server.drop(name)


@pytest.fixture
def history(address: str) -> Iterator[PostgresStore]:
    """The store in it."""
    store = PostgresStore(address)
    yield store
    store.close()
