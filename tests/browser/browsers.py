"""Chromium and Firefox as Debian has them: started, driven by one protocol, and ended.

Whatever name a page asks for is looked up as 127.0.0.1, so that ``evil.test`` is the server of the
test, and nothing of a browser's own reaches the network.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import tempfile
from abc import ABC, abstractmethod
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

from websockets.sync.client import connect

from tests.browser.bidi import Connection
from tests.system import PATIENCE, comes_to_listen, command, free_ports

if TYPE_CHECKING:
    from collections.abc import Iterator

_CHROMIUM = (
    "--headless=new",
    "--no-sandbox",  # root cannot use one
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--hide-scrollbars",
    "--no-first-run",
    "--host-resolver-rules=MAP * 127.0.0.1",
)
# In addition to those that Firefox itself sets while it is driven
_FIREFOX: dict[str, bool | int | str] = {
    "app.normandy.enabled": False,
    "browser.safebrowsing.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "dom.events.testing.asyncClipboard": True,  # a page may read the clipboard
    "dom.push.connection.enabled": False,
    "extensions.systemAddon.update.enabled": False,
    "media.gmp-manager.updateEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.dns.forceResolve": "127.0.0.1",
    "network.proxy.type": 0,
    "services.settings.server": "data:,",
    "toolkit.telemetry.enabled": False,
}


class Browser(ABC):
    """A browser that runs; each has its own way to do what the protocol leaves out."""

    name: str

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    @abstractmethod
    def media(self, context: str, scheme: str, *, reduced_motion: bool) -> None:
        """Let the page in *context* see the colour scheme and the wish for less motion."""

    @abstractmethod
    def heap(self, context: str) -> int | None:
        """Bytes that the scripts of the page hold, ``None`` where the browser does not say."""

    @abstractmethod
    def allow_clipboard(self, context: str, profile: str, origin: str) -> None:
        """Let pages of *origin* read the clipboard, in this *profile*."""


class Chromium(Browser):
    """Driven through chromedriver, which also passes on commands of Chromium's own protocol."""

    name = "chromium"

    def media(self, context: str, scheme: str, *, reduced_motion: bool) -> None:
        """Emulate both."""
        motion = "reduce" if reduced_motion else "no-preference"
        features = [
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": motion},
        ]
        self._own(context, "Emulation.setEmulatedMedia", features=features)

    def heap(self, context: str) -> int:
        """What is left when the garbage is collected."""
        self._own(context, "HeapProfiler.collectGarbage")
        return int(self._own(context, "Runtime.getHeapUsage")["usedSize"])

    def allow_clipboard(self, context: str, profile: str, origin: str) -> None:
        """Grant what a user would be asked for."""
        self._own(
            context,
            "Browser.grantPermissions",
            browserContextId=profile,
            origin=origin,
            permissions=["clipboardReadWrite", "clipboardSanitizedWrite"],
        )

    def _own(self, context: str, method: str, **params: Any) -> dict[str, Any]:
        session = self.connection.command("goog:cdp.getSession", context=context)["session"]
        done = self.connection.command(
            "goog:cdp.sendCommand", method=method, params=params, session=session
        )
        result: dict[str, Any] = done["result"]
        return result


class Firefox(Browser):
    """Speaks the protocol itself; the rest is set from its own windows, by script."""

    name = "firefox"

    def media(self, context: str, scheme: str, *, reduced_motion: bool) -> None:
        """Override both in the tab."""
        motion = "reduce" if reduced_motion else "no-preference"
        path = "chrome://remote/content/shared/NavigableManager.sys.mjs"
        script = f"""{{
            const {{NavigableManager}} = ChromeUtils.importESModule({json.dumps(path)});
            const tab = NavigableManager.getBrowsingContextById({json.dumps(context)});
            tab.prefersColorSchemeOverride = {json.dumps(scheme)};
            tab.prefersReducedMotionOverride = {json.dumps(motion)};
        }}"""
        windows = self.connection.command("browsingContext.getTree", **{"moz:scope": "chrome"})
        target = {"context": windows["contexts"][0]["context"]}
        done = self.connection.command(
            "script.evaluate", expression=script, target=target, awaitPromise=False
        )
        assert done["type"] == "success", done

    def heap(self, context: str) -> None:
        """Firefox does not say."""

    def allow_clipboard(self, context: str, profile: str, origin: str) -> None:
        """A preference of the profile allows it."""


@contextlib.contextmanager
def chromium() -> Iterator[Chromium]:
    """Start Chromium, until the block ends."""
    binary, driver = command("chromium"), command("chromedriver")
    (port,) = free_ports(1)
    options = {"goog:chromeOptions": {"binary": binary, "args": _CHROMIUM}}
    with _running([driver, f"--port={port}"]) as process:
        assert comes_to_listen(port, process), "chromedriver does not listen"
        with _session(port, options) as connection:
            yield Chromium(connection)


@contextlib.contextmanager
def firefox() -> Iterator[Firefox]:
    """Start Firefox, until the block ends."""
    binary = command("firefox-esr")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        lines = [f"user_pref({json.dumps(n)}, {json.dumps(v)});\n" for n, v in _FIREFOX.items()]
        (Path(folder) / "user.js").write_text("".join(lines))
        line = [binary, "--headless", "--no-remote", "--profile", folder]
        line += ["--remote-debugging-port=0", "--remote-allow-system-access"]
        with _running(line) as process:
            port = _said_port(Path(folder) / "WebDriverBiDiServer.json", process)
            with _session(port, {}) as connection:
                yield Firefox(connection)


def _said_port(file: Path, process: subprocess.Popen[bytes]) -> int:
    """The port that Firefox writes to *file* when it listens."""
    end = monotonic() + PATIENCE
    while process.poll() is None and monotonic() < end:
        with contextlib.suppress(FileNotFoundError, json.JSONDecodeError):
            return int(json.loads(file.read_text())["ws_port"])
        sleep(0.05)
    raise AssertionError(f"Firefox does not listen; its status is {process.poll()}")


@contextlib.contextmanager
def _running(line: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    quiet = subprocess.DEVNULL
    with subprocess.Popen(line, stdout=quiet, stderr=quiet) as process:
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()


@contextlib.contextmanager
def _session(port: int, capabilities: dict[str, Any]) -> Iterator[Connection]:
    """Drive the browser behind *port*, and close it."""
    url = f"ws://127.0.0.1:{port}/session"
    with connect(url, max_size=None, open_timeout=PATIENCE, ping_interval=None) as websocket:
        connection = Connection(websocket)
        connection.command("session.new", capabilities={"alwaysMatch": capabilities})
        try:
            yield connection
        finally:
            connection.command("browser.close")
