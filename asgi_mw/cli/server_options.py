"""The options of how to serve, named as uvicorn's, and what they mean."""

from __future__ import annotations

import functools
import os
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from asgi_mw.cli import tls
from asgi_mw.cli.options import app_dir_option
from asgi_mw.cli.plan import Listening
from asgi_mw.cli.proxies import trusted
from asgi_mw.cli.servers import SERVERS
from asgi_mw.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Callable

_LEVELS = ("critical", "error", "warning", "info", "debug")
_FILE = click.Path(exists=True, dir_okay=False, readable=True)


def _load_env(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Put the variables of a file into the environment, before other options look there."""
    if value is not None and not ctx.resilient_parsing:
        if find_spec("dotenv") is None:
            raise MissingExtraError("python-dotenv", "cli")
        from dotenv import load_dotenv  # noqa: PLC0415  # an extra

        try:
            load_dotenv(value)
        except (OSError, ValueError) as error:
            raise click.BadParameter(f"{value} cannot be read: {error}", ctx, param) from None
    return value


_OPTIONS = (
    click.option(
        "--server",
        type=click.Choice(SERVERS),
        default=SERVERS[0],
        show_default=True,
        help="The server to use.",
    ),
    click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen."),
    click.option(
        "--port",
        type=click.IntRange(0, 65535),
        default=8000,
        show_default=True,
        help="Where to listen; 0 takes a free port.",
    ),
    click.option("--uds", metavar="PATH", help="Listen on this Unix socket instead."),
    click.option(
        "--workers", type=click.IntRange(1), default=1, show_default=True, help="Processes."
    ),
    click.option("--reload", is_flag=True, help="Restart when a file changes."),
    app_dir_option,
    click.option(
        "--env-file",
        type=_FILE,
        is_eager=True,
        expose_value=False,
        callback=_load_env,
        help="Set the variables in this file that are not set yet.",
    ),
    click.option(
        "--root-path",
        default="",
        metavar="PATH",
        help="The path where a proxy shows the app, for example /api.",
    ),
    click.option(
        "--proxy-headers/--no-proxy-headers",
        default=True,
        help="Believe X-Forwarded-For and X-Forwarded-Proto of trusted proxies, or of nobody.",
    ),
    click.option(
        "--forwarded-allow-ips",
        metavar="LIST",
        envvar="FORWARDED_ALLOW_IPS",
        show_envvar=True,
        default="127.0.0.1,::1",
        show_default=True,
        help="Trusted proxies: addresses and networks, separated by commas, unix, or *.",
    ),
    click.option("--ssl-certfile", type=_FILE, help="Serve HTTPS: the certificate, in PEM."),
    click.option(
        "--ssl-keyfile", type=_FILE, help="Its key, if it is not in the file of the certificate."
    ),
    click.option(
        "--ssl-keyfile-password",
        default="",
        metavar="TEXT",
        envvar="ASGI_MW_SSL_KEYFILE_PASSWORD",
        show_envvar=True,
        help="The password of the key.",
    ),
    click.option(
        "--ssl-ca-certs", type=_FILE, help="Clients need a certificate of these authorities."
    ),
    click.option(
        "--log-level",
        type=click.Choice(_LEVELS, case_sensitive=False),
        help="The lowest level to log; info, unless the app sets one.",
    ),
)


def server_options(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command these options, and hand it them as one :class:`Listening`, ``at``.

    Raises:
        click.UsageError: They contradict each other, or the server does not support them.
    """

    @functools.wraps(function)
    def with_options(
        *,
        server: str,
        host: str,
        port: int,
        uds: str | None,
        workers: int,
        reload: bool,
        app_dir: str,
        root_path: str,
        proxy_headers: bool,
        forwarded_allow_ips: str,
        ssl_certfile: str | None,
        ssl_keyfile: str | None,
        ssl_keyfile_password: str,
        ssl_ca_certs: str | None,
        log_level: str | None,
        **others: Any,
    ) -> None:
        if reload and workers > 1:
            raise click.UsageError("--reload serves with one process: leave out --workers")
        if uds is not None:
            _check_alone("host", "port")
            uds = os.path.abspath(uds)  # noqa: PTH100  # resolve() would follow links
        if root_path and not root_path.startswith("/"):
            raise click.UsageError(f"--root-path begins with a slash; write it as /{root_path}")
        locked = tls.check(ssl_certfile, ssl_keyfile, ssl_keyfile_password, ssl_ca_certs)
        if locked and server == "granian":
            raise click.UsageError(
                "granian fails on a key with a password; take another --server, "
                "or take the password off: openssl pkey -in KEY -out NEW"
            )
        at = Listening(
            server=server,
            host=host,
            port=port,
            uds=uds,
            workers=workers,
            reload=reload,
            app_dir=os.path.abspath(app_dir),  # noqa: PTH100  # the same
            root_path=root_path.rstrip("/"),
            proxies=trusted(forwarded_allow_ips) if proxy_headers else (),
            certfile=ssl_certfile,
            keyfile=ssl_keyfile or ssl_certfile,
            password=ssl_keyfile_password if locked else "",
            ca_certs=ssl_ca_certs,
            level=log_level,
        )
        function(at=at, **others)

    return functools.reduce(
        lambda command, option: option(command), reversed(_OPTIONS), with_options
    )


def _check_alone(*names: str) -> None:
    """Refuse options that ``--uds`` takes the place of, if they were given."""
    context = click.get_current_context()
    for name in names:
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise click.UsageError(f"--uds is in the place of --{name}: leave out one of them")
