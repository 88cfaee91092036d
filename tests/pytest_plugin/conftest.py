"""Suites in processes of their own start quickly."""

from __future__ import annotations

import pytest

from tests.nested import ENVIRONMENT


@pytest.fixture(autouse=True)
def _starting_quickly(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "pytester" in request.fixturenames:
        request.getfixturevalue("pytester")  # which would discard the options
        for name, value in ENVIRONMENT.items():
            monkeypatch.setenv(name, value)
