"""Whether the environment says that this is production, where the page has no place."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from asgi_mw.errors import Problems

SWITCH = "ASGI_MW_INSPECTOR"
# Variables that name the stage of a deployment, by frameworks, by platforms and by habit
STAGES = (
    *("ENV", "ENVIRONMENT", "APP_ENV", "APP_ENVIRONMENT", "DEPLOYMENT_ENVIRONMENT"),
    *("PYTHON_ENV", "NODE_ENV", "DJANGO_ENV", "FASTAPI_ENV", "FLASK_ENV", "LITESTAR_ENV"),
    *("QUART_ENV", "STARLETTE_ENV", "NEXIOS_ENV"),
    *("RAILWAY_ENVIRONMENT_NAME", "SENTRY_ENVIRONMENT", "VERCEL_ENV"),
)
PRODUCTION = frozenset({"production", "prod", "live"})
_SETTINGS = "DJANGO_SETTINGS_MODULE"
_WORDS = {
    **dict.fromkeys(("1", "true", "yes", "on"), True),
    **dict.fromkeys(("0", "false", "no", "off"), False),
}


def switched(problems: Problems, environ: Mapping[str, str] = os.environ) -> bool | None:
    """What ``ASGI_MW_INSPECTOR`` says: on, off, or nothing.

    >>> from asgi_mw.errors import Problems
    >>> switched(Problems("inspect"), {"ASGI_MW_INSPECTOR": "off"})
    False
    """
    said = environ.get(SWITCH, "").strip().lower()
    if said and said not in _WORDS:
        problems.add(SWITCH, said, "is neither yes nor no", f"set {SWITCH}=1 or {SWITCH}=0")
    return _WORDS.get(said)


def says_production(environ: Mapping[str, str] = os.environ) -> str | None:
    """The variable that says that this is production, with its value; ``None`` if none does.

    >>> says_production({"APP_ENV": "Production"})
    'APP_ENV=Production'
    >>> says_production({"DJANGO_SETTINGS_MODULE": "shop.settings.prod"})
    'DJANGO_SETTINGS_MODULE=shop.settings.prod'
    >>> says_production({"APP_ENV": "development"})
    """
    for name in STAGES:
        value = environ.get(name, "")
        if value.strip().lower() in PRODUCTION:
            return f"{name}={value}"
    settings = environ.get(_SETTINGS, "")
    last = settings.rpartition(".")[2].lower()
    return f"{_SETTINGS}={settings}" if PRODUCTION & set(last.split("_")) else None
