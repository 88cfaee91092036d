"""The frameworks, servers and scenarios that reasons have in common."""

from __future__ import annotations

SOCKETS = "talk|bye|vanish|refused"
WSGI = frozenset({"flask_asgiref", "flask_a2wsgi", "django_asgiref", "django_a2wsgi"})
ASGIREF = frozenset({"flask_asgiref", "django_asgiref"})
DJANGO = frozenset({"django", "channels"})
ASYNCIO = WSGI | DJANGO | {"quart", "bareasgi", "sanic"}
NO_LIFESPAN = WSGI | DJANGO | {"raw"}
BODY = frozenset({"litestar", "lilya", "ravyn"})
UVICORN = frozenset({"uvicorn", "uvicorn-h11", "gunicorn-uvicorn"})
HYPERCORN = frozenset({"hypercorn", "hypercorn-trio", "hypercorn-h2"})
KILLING = frozenset({"granian", "gunicorn", "gunicorn-uvicorn"})
H3 = frozenset({"hypercorn-h3"})
TRIO = frozenset({"hypercorn-trio"})
MANGUM = frozenset({"mangum"})
DAPHNE = frozenset({"daphne"})
