"""Layers are put round an app in an order that can be right, explained, and fit every framework."""

from __future__ import annotations

from functools import partial
from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest
from fastapi import FastAPI
from litestar import Litestar, get
from litestar import middleware as litestar_middleware
from nexios import NexiosApp
from quart import Quart
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from asgi_mw import (
    ConfigError,
    access_log,
    compression,
    cors,
    decompression,
    explain,
    gzip,
    layer,
    record,
    request_id,
    server_error,
    stack,
    timing,
    tracing,
)
from asgi_mw.layers import Layer, middleware, rules_of
from asgi_mw.testing import request, run
from tests.naming import plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_mw.types import App, Receive, Scope, Send


# Its types name the ASGI messages one by one: narrower than ours.
DefineMiddleware: Any = litestar_middleware.DefineMiddleware
# What a type checker refuses as well
NO_APP: Any = 5
NO_LAYER: Any = "timing"


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer 204."""
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


def through(app: App, **_: object) -> App:
    """Add nothing."""

    async def passing(scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope, receive, send)

    return passing


class Plain:
    """Somebody else's middleware, as a class."""

    def __init__(self, app: App, level: int = 1) -> None:
        self.app = app
        self.level = level

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on."""
        await self.app(scope, receive, send)


REFUSED: dict[str, tuple[tuple[Any, ...], str, str]] = {
    "twice": (
        (timing, request_id, timing),
        "the same layer stands in the stack twice",
        "take one timing out",
    ),
    "twice with other options": (
        (layer(timing, metric="a"), layer(timing, metric="b")),
        "the same layer stands in the stack twice",
        "take one timing out",
    ),
    "twice, once as a partial": (
        (partial(timing, metric="a"), timing),
        "the same layer stands in the stack twice",
        "take one timing out",
    ),
    "somebody else's twice": (
        (Plain, layer(Plain, level=2)),
        "the same layer stands in the stack twice",
        "take one Plain out",
    ),
    "one engine under two names": (
        (gzip, compression),
        "the same layer stands in the stack twice",
        "take one compression out",
    ),
    "request_id inside cors": (
        (cors, request_id),
        "the answer to a preflight would lack the id",
        "put request_id outside cors",
    ),
    "request_id inside decompression": (
        (decompression, timing, request_id),
        "its own 413, 415 and 400 would lack the id",
        "put request_id outside decompression",
    ),
    "decompression outside cors": (
        (decompression, cors),
        "its own 413, 415 and 400 would lack the CORS headers",
        "put decompression inside cors",
    ),
    "access_log outside tracing": (
        (access_log, tracing),
        "the span has ended by then, so that the trace id would be missing",
        "put access_log inside tracing",
    ),
    "a layer inside server_error": (
        (server_error, timing),
        "its 500 would not pass through what stands inside it",
        "put server_error last",
    ),
    "somebody else's inside server_error": (
        (server_error, Plain),
        "its 500 would not pass through what stands inside it",
        "put server_error last",
    ),
}


@pytest.mark.parametrize(("layers", "reason", "mend"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_right_is_refused(layers: tuple[Any, ...], reason: str, mend: str) -> None:
    """With the reason and the mend, before anything is wrapped."""
    with pytest.raises(ConfigError) as caught:
        stack(app, *layers)

    [problem] = caught.value.problems
    assert (caught.value.where, problem.reason, problem.mend) == ("stack", reason, mend)


@pytest.mark.parametrize(("layers", "reason", "mend"), REFUSED.values(), ids=REFUSED)
def test_a_nested_stack_hides_no_mistake(layers: tuple[Any, ...], reason: str, mend: str) -> None:
    """The layers of the inner one count as well."""
    first, *rest = layers
    inner = stack(app, *rest)

    with pytest.raises(ConfigError) as caught:
        stack(inner, first)
    assert [(problem.reason, problem.mend) for problem in caught.value.problems] == [(reason, mend)]


def test_a_layer_put_on_by_hand_counts_as_well() -> None:
    """``timing(app)`` is the layer, with or without a stack."""
    with pytest.raises(ConfigError, match="twice"):
        stack(request_id(timing(app)), timing)


def test_a_long_list_is_not_explained_one_by_one() -> None:
    """Ten thousand origins would fill the terminal."""
    origins = [f"https://shop-{number}.example.org" for number in range(10_000)]

    line, *_ = explain(cors(app, allow_origins=origins)).splitlines()
    assert line.startswith("cors(allow_origins=['https://shop-0.example.org', ")
    assert line.endswith("'https://shop-7.example.org', ...])")


def test_what_a_planned_layer_will_note_or_refuse_is_explained() -> None:
    """Its framework makes it only when it starts."""
    origins = ["http://intranet.example.org"]
    starlette = Starlette(
        middleware=[
            Middleware(cors, allow_origins=origins, allow_credentials=True),
            Middleware(cors, allow_origins=["https://example.org/"]),
            Middleware(GZipMiddleware, minimum_size=9),
        ]
    )

    lines = explain(starlette).splitlines()
    assert lines[0] == "Starlette"
    assert lines[2].startswith("  credentials over plain http for intranet.example.org")
    assert lines[4].startswith("  cors: allow_origins='https://example.org/': an origin has no /")
    assert lines[5:] == ["GZipMiddleware(minimum_size=9) (once started)"]


def test_what_a_layer_notes_is_explained_below_it() -> None:
    """Options that are legal and unwise; anything else under that name is not ours."""

    @middleware()
    def noting(app: App, *, notes: object) -> App:
        wrapped = through(app)
        vars(wrapped)["__notes__"] = notes
        return wrapped

    layered = noting(noting(timing(app), notes="text"), notes=("unwise", "very"))

    assert explain(layered).split("\n") == [
        "noting(notes=('unwise', 'very'))",
        "  unwise",
        "  very",
        "noting(notes='text')",
        "timing()",
        "app",
    ]


def test_every_mistake_is_told_at_once() -> None:
    """Both layers are named."""
    with pytest.raises(ConfigError) as caught:
        stack(app, cors, timing, request_id, timing)

    assert [problem.value for problem in caught.value.problems] == [
        ("cors", "request_id"),
        ("timing", "timing"),
    ]


LAYERS = (request_id, access_log, timing, server_error, record)


@pytest.mark.parametrize("order", list(permutations(LAYERS)), ids=lambda order: "-".join(
    factory.__name__ for factory in order
))  # fmt: skip
def test_every_other_order_is_legal(order: tuple[Callable[..., App], ...]) -> None:
    """Only ``server_error`` has its place: the last one."""
    if order[-1] is server_error:
        assert explain(stack(app, *order)).splitlines()[-1] == "app"
    else:
        with pytest.raises(ConfigError) as caught:
            stack(app, *order)
        assert {problem.mend for problem in caught.value.problems} == {"put server_error last"}


@pytest.mark.parametrize(
    "layers",
    [
        (request_id, cors, decompression),
        (tracing, access_log),
        (request_id, tracing, access_log, cors, decompression, compression, timing, server_error),
        (compression, cors),
        (decompression, compression),
        (compression, decompression),
        (cors, compression),
        (cors, access_log),
        (timing, Plain, through),
        (),
    ],
    ids=plain,
)
def test_these_orders_are_legal(layers: tuple[Any, ...]) -> None:
    """The right way round of each rule, and what no rule speaks of."""
    assert callable(stack(app, *layers))


def test_the_same_layer_inside_a_framework_is_refused() -> None:
    """Before it has started, and after: by whatever way it was attached."""
    starlette = Starlette(middleware=[Middleware(timing, metric="inner")])
    fastapi = FastAPI()
    fastapi.add_middleware(timing)
    nexios: Any = NexiosApp()
    nexios.wrap_asgi(timing)
    quart: Any = Quart("quart")
    quart.asgi_app = timing(quart.asgi_app)
    apps: list[Any] = [starlette, fastapi, nexios, quart]
    verdicts = []
    for started in (False, True):
        for framework in apps:
            if started:
                run(request(framework))
            with pytest.raises(ConfigError, match="twice"):
                stack(framework, timing)
            verdicts.append(stack(framework, request_id))

    assert len(verdicts) == 8


def test_the_same_layer_inside_litestar_is_refused() -> None:
    """It keeps its middleware in ``DefineMiddleware``."""
    litestar: Any = Litestar([], middleware=[DefineMiddleware(timing)])

    with pytest.raises(ConfigError, match="twice"):
        stack(litestar, timing)


def test_a_framework_is_judged_alike_before_and_after_its_start() -> None:
    """A verdict that came with the first request would be a trap."""
    starlette = Starlette(middleware=[Middleware(GZipMiddleware)])

    def verdict() -> str:
        try:
            stack(starlette, server_error)
        except ConfigError as error:
            return str(error)
        return "legal"

    before = verdict()
    run(request(starlette))

    assert verdict() == before


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: stack(NO_APP), "app=5: is no ASGI app"),
        (lambda: stack(app, NO_APP), "layers=5: is no layer"),
        (lambda: stack(app, NO_LAYER), "layers='timing': is no layer"),
        (lambda: timing(NO_APP), "timing: app=5: is no ASGI app"),
        (lambda: timing(NO_APP), "write timing(app, ...) or layer(timing, ...)"),
        (lambda: layer(NO_APP), "factory=5: is not callable"),
        (lambda: layer(timing, metrik="x"), "timing has no such option; it has: header, metric"),
        (lambda: layer(server_error, x=1), "it has: none"),
        (lambda: layer(Plain, levle=1), "it has: level"),
    ],
)
def test_other_mistakes_are_told_when_the_app_is_put_together(
    make: Callable[[], object], told: str
) -> None:
    """With the option, its value and the mend."""
    with pytest.raises(ConfigError) as caught:
        make()

    assert told in str(caught.value)


def test_the_first_layer_is_the_outermost() -> None:
    """As they are read."""
    seen: list[str] = []

    def noting(app: App, *, name: str) -> App:
        async def noted(scope: Scope, receive: Receive, send: Send) -> None:
            seen.append(name)
            await app(scope, receive, send)

        return noted

    other = partial(noting, name="b")
    run(request(stack(app, layer(noting, name="a"), other)))

    assert seen == ["a", "b"]


def test_a_layer_prints_as_it_is_written() -> None:
    """And wraps an app when it is called."""
    made = layer(timing, metric="web", header="x-time")

    assert str(made) == "timing(metric='web', header='x-time')"
    assert run(request(made(app))).header("x-time") is not None
    assert made == layer(timing, metric="web", header="x-time")


def test_every_layer_keeps_the_way_back() -> None:
    """``__wrapped__`` leads inwards, ``__layer__`` says what made it; classes of others too."""
    stacked: Any = stack(app, request_id, layer(Plain, level=2))

    assert stacked.__wrapped__.__wrapped__ is app
    assert stacked.__layer__ == Layer(request_id)
    assert stacked.__wrapped__.__layer__ == layer(Plain, level=2)


def test_the_rules_are_data_on_each_factory() -> None:
    """Anybody's factory may carry them; one without is a kind of its own."""
    assert rules_of(gzip).kind == rules_of(compression).kind == "compression"
    assert rules_of(Plain).kind is Plain


def test_an_app_with_slots_can_be_wrapped() -> None:
    """It takes no mark, and that is no reason to fail."""

    class Slotted:
        __slots__ = ("app",)

        def __init__(self, app: App) -> None:
            self.app = app

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            await self.app(scope, receive, send)

    assert run(request(stack(app, timing, Slotted))).status == 204


def test_between_sees_every_gap_from_the_middle_out() -> None:
    """And what it returns takes the app's place."""
    seen: list[str] = []
    calls: list[str] = []

    def between(app: App, name: str) -> App:
        seen.append(name)

        async def watched(scope: Scope, receive: Receive, send: Send) -> None:
            calls.append(name)
            await app(scope, receive, send)

        return watched

    result = run(request(stack(app, request_id, timing, between=between)))

    assert seen == ["app", "timing", "request_id"]
    assert calls == ["request_id", "timing", "app"]
    assert result.status == 204


def test_a_stack_is_explained_from_outside_in() -> None:
    """Ours with their options, others by name, down to the app."""
    stacked = stack(app, request_id, layer(timing, metric="web"), layer(Plain, level=2), through)

    assert explain(stacked).splitlines() == [
        "request_id()",
        "timing(metric='web')",
        "Plain(level=2)",
        "through()",
        "app",
    ]


def test_what_keeps_its_app_to_itself_ends_the_explanation() -> None:
    """A closure without a mark cannot be looked through."""
    assert explain(through(timing(app))) == "passing"


def test_starlette_is_explained_before_and_after_its_start() -> None:
    """It builds its chain with the first request."""
    starlette = Starlette(
        middleware=[Middleware(timing, metric="web"), Middleware(GZipMiddleware, minimum_size=1)]
    )
    before = explain(stack(starlette, request_id)).splitlines()
    run(request(starlette))
    after = explain(stack(starlette, request_id)).splitlines()

    assert before == [
        "request_id()",
        "Starlette",
        "timing(metric='web') (once started)",
        "GZipMiddleware(minimum_size=1) (once started)",
    ]
    assert after[:4] == [
        "request_id()",
        "Starlette",
        "ServerErrorMiddleware",
        "timing(metric='web')",
    ]
    assert after[4].startswith("GZipMiddleware")
    assert after[-2:] == ["ExceptionMiddleware", "Router"]


def test_fastapi_is_explained() -> None:
    """Its own layers come to light once it has started."""
    fastapi = FastAPI()
    fastapi.add_middleware(timing, metric="web")
    before = explain(fastapi).splitlines()
    run(request(fastapi))
    after = explain(fastapi).splitlines()

    assert before == ["FastAPI", "timing(metric='web') (once started)"]
    assert after[0] == "FastAPI"
    assert "timing(metric='web')" in after
    assert after.index("ServerErrorMiddleware") < after.index("timing(metric='web')")


def test_nexios_is_explained() -> None:
    """``wrap_asgi`` wraps at once."""
    nexios: Any = NexiosApp()
    nexios.wrap_asgi(timing, metric="web")
    nexios.wrap_asgi(request_id)

    assert explain(nexios).splitlines()[:3] == ["NexiosApp", "request_id()", "timing(metric='web')"]


def test_quart_is_explained() -> None:
    """Its ``asgi_app`` leads back into itself, which ends the walk."""
    quart: Any = Quart("quart")
    quart.asgi_app = timing(quart.asgi_app)

    assert explain(quart).splitlines() == ["Quart", "timing()"]


def test_litestar_is_explained() -> None:
    """What it was given in ``DefineMiddleware`` is shown with its options."""
    litestar: Any = Litestar([], middleware=[DefineMiddleware(timing, metric="web")])

    assert any(
        line.startswith("timing(metric='web')") for line in explain(litestar).splitlines()
    ), explain(litestar)


def test_an_app_that_answers_to_every_name_ends_the_walk() -> None:
    """A mock, or a proxy of somebody's."""

    class Endless:
        def __getattr__(self, name: str) -> Any:
            if name.startswith("__"):
                raise AttributeError(name)
            return Endless()

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            """Do nothing."""

    assert len(explain(Endless()).splitlines()) <= 100


@get("/", sync_to_thread=False)
def hello() -> str:
    """Answer."""
    return "hello"


def attached() -> dict[str, Any]:
    """One app of each framework, with two layers attached in its own way."""
    routes = [Route("/", lambda _: PlainTextResponse("hello"))]
    added = Starlette(routes=routes)
    added.add_middleware(timing, metric="web")
    added.add_middleware(request_id, header="x-id")
    given = [Middleware(request_id, header="x-id"), Middleware(timing, metric="web")]

    fastapi = FastAPI()
    fastapi.get("/")(lambda: "hello")
    fastapi.add_middleware(timing, metric="web")
    fastapi.add_middleware(request_id, header="x-id")

    nexios: Any = NexiosApp()

    async def greet(request: Any, response: Any) -> Any:
        return response.text("hello")

    nexios.get("/")(greet)
    nexios.wrap_asgi(timing, metric="web")
    nexios.wrap_asgi(request_id, header="x-id")

    quart: Any = Quart("quart")

    async def answer() -> str:
        return "hello"

    quart.get("/")(answer)
    quart.asgi_app = request_id(timing(quart.asgi_app, metric="web"), header="x-id")

    return {
        "Starlette add_middleware": added,
        "Starlette Middleware": Starlette(routes=routes, middleware=given),
        "FastAPI add_middleware": fastapi,
        "Nexios wrap_asgi": nexios,
        "Litestar DefineMiddleware": Litestar(
            [hello],
            middleware=[
                DefineMiddleware(request_id, header="x-id"),
                DefineMiddleware(timing, metric="web"),
            ],
        ),
        "Quart asgi_app": quart,
    }


@pytest.mark.parametrize("name", attached())
def test_layers_work_as_each_framework_attaches_them(name: str) -> None:
    """Unchanged, with their options."""
    result = run(request(attached()[name]))

    assert (result.status, b"hello" in result.body) == (200, True)
    assert len(result.all("x-id")) == 1
    assert [value.startswith(b"web;dur=") for value in result.all("server-timing")] == [True]
    assert result.raised is None


@pytest.mark.parametrize("name", attached())
def test_layers_work_round_each_framework(name: str) -> None:
    """From outside: the reliable position."""
    layers = (layer(access_log, skip=["/"]), layer(record, store="memory:"))
    result = run(request(stack(attached()[name], *layers)))

    assert (result.status, b"hello" in result.body) == (200, True)
    assert result.raised is None
