"""Apps that break an extension of HTTP."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING, Any

from tests.spec.corpus.cases import Shelf
from tests.spec.corpus.words import body, extra, hint, more, push, start, trailers, trailing

if TYPE_CHECKING:
    from asgi_mw.types import Receive, Send

EXTENDED = Shelf()
breaks = EXTENDED.app

_NOT_OFFERED: dict[str, Any] = {"extensions": {}}
_MISSING, _SUM = "http.trailers.missing", (b"x-sum", b"1")


@breaks("message.extension", scope=_NOT_OFFERED)
async def sends_a_file_by_its_path_to_who_cannot(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    await send(extra("pathsend", path="/etc/hosts"))


@breaks("message.extension", scope={"extensions": None})
async def pushes_where_there_are_no_extensions(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    await send(push())
    await send(body())


@breaks("message.extension", scope={"omit": ["extensions"]})
async def sends_trailers_where_no_extensions_are(scope: Any, receive: Receive, send: Send) -> None:
    await send(trailing())
    await send(body())
    await send(trailers(_SUM))


@breaks("message.extension", scope=_NOT_OFFERED)
async def debugs_in_production(scope: Any, receive: Receive, send: Send) -> None:
    await send(extra("debug", info={}))
    await send(start())
    await send(body())


@breaks("message.extension", scope={"extensions": {"http.response.pathsend": {}}})
async def hints_to_who_offers_something_else(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    await send(hint())
    await send(body())


@breaks("message.extension", scope=_NOT_OFFERED)
async def adds_to_the_scope_what_is_not_offered(scope: Any, receive: Receive, send: Send) -> None:
    """What it writes there says nothing of the server."""
    scope["extensions"]["http.response.push"] = {}
    await send(start())
    await send(push())
    await send(body())


@breaks(_MISSING)
async def announces_trailers_and_sends_none(scope: Any, receive: Receive, send: Send) -> None:
    await send(trailing())
    await send(body())


@breaks(_MISSING)
async def does_not_end_its_trailers(scope: Any, receive: Receive, send: Send) -> None:
    await send(trailing())
    await send(body())
    await send(trailers(_SUM, more_trailers=True))


@breaks(_MISSING)
async def sends_more_body_in_place_of_trailers(scope: Any, receive: Receive, send: Send) -> None:
    await send(trailing())
    await send(body())
    await send(body())
    await send(trailers(_SUM))


@breaks("http.trailers.unannounced")
async def sends_trailers_unannounced(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    await send(body())
    await send(trailers(_SUM))


@breaks("http.trailers.before-end", "http.unfinished")
async def ends_with_trailers_and_no_last_body(scope: Any, receive: Receive, send: Send) -> None:
    await send(trailing())
    await send(more())
    await send(trailers(_SUM))


@breaks("http.trailers.before-end")
async def begins_with_trailers(scope: Any, receive: Receive, send: Send) -> None:
    await send(trailers(_SUM))
    await send(start())
    await send(body())


@breaks("http.trailers.header")
async def does_not_name_its_trailers(scope: Any, receive: Receive, send: Send) -> None:
    await send(trailing(headers=[]))
    await send(body())
    await send(trailers(_SUM))


@breaks("http.sent-after-end")
async def sends_trailers_after_the_last(scope: Any, receive: Receive, send: Send) -> None:
    await send(trailing())
    await send(body())
    await send(trailers(_SUM))
    await send(trailers(_SUM))


@breaks("http.response.trailers.headers")
async def has_trailers_without_headers(scope: Any, receive: Receive, send: Send) -> None:
    await send(trailing())
    await send(body())
    await send(extra("trailers"))


@breaks("http.response.trailers.headers")
async def has_trailers_of_text(scope: Any, receive: Receive, send: Send) -> None:
    await send(trailing())
    await send(body())
    await send(trailers(("x-sum", "1")))


@breaks("http.response.trailers.more_trailers")
async def says_in_text_that_these_are_the_last(scope: Any, receive: Receive, send: Send) -> None:
    await send(trailing())
    await send(body())
    await send(trailers(_SUM, more_trailers=""))


@breaks("message.headers.lower-case", "message.headers.pseudo")
async def has_trailers_that_http2_refuses(scope: Any, receive: Receive, send: Send) -> None:
    await send(trailing())
    await send(body())
    await send(trailers((b"X-Sum", b"1"), (b":path", b"/")))


@breaks("http.push.before-start")
async def pushes_before_the_start(scope: Any, receive: Receive, send: Send) -> None:
    await send(push())
    await send(start())
    await send(body())


@breaks("http.push.after-end")
async def pushes_after_the_body(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    await send(body())
    await send(push())


@breaks("http.response.push.path", "http.response.push.headers")
async def pushes_nothing(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    await send(extra("push"))
    await send(body())


@breaks("http.response.push.path", "message.headers.lower-case")
async def pushes_a_path_of_bytes(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    await send(push(b"/a.css", [(b"Accept", b"*/*")]))
    await send(body())


@breaks("http.early-hint.before-start")
async def hints_before_the_start(scope: Any, receive: Receive, send: Send) -> None:
    await send(hint())
    await send(start())
    await send(body())


@breaks("http.early-hint.after-end")
async def hints_after_the_body(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    await send(body())
    await send(hint())


@breaks("http.response.early_hint.links")
async def hints_in_text(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    await send(hint("</a.css>; rel=preload"))
    await send(body())


@breaks("http.response.early_hint.links")
async def hints_at_one_link_outside_of_a_list(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    await send(extra("early_hint", links=b"</a.css>; rel=preload"))
    await send(body())


@breaks("http.response.early_hint.links")
async def hints_at_nothing(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    await send(extra("early_hint"))
    await send(body())


@breaks("http.pathsend.mixed")
async def sends_a_file_after_a_part_of_the_body(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    await send(more())
    await send(extra("pathsend", path="/etc/hosts"))


@breaks("http.pathsend.mixed")
async def sends_a_body_after_a_file(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    await send(extra("pathsend", path="/etc/hosts"))
    await send(body())


@breaks("http.pathsend.mixed")
async def sends_two_files(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    await send(extra("pathsend", path="/etc/hosts"))
    await send(extra("pathsend", path="/etc/passwd"))


@breaks("http.body.before-start", "http.no-response")
async def sends_a_file_without_a_start(scope: Any, receive: Receive, send: Send) -> None:
    await send(extra("pathsend", path="/etc/hosts"))


@breaks("http.pathsend.relative")
async def sends_a_file_of_its_own_folder(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    await send(extra("pathsend", path="static/a.css"))


@breaks("http.response.pathsend.path")
async def sends_a_path_of_bytes(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    await send(extra("pathsend", path=b"/etc/hosts"))


@breaks("http.response.zerocopysend.file")
async def copies_from_memory(scope: Any, receive: Receive, send: Send) -> None:
    """The text says: not BytesIO."""
    await send(start())
    await send(extra("zerocopysend", file=io.BytesIO(b"hi")))


@breaks("http.response.zerocopysend.file")
async def copies_a_path(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    await send(extra("zerocopysend", file="/etc/hosts"))


@breaks("http.response.zerocopysend.file", "http.unfinished")
async def copies_nothing_and_more(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    await send(extra("zerocopysend", more_body=True))


@breaks("http.response.zerocopysend.offset", "http.response.zerocopysend.count")
async def copies_from_an_offset_of_text(scope: Any, receive: Receive, send: Send) -> None:
    reads, writes = os.pipe()
    await send(start())
    await send(extra("zerocopysend", file=reads, offset="0", count=1.5))
    os.close(reads)
    os.close(writes)


@breaks("http.response.zerocopysend.more_body")
async def copies_with_None_to_come(scope: Any, receive: Receive, send: Send) -> None:  # noqa: N802  # the value
    reads, writes = os.pipe()
    await send(start())
    await send(extra("zerocopysend", file=reads, more_body=None))
    os.close(reads)
    os.close(writes)


@breaks("http.debug.twice")
async def debugs_twice(scope: Any, receive: Receive, send: Send) -> None:
    await send(extra("debug", info={"template": "a.html"}))
    await send(extra("debug", info={"template": "b.html"}))
    await send(start())
    await send(body())


@breaks("http.debug.after-start")
async def debugs_after_the_start(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    await send(extra("debug", info={}))
    await send(body())


@breaks("http.response.debug.info", "http.no-response")
async def debugs_a_text_and_returns(scope: Any, receive: Receive, send: Send) -> None:
    await send(extra("debug", info="a.html"))


@breaks("message.unknown")
async def sends_an_extension_that_nobody_offers(scope: Any, receive: Receive, send: Send) -> None:
    await send({"type": "http.fullflush"})
    await send(start())
    await send(body())


@breaks("message.protocol", scope={"extensions": {"fullflush": {}}})
async def names_an_extension_like_no_protocol(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    await send({"type": "fullflush"})
    await send(body())
