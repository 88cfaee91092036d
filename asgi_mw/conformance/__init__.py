"""Find what an ASGI server does wrong, from both ends of real connections with it in between."""

from __future__ import annotations

from asgi_mw.conformance.check import Check as Check
from asgi_mw.conformance.check import Result as Result
from asgi_mw.conformance.checks import CHECKS as CHECKS
from asgi_mw.conformance.running import examine as examine
from asgi_mw.conformance.servers import SERVERS as SERVERS
from asgi_mw.conformance.servers import Server as Server
from asgi_mw.conformance.servers import by_command as by_command
