"""Apps that are unusual on HTTP, and do nothing that is forbidden."""

from __future__ import annotations

import os
from collections import OrderedDict, defaultdict, deque, namedtuple
from contextlib import suppress
from enum import Enum, IntEnum
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import anyio

from asgi_mw.testing import DAPHNE, H2CORN, HEADER_KINDS, UVICORN, after, before
from tests.spec.corpus.cases import Shelf
from tests.spec.corpus.words import (
    body,
    extra,
    gone,
    hint,
    more,
    push,
    request,
    start,
    trailers,
    trailing,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_mw.types import Receive, Send

LEGAL_HTTP = Shelf()
legal = LEGAL_HTTP.app

_PAIRS = [(b"content-type", b"text/plain"), (b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")]
_Pair = namedtuple("_Pair", "name value")  # noqa: PYI024  # frameworks have such
_FULLFLUSH: dict[str, Any] = {"extensions": {"fullflush": {}}}


class _Kind(str, Enum):  # noqa: UP042  # frameworks write it so
    START = "http.response.start"
    BODY = "http.response.body"


class _Status(IntEnum):
    FINE = 200


class _Text(str):
    __slots__ = ()


class _Bytes(bytes):
    __slots__ = ()


class _Multidict:
    """Headers as some frameworks have them."""

    def __init__(self, pairs: Any) -> None:
        self._pairs = pairs

    def __iter__(self) -> Iterator[Any]:
        return iter(self._pairs)

    def __len__(self) -> int:
        return len(self._pairs)

    def __contains__(self, name: object) -> bool:
        return any(name == pair[0] for pair in self._pairs)

    def __getitem__(self, name: bytes) -> bytes:
        return dict(self._pairs)[name]  # type: ignore[no-any-return]  # pairs of bytes


class _Indexed:
    """Is iterable by its indices alone."""

    def __getitem__(self, index: int) -> tuple[bytes, bytes]:
        return _PAIRS[index]


@legal()
async def has_pairs_in_lists(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(headers=HEADER_KINDS["list of lists"](_PAIRS)))
    await send(body())


@legal()
async def has_headers_from_a_generator(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(headers=HEADER_KINDS["generator"](_PAIRS)))
    await send(body())


@legal()
async def has_headers_in_a_tuple(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(headers=tuple(_PAIRS)))
    await send(body())


@legal()
async def has_headers_that_can_be_read_once(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(headers=HEADER_KINDS["list of one-shot pairs"](_PAIRS)))
    await send(body())


@legal()
async def has_headers_that_can_be_read_once_each(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(headers=HEADER_KINDS["generator of one-shot pairs"](_PAIRS)))
    await send(body())


@legal()
async def has_a_view_of_headers(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(headers=HEADER_KINDS["view"](_PAIRS)))
    await send(body())


@legal()
async def has_a_multidict_of_headers(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(headers=_Multidict(_PAIRS)))
    await send(body())


@legal()
async def has_the_items_of_a_dict(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(headers={b"content-type": b"text/plain"}.items()))
    await send(body())


@legal()
async def has_headers_from_map(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(headers=map(tuple, [[b"a", b"1"], [b"b", b"2"]])))
    await send(body())


@legal()
async def has_named_pairs_in_a_deque(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(headers=deque([_Pair(b"a", b"1")])))
    await send(body())


@legal()
async def has_named_pairs(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(headers=[_Pair(b"a", b"1"), deque([b"b", b"2"])]))
    await send(body())


@legal()
async def has_headers_by_their_indices(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(headers=_Indexed()))
    await send(body())


@legal()
async def has_subclasses_of_bytes(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(headers=[(_Bytes(b"a"), _Bytes(b"1"))]))
    await send(body(_Bytes(b"hi")))


@legal()
async def has_types_from_an_enum(scope: Any, receive: Receive, send: Send) -> None:
    await send({"type": _Kind.START, "status": 200, "headers": _PAIRS})
    await send({"type": _Kind.BODY, "body": b"hi"})


@legal()
async def has_types_of_its_own_text(scope: Any, receive: Receive, send: Send) -> None:
    await send({_Text("type"): _Text("http.response.start"), _Text("status"): HTTPStatus.CREATED})
    await send({"type": _Text("http.response.body"), "body": b"hi"})


@legal()
async def has_a_status_from_an_enum(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(_Status.FINE))
    await send(body())


@legal()
async def has_messages_that_are_more_than_dicts(scope: Any, receive: Receive, send: Send) -> None:
    await send(OrderedDict(start(headers=[])))
    await send(defaultdict(bytes, body()))


@legal()
async def has_a_status_that_nobody_registered(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(299))
    await send(body())


@legal()
async def sends_empty_parts(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    await send(more(b""))
    await send({"type": "http.response.body", "more_body": True})
    await send(more(b""))
    await send({"type": "http.response.body"})


@legal()
async def adds_keys_of_every_kind(scope: Any, receive: Receive, send: Send) -> None:
    """Extra keys raise nowhere."""
    kinds = {"a": [1, -(2**63), 2**63 - 1], "b": (1.5, b"b", None), "c": {"d": {"e": [True]}}}
    await send(start(**kinds, debug=None))
    await send(body(extra={"": []}))


@legal(scope=_FULLFLUSH)
async def sends_what_an_extension_knows(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    await send({"type": "http.fullflush"})
    await send(body())
    await send({"type": "http.fullflush", "after": True})


@legal()
async def raises_before_it_starts(scope: Any, receive: Receive, send: Send) -> None:
    raise LookupError


@legal()
async def raises_once_it_has_received(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    raise LookupError


@legal()
async def raises_behind_its_response(scope: Any, receive: Receive, send: Send) -> None:
    """As frameworks do when they have sent their 500."""
    await send(start(500))
    await send(body())
    raise LookupError


@legal()
async def raises_a_group_behind_its_response(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(500))
    await send(body())
    raise ExceptionGroup("two", [ValueError(), LookupError()])


@legal(messages=[request(), gone()])
async def raises_when_its_client_has_left(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    await send(more())
    await receive()
    await receive()
    raise ConnectionError


@legal(messages=[request(), gone()])
async def returns_when_its_client_has_left(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await receive()


@legal(behaviour=H2CORN, disconnect=before("send", 2))
async def returns_when_it_cannot_send_any_more(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    with suppress(OSError):
        while True:
            await send(more())


@legal(behaviour=H2CORN, disconnect=before("send", 2))
async def lets_through_that_it_cannot_send(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    await send(more())


@legal(disconnect=after("send", 2))
async def streams_until_its_client_leaves(scope: Any, receive: Any, send: Send) -> None:
    left = anyio.Event()

    async def listen() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        left.set()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(listen)
        await send(start(headers=[(b"content-type", b"text/event-stream")]))
        while not left.is_set():
            await send(more(b"data: 1\n\n"))


@legal(disconnect=before("receive", 2), messages=[request(b"a", more_body=True)])
async def hears_that_the_upload_ended_early(scope: Any, receive: Receive, send: Send) -> None:
    while (await receive())["type"] == "http.request":
        pass


@legal()
async def never_receives(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    await send(body())


@legal(messages=[request(b"a", more_body=True), request(b"b")])
async def answers_before_it_has_the_body(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(start(413))
    await send(body())
    await receive()


@legal()
async def receives_behind_its_response_again_and_again(
    scope: Any, receive: Receive, send: Send
) -> None:
    await send(start())
    await send(body())
    for _ in range(3):
        assert (await receive())["type"] == "http.disconnect"


@legal(behaviour=DAPHNE)
async def gives_up_to_wait_for_the_end(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    with anyio.move_on_after(0.001):
        await receive()
    await send(start())
    await send(body())


@legal(messages=[request(b"a", more_body=True), request(b"b")])
async def receives_as_it_sends(scope: Any, receive: Any, send: Any) -> None:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(receive)
        await send(start())
        tasks.start_soon(send, more())
    await send(body())


@legal()
async def sends_from_tasks(scope: Any, receive: Any, send: Any) -> None:
    await send(start())
    for part in (b"a", b"b"):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(send, more(part))
    await send(body(b""))


@legal()
async def works_on_behind_its_response(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    await send(body())
    await anyio.sleep(0.001)


@legal(cancel=after("send", 2))
async def is_cancelled_in_the_middle(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    await send(more())
    await anyio.sleep_forever()


@legal(cancel=after("receive", 1))
async def is_cancelled_before_it_starts(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await anyio.sleep_forever()


@legal()
async def gives_its_message_another_sense_once_sent(
    scope: Any, receive: Receive, send: Send
) -> None:
    """The same dict and list, again and again."""
    headers: list[Any] = [(b"a", b"1")]
    message = start(headers=headers)
    await send(message)
    headers.append("nothing")
    message.clear()
    message |= more()
    await send(message)
    message["more_body"] = False
    await send(message)


@legal(scope={"root_path": "/api", "path": "/api/items"})
async def mounts_another(scope: Any, receive: Receive, send: Send) -> None:
    inner = {**scope, "root_path": "/api/items", "app": object(), "endpoint": mounts_another}
    assert inner is not scope
    await send(start())
    await send(body())


@legal()
async def writes_into_its_own_scope(scope: Any, receive: Receive, send: Send) -> None:
    """The text asks middleware not to, and says nothing of apps."""
    scope["app"] = scope["router"] = object()
    scope["path_params"] = {"id": 1}
    scope["state"]["user"] = object()
    scope["headers"] = None
    scope["type"] = "inner"
    await send(start())
    await send(body())


@legal()
async def announces_trailers_and_sends_them(scope: Any, receive: Receive, send: Send) -> None:
    await send(trailing())
    await send(more())
    await send(body(b""))
    await send(trailers((b"x-sum", b"1"), more_trailers=True))
    await send(trailers())


@legal()
async def has_trailers_behind_a_file(scope: Any, receive: Receive, send: Send) -> None:
    await send(trailing())
    await send(extra("pathsend", path="/etc/hosts"))
    await send(trailers((b"x-sum", b"1")))


@legal()
async def announces_trailers_in_a_generator(scope: Any, receive: Receive, send: Send) -> None:
    """Nobody may look whether they are named there."""
    await send(trailing(headers=iter([(b"trailer", b"x-sum")])))
    await send(body())
    await send(trailers((b"x-sum", b"1")))


@legal()
async def hints_and_pushes_between_the_parts(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    await send(hint())
    await send(push("/a.css", [(b"accept", b"*/*")]))
    await send(more())
    await send(hint(b"</b>; rel=preload", b"</c>; rel=preload"))
    await send(push())
    await send(body())


@legal()
async def has_views_of_all_that_can_be_iterated(scope: Any, receive: Receive, send: Send) -> None:
    await send(trailing(headers=_Multidict([(b"trailer", b"x-sum")])))
    await send(extra("early_hint", links=(link for link in [b"</a.css>"])))
    await send(extra("early_hint", links={b"</a.css>": 1}.keys()))
    await send(push("/a.css", [_Pair(b"a", b"1")]))
    await send(push("/a.css", (iter(pair) for pair in _PAIRS)))
    await send(body())
    await send(trailers(_Pair(b"x-sum", b"1"), iter((b"x-sum", b"1"))))


@legal("http.early-hint.before-start", "http.early-hint.before-start")
async def hints_before_it_starts(scope: Any, receive: Receive, send: Send) -> None:
    await send(hint())
    await send(hint())
    await send(start())
    await send(body())


@legal()
async def debugs_with_objects(scope: Any, receive: Receive, send: Send) -> None:
    await send(extra("debug", info={"template": object(), "context": {"request": object()}}))
    await send(start())
    await send(body())


@legal()
async def mixes_files_and_parts(scope: Any, receive: Receive, send: Send) -> None:
    reads, writes = os.pipe()
    await send(start())
    await send(extra("zerocopysend", file=reads, offset=0, count=5, more_body=True))
    await send(more())
    await send(extra("zerocopysend", file=reads))
    os.close(reads)
    os.close(writes)


@legal()
async def sends_a_file_of_another_platform(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    await send(hint())
    await send(extra("pathsend", path="C:\\static\\a.css"))


@legal("http.sent-after-end", behaviour=UVICORN)
async def ends_once_more_and_is_refused(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    await send(body())
    with suppress(RuntimeError):
        await send(body(b""))


@legal("http.raised-after-start")
async def raises_in_the_middle_of_it(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    raise LookupError


@legal(on="mqtt")
async def refuses_a_protocol(scope: Any, receive: Receive, send: Send) -> None:
    raise ValueError(scope["type"])


@legal(on="mqtt", messages=[{"type": "mqtt.connect", "id": object()}])
async def speaks_a_protocol_of_its_own(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "mqtt.publish", "topic": object()})
    await send({"type": "else.where"})
