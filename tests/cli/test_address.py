"""An address that no server could listen on is refused, with what to do."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from asgi_mw.cli import address
from asgi_mw.cli.address import AddressError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    Cli = Callable[..., Result]


def test_a_port_in_use_is_refused_with_one_that_is_free(cli: Cli, here: Path) -> None:
    """The status is 1: nothing is wrong with the command."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = cli("run", "shop:app", "--port", port)
    assert 1 == result.exit_code
    assert f"port {port} of 127.0.0.1 is in use" in result.stderr
    assert "another: --port " in result.stderr


@pytest.mark.usefixtures("here")
def test_an_address_of_another_machine_is_refused(cli: Cli) -> None:
    """192.0.2.0/24 is nobody's (RFC 5737)."""
    result = cli("run", "shop:app", "--host", "192.0.2.1")
    assert 1 == result.exit_code
    assert "--host 127.0.0.1 is for this machine alone" in result.stderr


def test_a_port_that_needs_privileges_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """As most below 1024 do for most users."""
    denied = PermissionError(13, "Permission denied")
    monkeypatch.setattr(address, "_bound", lambda *_: denied)
    with pytest.raises(AddressError, match="port 80 needs privileges"):
        address.checked("127.0.0.1", 80)


def test_a_port_that_is_free_is_kept() -> None:
    """And 0 becomes one."""
    port = address.checked("127.0.0.1", 0)
    assert port > 0
    assert port == address.checked("127.0.0.1", port)


class TestUnixSockets:
    """A path is looked at as the server would."""

    def test_a_new_one_leaves_nothing(self, tmp_path: Path) -> None:
        """The server makes it."""
        address.check_uds(str(tmp_path / "socket"))
        assert [] == list(tmp_path.iterdir())

    def test_one_that_nobody_listens_on_is_removed(self, tmp_path: Path) -> None:
        """As a server leaves it that was killed."""
        path = tmp_path / "socket"
        with socket.socket(socket.AF_UNIX) as sock:
            sock.bind(str(path))
        address.check_uds(str(path))
        assert not path.exists()

    def test_one_that_somebody_listens_on_is_refused(self, tmp_path: Path) -> None:
        """And stays."""
        path = tmp_path / "socket"
        with socket.socket(socket.AF_UNIX) as sock:
            sock.bind(str(path))
            sock.listen()
            with pytest.raises(AddressError, match="is in use; stop the program"):
                address.check_uds(str(path))
        assert path.exists()

    def test_a_file_is_refused(self, tmp_path: Path) -> None:
        """And stays."""
        path = tmp_path / "notes.txt"
        path.touch()
        with pytest.raises(AddressError, match="is no socket; name another --uds"):
            address.check_uds(str(path))
        address.remove_uds(str(path))
        assert path.exists()

    @pytest.mark.parametrize("name", ["nowhere/socket", "long" * 50])
    def test_one_that_cannot_be_made_is_refused(self, tmp_path: Path, name: str) -> None:
        """With the reason of the system."""
        with pytest.raises(AddressError, match="no socket can be made at "):
            address.check_uds(str(tmp_path / name))
