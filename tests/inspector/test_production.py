"""In production there is no page, unless somebody allows it."""

from __future__ import annotations

import pytest

from asgi_mw import explain
from asgi_mw.errors import ConfigError
from asgi_mw.inspector import inspect
from asgi_mw.inspector.production import STAGES
from tests.inspector.asked import echo


@pytest.fixture(autouse=True)
def _nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*STAGES, "DJANGO_SETTINGS_MODULE", "ASGI_MW_INSPECTOR"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("name", STAGES)
@pytest.mark.parametrize("value", ["production", "PROD", " live "])
def test_it_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """Variables of frameworks and platforms decide; the message says how to allow it."""
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match="says that this is production; leave inspect out here"):
        inspect(echo)
    inspect(echo, allow_production=True)
    monkeypatch.setenv("ASGI_MW_INSPECTOR", "1")
    inspect(echo)


@pytest.mark.parametrize("module", ["shop.settings.production", "shop.settings_prod", "prod"])
def test_the_settings_of_django(monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    """The name of their module decides."""
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", module)
    with pytest.raises(ConfigError, match="production"):
        inspect(echo)


@pytest.mark.parametrize("value", ["development", "test", "staging", "", "reproduction"])
def test_anything_else_is_none(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """Nothing is guessed."""
    monkeypatch.setenv("APP_ENV", value)
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "shop.settings.product")

    assert "inspect()\necho" == explain(inspect(echo))


def test_it_is_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """That overrides all else: nothing is recorded, and there is no page."""
    monkeypatch.setenv("ASGI_MW_INSPECTOR", "0")
    monkeypatch.setenv("APP_ENV", "production")
    inspect(echo)
    monkeypatch.setenv("ASGI_MW_INSPECTOR", "perhaps")
    with pytest.raises(ConfigError, match="is neither yes nor no"):
        inspect(echo)
