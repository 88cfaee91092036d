"""The guard lets in users of this machine who opened the printed address, and nobody else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from asgi_mw import open_store
from asgi_mw.errors import Problems
from asgi_mw.inspector.guard import cookie_of, guard_of, headers_of
from asgi_mw.inspector.token import Token
from asgi_mw.testing import http_scope

if TYPE_CHECKING:
    from asgi_mw.inspector.guard import Guard, Kind

HOST = "127.0.0.1:8000"
# What Chromium sends
NAVIGATION = {"sec-fetch-site": "none", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
SAME = {"sec-fetch-site": "same-origin", "sec-fetch-mode": "cors", "sec-fetch-dest": "empty"}
POSTED = {"x-asgi-mw": "1", "content-type": "application/json", **SAME}


def guard(**options: Any) -> Guard:
    """A guard over a store in memory."""
    problems = Problems("inspect")
    given = {"allowed_hosts": (), "allowed_clients": (), **options}
    made = guard_of(Token(open_store("memory:"), problems), problems=problems, **given)
    problems.check()
    return made


def refused(
    kind: Kind,
    headers: dict[str, str] | list[tuple[bytes, bytes]] | None = None,
    *,
    entered: bool = True,
    options: dict[str, Any] | None = None,
    method: str = "",
    **scope: Any,
) -> int | None:
    """The status with which the guard refuses a request; ``None`` if it does not."""
    asked = guard(**(options or {}))
    given = {"host": HOST} if headers is None else headers
    pairs = (
        [(name.encode(), value.encode("latin-1")) for name, value in given.items()]
        if isinstance(given, dict)
        else given
    )
    if entered:
        pairs = [*pairs, (b"cookie", f"asgi-mw-8000={asked.token.value()}".encode())]
    method = method or ("POST" if kind in {"entry", "change"} else "GET")
    made = http_scope(method, "/__asgi__/", headers=pairs, **scope)
    found = asked.refusal(made, headers_of(made), kind)
    return None if found is None else found.status


class TestHost:
    """The name by which the page is called: what keeps DNS rebinding out."""

    @pytest.mark.parametrize(
        "host",
        [
            *("localhost", "LOCALHOST:8000", "127.0.0.1", "127.0.0.1:8000", "[::1]:8000", "[::1]"),
            *("shop.localhost:8000", "a.b.localhost"),
        ],
    )
    def test_a_name_of_this_machine(self, host: str) -> None:
        """The port does not matter: it may be mapped."""
        assert refused("file", {"host": host}) is None

    @pytest.mark.parametrize(
        "host",
        [
            *("evil.test", "evil.test:8000", "127.0.0.1.evil.test", "localhost.evil.test", ""),
            *("localhost@evil.test", "evil.test@localhost", "[::1%25x]", "[::1%eth0]", "0.0.0.0"),
            *("localhost.", "127.0.0.1.", "xlocalhost", ".localhost", "localhost:", "localhost:x"),
            *("localhost:8000:9", "local host", "localhost,evil.test", "localhost/", "::1"),
            *("127.1", "2130706433", "[::ffff:127.0.0.1]", "[::]", "loc\xe4lhost", "a" * 5000),
            *("127.0.0.1\\.evil.test", "localhost#.evil.test", "localhost?.evil.test"),
        ],
    )
    def test_any_other(self, host: str) -> None:
        """Whatever it looks like."""
        assert refused("file", {"host": host}) == 403

    @pytest.mark.parametrize(
        "headers",
        [
            pytest.param([], id="none, as by HTTP/1.0"),
            pytest.param([(b"host", b"localhost"), (b"host", b"evil.test")], id="two"),
            pytest.param(
                [(b"host", b"evil.test"), (b"Host", b"localhost")], id="two the other way"
            ),
        ],
    )
    def test_not_exactly_one(self, headers: list[tuple[bytes, bytes]]) -> None:
        """Of two, another reader might take the other one."""
        assert refused("file", headers) == 403

    @pytest.mark.parametrize("name", ["x-forwarded-host", "forwarded", "x-original-host"])
    def test_what_a_proxy_says_is_not_read(self, name: str) -> None:
        """Neither to let in nor to keep out."""
        assert refused("file", {"host": "evil.test", name: "localhost"}) == 403
        assert refused("file", {"host": "localhost", name: "evil.test"}) is None

    @pytest.mark.parametrize("target", [b"http://evil.test/__asgi__/", b"evil.test:443", b"*"])
    def test_a_request_line_that_names_a_host(self, target: bytes) -> None:
        """It takes precedence over Host, and may differ from it."""
        assert refused("file", {"host": "localhost"}, raw_path=target) == 403

    @pytest.mark.parametrize(
        ("allowed", "host", "status"),
        [
            ("dev.example.org", "DEV.example.org:443", None),
            ("dev.example.org", "a.dev.example.org", 403),
            ("*.ngrok.app", "a.ngrok.app", None),
            ("*.ngrok.app", "a.b.ngrok.app", None),
            ("*.ngrok.app", "ngrok.app", 403),
            ("*.ngrok.app", "angrok.app", 403),
            ("*.ngrok.app", "a.ngrok.app.evil.test", 403),
            ("a.example", "axexample", 403),
            ("192.168.0.7", "192.168.0.7:8000", None),
        ],
    )
    def test_allowed_ones(self, allowed: str, host: str, status: int | None) -> None:
        """An entry allows one host, or all hosts below a name."""
        assert refused("file", {"host": host}, options={"allowed_hosts": [allowed]}) == status

    def test_the_answer_says_what_to_do(self) -> None:
        """So does the line in the log."""
        scope = http_scope(headers={"host": "shop.test:8000"})
        found = guard().refusal(scope, headers_of(scope), "file")

        assert found is not None
        assert (
            "this page is not called shop.test; "
            "to let the page be called by it: allowed_hosts=['shop.test']"
        ) == found.reason


class TestClient:
    """Who is at the other end of the socket."""

    @pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"])
    def test_this_machine(self, host: str) -> None:
        """Any of its own addresses counts."""
        assert refused("file", client=(host, 1)) is None

    @pytest.mark.parametrize(
        "client",
        [("192.0.2.5", 1), ("10.0.0.1", 1), ("::", 1), ("0.0.0.0", 1), None, ("", 0), ("x", 1)],
    )
    def test_any_other(self, client: tuple[str, int] | None) -> None:
        """For other clients there is no page."""
        assert refused("file", client=client) == 404

    @pytest.mark.parametrize("name", ["x-forwarded-for", "forwarded", "x-real-ip"])
    def test_what_a_proxy_says_is_not_read(self, name: str) -> None:
        """Neither to let in nor to keep out."""
        headers = {"host": HOST, name: "127.0.0.1"}
        assert refused("file", headers, client=("192.0.2.5", 1)) == 404
        assert refused("file", {"host": HOST, name: "192.0.2.5"}) is None

    @pytest.mark.parametrize(
        ("allowed", "client", "status"),
        [
            ("172.16.0.0/12", ("172.17.0.1", 1), None),
            ("172.17.0.1", ("172.17.0.2", 1), 404),
            ("unix", None, None),
            ("unix", ("192.0.2.5", 1), 404),
            ("2001:db8::/32", ("2001:db8::1", 1), None),
        ],
    )
    def test_allowed_ones(
        self, allowed: str, client: tuple[str, int] | None, status: int | None
    ) -> None:
        """These can be networks, addresses and Unix sockets."""
        options = {"allowed_clients": [allowed]}
        assert refused("file", client=client, options=options) == status


class TestSite:
    """The site that made the browser ask."""

    @pytest.mark.parametrize("kind", ["file", "read", "entry", "change"])
    @pytest.mark.parametrize("site", ["cross-site", "same-site", "", "x"])
    def test_another_one(self, kind: Kind, site: str) -> None:
        """Another port of this host is another origin, though of the same site."""
        assert refused(kind, {"host": HOST, **POSTED, "sec-fetch-site": site}) == 403

    @pytest.mark.parametrize("kind", ["file", "read", "entry", "change"])
    @pytest.mark.parametrize(
        "origin",
        [
            *("null", "http://evil.test", "http://evil.test:8000", "http://192.0.2.1:8000", ""),
            *(
                "http://localhost:8000",
                "http://127.0.0.1:9000",
                "http://127.0.0.1",
                "127.0.0.1:8000",
            ),
            *(
                "http://127.0.0.1:8000.evil.test",
                "http://a@127.0.0.1:8000",
                "file://127.0.0.1:8000",
            ),
            *("http://127.0.0.1:8000/", "http://127.0.0.1:8000, http://evil.test"),
        ],
    )
    def test_another_origin(self, kind: Kind, origin: str) -> None:
        """It does not matter whether Host is right."""
        assert refused(kind, {"host": HOST, **POSTED, "origin": origin}) == 403

    def test_an_origin_like_a_host_that_is_not_known(self) -> None:
        """A site whose name points here sends both: it can choose them."""
        assert refused("read", {"host": "evil.test", "origin": "http://evil.test"}) == 403

    @pytest.mark.parametrize("kind", ["read", "entry", "change"])
    @pytest.mark.parametrize("scheme", ["http", "https"])
    def test_its_own(self, kind: Kind, scheme: str) -> None:
        """The scheme may differ: a tunnel may add TLS."""
        assert refused(kind, {"host": HOST, **POSTED, "origin": f"{scheme}://{HOST}"}) is None

    @pytest.mark.parametrize("kind", ["read", "change"])
    def test_none(self, kind: Kind) -> None:
        """A program sends none; it has to bring the token."""
        headers = {"host": HOST, "x-asgi-mw": "1", "content-type": "application/json"}
        assert refused(kind, headers) is None
        assert refused(kind, headers, entered=False) == 401

    @pytest.mark.parametrize(
        "more",
        [
            pytest.param(SAME, id="fetch"),
            pytest.param({**NAVIGATION, "sec-fetch-dest": "iframe"}, id="frame"),
            pytest.param({**NAVIGATION, "sec-fetch-dest": "object"}, id="object"),
            pytest.param({**NAVIGATION, "sec-fetch-mode": "no-cors"}, id="script element"),
        ],
    )
    def test_the_page_is_not_fetched(self, more: dict[str, str]) -> None:
        """It is not framed either, not even by its own scripts."""
        assert refused("document", {"host": HOST, **more}) == 403

    @pytest.mark.parametrize("site", ["none", "same-origin", "cross-site", "same-site"])
    def test_the_page_is_looked_at(self, site: str) -> None:
        """Any link may lead to it: the cookie decides what it shows, and does not come then."""
        assert refused("document", {"host": HOST, **NAVIGATION, "sec-fetch-site": site}) is None

    @pytest.mark.parametrize(
        "name", ["origin", "sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest", "content-type"]
    )
    def test_a_header_that_is_there_twice(self, name: str) -> None:
        """Another reader might take the other one."""
        pairs = [(key.encode(), value.encode()) for key, value in POSTED.items()]
        pairs += [(b"host", HOST.encode()), (b"origin", f"http://{HOST}".encode())]
        pairs += [pair for pair in pairs if pair[0] == name.encode()]
        assert refused("change", pairs) == 400


class TestChanges:
    """Changes are posted in a way that no form of another site can use."""

    @pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "x"])
    @pytest.mark.parametrize("kind", ["entry", "change"])
    def test_only_by_post(self, kind: Kind, method: str) -> None:
        """No GET changes anything, and no preflight is answered."""
        assert refused(kind, {"host": HOST, **POSTED}, method=method) == 405

    @pytest.mark.parametrize("kind", ["document", "file", "read"])
    @pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"])
    def test_what_is_read_is_not_posted(self, kind: Kind, method: str) -> None:
        """Only GET and HEAD are allowed."""
        assert refused(kind, method=method) == 405

    @pytest.mark.parametrize("kind", ["entry", "change"])
    @pytest.mark.parametrize(
        ("more", "status"),
        [
            ({"x-asgi-mw": None}, 403),
            ({"content-type": None}, 415),
            ({"content-type": "text/plain"}, 415),
            ({"content-type": "application/x-www-form-urlencoded"}, 415),
            ({"content-type": "multipart/form-data"}, 415),
            ({"content-type": "text/plain; application/json"}, 415),
            ({"content-type": "Application/JSON; charset=utf-8"}, None),
        ],
    )
    def test_with_a_header_and_a_type_of_its_own(
        self, kind: Kind, more: dict[str, str | None], status: int | None
    ) -> None:
        """A browser sends these to another site only after a preflight."""
        headers = {"host": HOST, **POSTED, **more}
        given = {name: value for name, value in headers.items() if value is not None}
        assert refused(kind, given) == status


class TestToken:
    """Only a request with the token gets what is recorded."""

    @pytest.mark.parametrize(
        ("kind", "status"),
        [("read", 401), ("change", 401), ("entry", None), ("file", None), ("document", None)],
    )
    def test_without_it(self, kind: Kind, status: int | None) -> None:
        """The files of the page are part of the package, and show nothing that is recorded."""
        more = POSTED if kind in {"entry", "change"} else {}
        assert refused(kind, {"host": HOST, **more}, entered=False) == status

    @pytest.mark.parametrize(
        "cookie",
        [
            *("asgi-mw-8000=", "asgi-mw-8000=x", "asgi-mw-8000", "asgi-mw-9000={token}", "{token}"),
            *("x={token}", "asgi-mw-8000={token}x", "asgi-mw-8000=\xe4{token}", "=;=;;"),
        ],
    )
    def test_a_wrong_one(self, cookie: str) -> None:
        """The cookie of another port belongs to another page."""
        made = guard()
        value = cookie.format(token=made.token.value()).encode("latin-1")
        scope = http_scope(headers=[(b"host", HOST.encode()), (b"cookie", value)])
        assert not made.is_entered(headers_of(scope))

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("cookie", "asgi-mw-8000={token}"),
            ("cookie", "a=1; asgi-mw-8000={token};b=2"),
            ("cookie", "asgi-mw-8000=set-by-another-site; asgi-mw-8000={token}"),
            ("authorization", "Bearer {token}"),
            ("authorization", "bearer  {token}"),
        ],
    )
    def test_the_right_one(self, name: str, value: str) -> None:
        """It is in the cookie, or for programs in Authorization."""
        made = guard()
        given = value.format(token=made.token.value())
        assert made.is_entered(headers_of(http_scope(headers={"host": HOST, name: given})))

    def test_the_cookie_is_named_by_the_port_that_the_browser_sees(self) -> None:
        """A browser sends the cookies of one port to all other ports."""
        assert "asgi-mw-8443" == cookie_of({"host": ["[::1]:8443"]})
        assert "asgi-mw" == cookie_of({"host": ["dev.example.org"]})
