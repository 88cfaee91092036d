"""Chromium enforces what the policy says: which fetches its pages may make and read."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from asgi_mw import cors, server_error
from asgi_mw.middleware.cors import Policy
from tests.browser.web import sandboxed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from playwright.sync_api import BrowserContext

    from asgi_mw.types import App, Receive, Scope, Send
    from tests.browser.web import Web

SHOP = "http://shop.example.test"
API = "http://api.example.test"  # another origin than the shop's on the same site: cookies go along
OTHER = "http://other.test"
BLOCKED = "blocked by CORS policy"
# Where the paths of redirects lead, and the status for other paths: 200 if none is here
LOCATIONS = {"/moved": "/items", "/away": f"{OTHER}/items", "/to-api": f"{API}/items"}
STATUSES = {"/items": 200, "/nothing": 204, "/private": 401, "/missing": 404, "/broken": 500}
OWN_CORS = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-origin", b"http://old.test"),
    (b"access-control-expose-headers", b"x-page"),
]

FETCH = """async ([url, init]) => {
    try {
        const response = await fetch(url, init);
        const names = [...response.headers.keys()].sort().join(" ");
        return [`${response.status} ${await response.text()}`.trim(), names];
    } catch (error) {
        return [String(error), ""];
    }
}"""


@dataclass
class Traffic:
    """What reached the server, and what of it the layer handed to the app."""

    wire: list[str] = field(default_factory=list)
    handed: list[str] = field(default_factory=list)

    def guarded(self, policy: dict[str, Any] | None, inside: Callable[[App], App]) -> App:
        """Serve the app under *policy*, ``None`` for none at all."""
        app = inside(self.app)
        if policy is not None:
            app = cors(app, **policy)

        async def noted(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["path"] not in {"/", "/favicon.ico", "/sandboxed"}:  # fetched by the test
                names = {name for name, _ in scope["headers"]}
                asks = b"access-control-request-method" in names
                self.wire.append("PREFLIGHT" if asks else scope["method"])
            await app(scope, receive, send)

        return noted

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Say which method and which cookie came, with headers that are exposed or not."""
        path, headers = scope["path"], dict(scope["headers"])
        if path not in {"/", "/favicon.ico", "/sandboxed"}:
            self.handed.append(scope["method"])
        if path == "/raises":
            raise RuntimeError("the handler failed")
        status = 302 if path in LOCATIONS else STATUSES.get(path, 200)
        body = b"" if status == 204 else scope["method"].encode()
        if b"cookie" in headers:
            body += b" with " + headers[b"cookie"]
        answer = [(b"x-total", b"3"), (b"x-page", b"1")]
        if status != 204:
            answer += [(b"content-type", b"text/plain"), (b"content-length", b"%d" % len(body))]
        if path in LOCATIONS:
            answer.append((b"location", LOCATIONS[path].encode()))
        if path == "/own":
            answer += OWN_CORS
        if path == "/kept":
            answer.append((b"cache-control", b"max-age=600"))
        await send({"type": "http.response.start", "status": status, "headers": answer})
        await send({"type": "http.response.body", "body": body})


def _as_it_is(app: App) -> App:
    return app


@dataclass(frozen=True)
class Case:
    """A policy, a fetch of a page, and what the browser made of it."""

    policy: dict[str, Any]
    sees: str  # the status and the body that the page may read, or that it may not
    wire: str = "GET"  # what reached the server, in order
    init: dict[str, Any] = field(default_factory=dict)
    url: str = f"{API}/items"
    page: str = SHOP
    sandboxed: bool = False
    names: str = "content-length content-type"  # of the headers that the page may read
    inside: Callable[[App], App] = _as_it_is
    other: dict[str, Any] | None = None  # the policy of the host that redirects lead to
    why: str = BLOCKED  # what the console says of a fetch that is blocked


def _shops(origin: str, scope: Scope) -> bool:
    return origin == SHOP


async def _shops_later(origin: str, scope: Scope) -> bool:
    await asyncio.sleep(0)
    return origin == SHOP


def _broken_predicate(origin: str, scope: Scope) -> bool:
    raise RuntimeError(origin)


def _own_items(scope: Scope) -> bool:
    return bool(scope["path"] == "/items")


LISTED: dict[str, Any] = {"allow_origins": [SHOP]}
ANY: dict[str, Any] = {"allow_origins": ["*"]}
ANY_PORT = {"allow_origins": ["http://shop.example.test:*"]}
SUBDOMAINS = {"allow_origins": ["http://*.example.test"]}
REGEX = {"allow_origin_regex": r"http://(shop|stall)\.example\.test"}

ORIGINS = {
    "listed": Case(LISTED, "200 GET"),
    "second_of_two": Case({"allow_origins": ["http://a.test", SHOP]}, "200 GET"),
    "none_listed": Case({}, BLOCKED),
    "other_host": Case(LISTED, BLOCKED, page=OTHER),
    "subdomain_of_listed": Case(LISTED, BLOCKED, page="http://a.shop.example.test"),
    "parent_of_listed": Case(LISTED, BLOCKED, page="http://example.test"),
    "listed_as_prefix": Case(LISTED, BLOCKED, page="http://shop.example.test.evil.test"),
    "listed_as_suffix": Case(LISTED, BLOCKED, page="http://evilshop.example.test"),
    "other_port": Case(LISTED, BLOCKED, page=f"{SHOP}:8080"),
    "listed_port": Case({"allow_origins": [f"{SHOP}:8080"]}, "200 GET", page=f"{SHOP}:8080"),
    "listed_port_is_not_the_default": Case({"allow_origins": [f"{SHOP}:8080"]}, BLOCKED),
    "two_patterns_are_not_joined": Case(
        {"allow_origins": ["http://foo.test", "http://bar.test"]},
        BLOCKED,
        page="http://barfoo.test",
    ),
    "any_port": Case(ANY_PORT, "200 GET", page=f"{SHOP}:8080"),
    "any_port_is_the_default_too": Case(ANY_PORT, "200 GET"),
    "any_port_of_other_host": Case(ANY_PORT, BLOCKED, page="http://evil.test:8080"),
    "any_port_of_subdomain": Case(ANY_PORT, BLOCKED, page="http://a.shop.example.test:8080"),
    "subdomain": Case(SUBDOMAINS, "200 GET"),
    "deep_subdomain": Case(SUBDOMAINS, "200 GET", page="http://a.b.example.test"),
    "apex_is_no_subdomain": Case(SUBDOMAINS, BLOCKED, page="http://example.test"),
    "subdomain_at_other_port": Case(SUBDOMAINS, BLOCKED, page=f"{SHOP}:8080"),
    "half_a_label": Case(SUBDOMAINS, BLOCKED, page="http://evilexample.test"),
    "subdomain_of_lookalike": Case(SUBDOMAINS, BLOCKED, page="http://a.example.test.evil.test"),
    "dot_is_no_joker": Case(LISTED, BLOCKED, page="http://shopxexample.test"),
    "regex": Case(REGEX, "200 GET"),
    "regex_matches_in_full": Case(REGEX, BLOCKED, page="http://shop.example.test.evil.test"),
    "predicate": Case({"allow_origin_predicate": _shops}, "200 GET"),
    "predicate_refuses": Case({"allow_origin_predicate": _shops}, BLOCKED, page=OTHER),
    "async_predicate": Case({"allow_origin_predicate": _shops_later}, "200 GET"),
    "async_predicate_refuses": Case({"allow_origin_predicate": _shops_later}, BLOCKED, page=OTHER),
    "predicate_raises": Case({"allow_origin_predicate": _broken_predicate}, BLOCKED),
    "any": Case(ANY, "200 GET", page="http://anybody.test:8080"),
    "denied_with_the_reason": Case({**LISTED, "debug": True}, BLOCKED, page=OTHER),
    "preflight_denied_with_the_reason": Case(
        {**LISTED, "debug": True}, BLOCKED, "PREFLIGHT", {"method": "PUT"}
    ),
    "same_origin_needs_no_policy": Case(
        {},
        "200 PUT with theme=dark",
        "PUT",
        {"method": "PUT"},
        page=API,
        names="content-length content-type date server vary x-page x-total",
    ),
    "null_is_not_listed": Case(LISTED, BLOCKED, sandboxed=True),
    "null_is_no_subdomain": Case(SUBDOMAINS, BLOCKED, sandboxed=True),
    "null_matches_no_regex": Case({"allow_origin_regex": ".*"}, BLOCKED, sandboxed=True),
    "null_may_read_what_anybody_may": Case(ANY, "200 GET", sandboxed=True),
    "null_by_danger": Case(
        {**LISTED, "dangerously_allow_null_origin": True}, "200 GET", sandboxed=True
    ),
    "null_by_danger_lets_no_other_in": Case(
        {**LISTED, "dangerously_allow_null_origin": True}, BLOCKED, page=OTHER
    ),
    "null_by_danger_preflighted": Case(
        {**LISTED, "allow_methods": ["PUT"], "dangerously_allow_null_origin": True},
        "200 PUT",
        "PREFLIGHT PUT",
        {"method": "PUT"},
        sandboxed=True,
    ),
}

KEYED = {**LISTED, "allow_credentials": True}
INCLUDE = {"credentials": "include"}
CREDENTIALS = {
    "cookie": Case(KEYED, "200 GET with theme=dark", init=INCLUDE),
    "cookie_stays_home_by_default": Case(KEYED, "200 GET"),
    "cookie_of_denied_origin": Case(KEYED, BLOCKED, page="http://evil.example.test", init=INCLUDE),
    "not_allowed": Case(
        LISTED, BLOCKED, init=INCLUDE, why="'Access-Control-Allow-Credentials' header"
    ),
    "any_origin_never_with_cookies": Case(ANY, BLOCKED, init=INCLUDE, why="wildcard '*'"),
    "any_origin_never_with_cookies_preflighted": Case(
        {**ANY, "allow_methods": ["PUT"]},
        BLOCKED,
        "PREFLIGHT",
        {"method": "PUT", **INCLUDE},
        why="wildcard '*'",
    ),
    "preflighted": Case(
        {**KEYED, "allow_methods": ["PUT"]},
        "200 PUT with theme=dark",
        "PREFLIGHT PUT",
        {"method": "PUT", **INCLUDE},
    ),
    "preflighted_not_allowed": Case(
        {**LISTED, "allow_methods": ["PUT"]},
        BLOCKED,
        "PREFLIGHT",
        {"method": "PUT", **INCLUDE},
        why="'Access-Control-Allow-Credentials' header",
    ),
    "any_method": Case(
        {**KEYED, "allow_methods": ["*"]},
        "200 DELETE with theme=dark",
        "PREFLIGHT DELETE",
        {"method": "DELETE", **INCLUDE},
    ),
    "any_header": Case(
        {**KEYED, "allow_headers": ["*"]},
        "200 GET with theme=dark",
        "PREFLIGHT GET",
        {"headers": {"authorization": "Bearer x", "x-a": "1"}, **INCLUDE},
    ),
    "subdomain": Case(
        {**SUBDOMAINS, "allow_credentials": True}, "200 GET with theme=dark", init=INCLUDE
    ),
    "exposed": Case(
        {**KEYED, "expose_headers": ["x-total"]},
        "200 GET with theme=dark",
        init=INCLUDE,
        names="content-length content-type x-total",
    ),
}


def _method_case(sees: str, wire: str, method: str, *allowed: str) -> Case:
    return Case({**LISTED, "allow_methods": list(allowed)}, sees, wire, {"method": method})


METHODS = {
    "head_is_simple": Case(LISTED, "200", "HEAD", {"method": "HEAD"}),
    "post_is_simple": Case(LISTED, "200 POST", "POST", {"method": "POST", "body": "text"}),
    "post_of_denied_origin_arrives": Case(
        LISTED, BLOCKED, "POST", {"method": "POST", "body": "text"}, page=OTHER
    ),
    "put": _method_case("200 PUT", "PREFLIGHT PUT", "PUT", "PUT"),
    "delete_of_two": _method_case("200 DELETE", "PREFLIGHT DELETE", "DELETE", "PUT", "DELETE"),
    "put_not_listed": _method_case(BLOCKED, "PREFLIGHT", "PUT", "DELETE"),
    "none_listed": _method_case(BLOCKED, "PREFLIGHT", "PUT"),
    "denied_origin": Case(
        {**LISTED, "allow_methods": ["PUT"]}, BLOCKED, "PREFLIGHT", {"method": "PUT"}, page=OTHER
    ),
    "any": _method_case("200 PATCH", "PREFLIGHT PATCH", "PATCH", "*"),
    "of_its_own": _method_case("200 PURGE", "PREFLIGHT PURGE", "PURGE", "PURGE"),
    "put_is_written_upper_case_by_fetch": _method_case("200 PUT", "PREFLIGHT PUT", "put", "PUT"),
    "patch_is_not": _method_case(BLOCKED, "PREFLIGHT", "patch", "PATCH"),
    "options_itself": _method_case("200 OPTIONS", "PREFLIGHT OPTIONS", "OPTIONS", "OPTIONS"),
    "any_origin": Case(
        {**ANY, "allow_methods": ["PUT"]}, "200 PUT", "PREFLIGHT PUT", {"method": "PUT"}
    ),
}


def _header_case(sees: str, wire: str, headers: Mapping[str, str], *allowed: str) -> Case:
    return Case({**LISTED, "allow_headers": list(allowed)}, sees, wire, {"headers": dict(headers)})


_MANY = {f"x-{n:03}": "1" for n in range(100)}
HEADERS = {
    "listed": _header_case("200 GET", "PREFLIGHT GET", {"x-a": "1"}, "x-a"),
    "not_listed": _header_case(BLOCKED, "PREFLIGHT", {"x-b": "1"}, "x-a"),
    "case_does_not_matter": _header_case("200 GET", "PREFLIGHT GET", {"x-tOKEN": "1"}, "X-Token"),
    "three": _header_case(
        "200 GET", "PREFLIGHT GET", {"x-c": "1", "x-a": "1", "x-b": "1"}, "x-a", "x-b", "x-c", "x-d"
    ),
    "one_of_three_not_listed": _header_case(
        BLOCKED, "PREFLIGHT", {"x-c": "1", "x-a": "1", "x-b": "1"}, "x-a", "x-c"
    ),
    "a_hundred": _header_case("200 GET", "PREFLIGHT GET", _MANY, *_MANY),
    "a_hundred_of_any": _header_case("200 GET", "PREFLIGHT GET", _MANY, "*"),
    "safelisted": _header_case("200 GET", "GET", {"accept": "text/plain", "accept-language": "en"}),
    "safelisted_but_long": _header_case("200 GET", "PREFLIGHT GET", {"accept": "a" * 200}),
    "authorization": _header_case(
        "200 GET", "PREFLIGHT GET", {"authorization": "Bearer x"}, "Authorization"
    ),
    "authorization_not_listed": _header_case(
        BLOCKED, "PREFLIGHT", {"authorization": "Bearer x"}, "x-a"
    ),
    "authorization_of_any": _header_case(
        "200 GET", "PREFLIGHT GET", {"authorization": "Bearer x"}, "*"
    ),
    "authorization_of_any_and_any_origin": Case(
        {**ANY, "allow_headers": ["*"]},
        "200 GET",
        "PREFLIGHT GET",
        {"headers": {"authorization": "Bearer x", "x-a": "1"}},
    ),
    "json_needs_no_listing": Case(
        LISTED,
        "200 POST",
        "PREFLIGHT POST",
        {"method": "POST", "headers": {"content-type": "application/json"}, "body": "{}"},
    ),
    "form": Case(
        LISTED,
        "200 POST",
        "POST",
        {
            "method": "POST",
            "headers": {"content-type": "application/x-www-form-urlencoded"},
            "body": "a=1",
        },
    ),
    "method_and_header": Case(
        {**LISTED, "allow_methods": ["PUT"], "allow_headers": ["x-a"]},
        "200 PUT",
        "PREFLIGHT PUT",
        {"method": "PUT", "headers": {"x-a": "1"}},
    ),
    "method_listed_header_not": Case(
        {**LISTED, "allow_methods": ["PUT"]},
        BLOCKED,
        "PREFLIGHT",
        {"method": "PUT", "headers": {"x-a": "1"}},
    ),
}

RESPONSES = {
    "exposed": Case(
        {**LISTED, "expose_headers": ["X-Total"]},
        "200 GET",
        names="content-length content-type x-total",
    ),
    "two_exposed": Case(
        {**LISTED, "expose_headers": ["x-total", "x-page"]},
        "200 GET",
        names="content-length content-type x-page x-total",
    ),
    "all_exposed": Case(
        {**LISTED, "expose_headers": ["*"]},
        "200 GET",
        names="access-control-allow-origin access-control-expose-headers content-length "
        "content-type date server vary x-page x-total",
    ),
    "exposed_to_denied_origin": Case(
        {**LISTED, "expose_headers": ["X-Total"]}, BLOCKED, page=OTHER
    ),
    "nothing": Case(LISTED, "204", url=f"{API}/nothing", names=""),
    "not_authenticated": Case(LISTED, "401 GET", url=f"{API}/private"),
    "missing": Case(LISTED, "404 GET", url=f"{API}/missing"),
    "missing_to_denied_origin": Case(LISTED, BLOCKED, url=f"{API}/missing", page=OTHER),
    "500_of_the_app": Case(LISTED, "500 GET", url=f"{API}/broken"),
    "500_of_server_error": Case(
        LISTED, "500 Internal Server Error", url=f"{API}/raises", inside=server_error
    ),
    "500_of_server_error_to_denied_origin": Case(
        LISTED, BLOCKED, url=f"{API}/raises", inside=server_error, page=OTHER
    ),
    "500_of_the_server": Case(LISTED, BLOCKED, url=f"{API}/raises"),
    "500_after_a_preflight": Case(
        {**LISTED, "allow_methods": ["PUT"]},
        "500 Internal Server Error",
        "PREFLIGHT PUT",
        {"method": "PUT"},
        url=f"{API}/raises",
        inside=server_error,
    ),
    "own_headers_of_the_app_give_way_but_what_it_exposes": Case(
        LISTED, "200 GET", url=f"{API}/own", names="content-length content-type x-page"
    ),
    "own_headers_of_the_app_let_nobody_in": Case(LISTED, BLOCKED, url=f"{API}/own", page=OTHER),
}

REDIRECTS = {
    "same_origin": Case(LISTED, "200 GET", "GET GET", url=f"{API}/moved"),
    "preflighted_twice": Case(
        {**LISTED, "allow_headers": ["x-a"]},
        "200 GET",
        "PREFLIGHT GET PREFLIGHT GET",
        {"headers": {"x-a": "1"}},
        url=f"{API}/moved",
    ),
    "of_denied_origin_is_not_followed": Case(LISTED, BLOCKED, url=f"{API}/moved", page=OTHER),
    "onwards_origin_is_null": Case(LISTED, BLOCKED, "GET GET", url=f"{API}/away", other=LISTED),
    "onwards_to_what_anybody_may_read": Case(
        LISTED, "200 GET", "GET GET", url=f"{API}/away", other=ANY
    ),
    "onwards_to_no_policy": Case(ANY, BLOCKED, "GET GET", url=f"{API}/away", other={}),
    "from_home_origin_stays": Case(LISTED, "200 GET", url=f"{SHOP}/to-api"),
    "from_home_to_denied": Case({}, BLOCKED, url=f"{SHOP}/to-api"),
}

BY_PREFIX = {"policies": {"/items": Policy(**LISTED), "/private": None}, **ANY}
BY_PREDICATE = {"policies": [(_own_items, Policy(**LISTED))]}
PATHS = {
    "prefix": Case(BY_PREFIX, "200 GET"),
    "prefix_denies": Case(BY_PREFIX, BLOCKED, page=OTHER),
    "below_prefix": Case(BY_PREFIX, BLOCKED, url=f"{API}/items/7", page=OTHER),
    "no_whole_segment": Case(BY_PREFIX, "200 GET", url=f"{API}/itemsets", page=OTHER),
    "elsewhere": Case(BY_PREFIX, "404 GET", url=f"{API}/missing", page=OTHER),
    "none": Case(BY_PREFIX, BLOCKED, url=f"{API}/private"),
    "predicate": Case(BY_PREDICATE, "200 GET"),
    "predicate_elsewhere": Case(BY_PREDICATE, BLOCKED, url=f"{API}/missing"),
    "preflight_by_its_path": Case(
        {"policies": {"/items": Policy(**LISTED, allow_methods=["PUT"])}, **LISTED},
        "200 PUT",
        "PREFLIGHT PUT",
        {"method": "PUT"},
    ),
    "preflight_elsewhere": Case(
        {"policies": {"/items": Policy(**LISTED, allow_methods=["PUT"])}, **LISTED},
        BLOCKED,
        "PREFLIGHT",
        {"method": "PUT"},
        url=f"{API}/missing",
    ),
}

TABLES = {
    "origin": ORIGINS,
    "credentials": CREDENTIALS,
    "method": METHODS,
    "header": HEADERS,
    "response": RESPONSES,
    "redirect": REDIRECTS,
    "path": PATHS,
}


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=f"{table}-{name}")
        for table, cases in TABLES.items()
        for name, case in cases.items()
    ],
)
def test_the_browser_enforces_what_the_policy_says(
    case: Case, web: Web, context: BrowserContext
) -> None:
    """The page reads what it may and no more, and the app gets only the requests that it may."""
    traffic = Traffic()
    home = Traffic()
    web.apps["shop.example.test"] = home.guarded(None, _as_it_is)
    web.apps["api.example.test"] = traffic.guarded(case.policy, case.inside)
    if case.other is not None:
        web.apps["other.test"] = traffic.guarded(case.other, _as_it_is)
    context.add_cookies([{"name": "theme", "value": "dark", "url": API}])
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(f"{case.page}/")
    frame = sandboxed(page) if case.sandboxed else page.main_frame

    sees, names = frame.evaluate(FETCH, [case.url, case.init])

    blocked = case.sees == BLOCKED
    expected = ("TypeError: Failed to fetch", "") if blocked else (case.sees, case.names)
    assert expected == (sees, names)
    assert case.wire.split() == traffic.wire
    assert [method for method in traffic.wire if method != "PREFLIGHT"] == traffic.handed
    if blocked:
        assert BLOCKED in said[0] and case.why in said[0]
    else:
        assert [text for text in said if BLOCKED in text] == []


@pytest.mark.parametrize(
    ("max_age", "preflights"),
    [(600, 1), (86_400, 1), (0, 2)],
    ids=["ten_minutes", "a_day", "never"],
)
def test_the_browser_remembers_a_preflight_for_as_long_as_it_is_told(
    max_age: int, preflights: int, web: Web, context: BrowserContext
) -> None:
    """The second of two fetches sends a preflight only if it must."""
    traffic = Traffic()
    policy = {**LISTED, "allow_methods": ["PUT"], "max_age": max_age}
    web.apps["api.example.test"] = traffic.guarded(policy, _as_it_is)
    page = context.new_page()
    page.goto(f"{SHOP}/")

    for _ in range(2):
        page.evaluate(FETCH, [f"{API}/items", {"method": "PUT"}])

    assert traffic.wire.count("PREFLIGHT") == preflights
    assert traffic.handed == ["PUT", "PUT"]


def test_a_remembered_preflight_holds_for_what_it_named_and_nothing_else(
    web: Web, context: BrowserContext
) -> None:
    """Another method or header needs another preflight."""
    traffic = Traffic()
    policy = {**LISTED, "allow_methods": ["PUT", "DELETE"], "allow_headers": ["*"]}
    web.apps["api.example.test"] = traffic.guarded(policy, _as_it_is)
    page = context.new_page()
    page.goto(f"{SHOP}/")
    inits = [
        {"method": "PUT"},
        {"method": "PUT", "headers": {"x-a": "1"}},
        {"method": "PUT", "headers": {"x-a": "1"}},
    ]

    for init in inits:
        page.evaluate(FETCH, [f"{API}/items", init])

    assert ["PREFLIGHT", "PUT", "PREFLIGHT", "PUT", "PUT"] == traffic.wire


def test_a_page_reads_nothing_of_what_it_fetched_without_cors(
    web: Web, context: BrowserContext
) -> None:
    """``mode: "no-cors"`` sends a simple request, and shows an opaque answer."""
    traffic = Traffic()
    web.apps["api.example.test"] = traffic.guarded(LISTED, _as_it_is)
    page = context.new_page()
    page.goto(f"{OTHER}/")

    seen = page.evaluate(FETCH, [f"{API}/items", {"mode": "no-cors"}])

    assert ["0", ""] == seen
    assert ["GET"] == traffic.handed


@pytest.mark.parametrize(
    ("policy", "asked"), [(LISTED, ["GET", "GET"]), (ANY, ["GET"])], ids=["listed", "any"]
)
def test_what_was_kept_without_an_origin_does_not_lock_the_page_out(
    policy: dict[str, Any], asked: list[str], web: Web, context: BrowserContext
) -> None:
    """An image is asked for without ``Origin``; then a script fetches the same address.

    ``Vary: Origin`` makes the browser ask again, and what anybody may read says so each time.
    """
    traffic = Traffic()
    web.apps["api.example.test"] = traffic.guarded(policy, _as_it_is)
    page = context.new_page()
    page.goto(f"{SHOP}/")

    page.evaluate(FETCH, [f"{API}/kept", {"mode": "no-cors"}])
    sees, _ = page.evaluate(FETCH, [f"{API}/kept", {}])

    assert "200 GET" == sees
    assert asked == traffic.handed


def test_what_one_origin_was_given_is_not_given_to_another(
    web: Web, context: BrowserContext
) -> None:
    """Two pages of one site share the browser's cache, and each is named in its own answer."""
    traffic = Traffic()
    web.apps["api.example.test"] = traffic.guarded(SUBDOMAINS, _as_it_is)
    page = context.new_page()

    seen = []
    for origin in (SHOP, "http://stall.example.test", "http://stall.example.test"):
        page.goto(f"{origin}/")
        seen.append(page.evaluate(FETCH, [f"{API}/kept", {}])[0])

    assert ["200 GET"] * 3 == seen
    assert ["GET", "GET"] == traffic.handed
