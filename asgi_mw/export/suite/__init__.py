"""Recorded exchanges as tests."""

from __future__ import annotations

from asgi_mw.export.suite.writing import write_pytest as write_pytest
