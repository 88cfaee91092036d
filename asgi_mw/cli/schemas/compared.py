"""Schemas of a comparison: what ``diff`` and ``replay`` print."""

from __future__ import annotations

from typing import get_args

from asgi_mw.cli.schemas.judged import TROUBLE
from asgi_mw.cli.schemas.parts import CLOSE, ID, LEFT_OUT, PROBLEMS, STATUS, STATUS_BY
from asgi_mw.cli.schemas.words import anything, count, flag, many, maybe, ref, shape, text
from asgi_mw.differences.compared import Verdict
from asgi_mw.differences.difference import Kind, Part

_VALUE = "What the {} has, as plain data; a long text is cut. Null also if it has nothing."
_DIFFERENCE = shape(
    "difference",
    "What one exchange has and the other has not, or has otherwise.",
    {
        "part": text("Of which part of the exchange.", *get_args(Part)),
        "path": text(
            "Where in it: the name of a header, the JSONPath of a value (RFC 9535), a line or the "
            "number of a message from 1; empty for the whole."
        ),
        "kind": text(
            "Only the right one has it: `added`; only the left: `removed`.", *get_args(Kind)
        ),
        "left": anything(_VALUE.format("left one")),
        "right": anything(_VALUE.format("right one")),
    },
)
_SIDE = shape(
    "side",
    "One exchange of a pair.",
    {
        "id": ID,
        "status": STATUS,
        "status_by": STATUS_BY,
        "close": maybe(ref("How a WebSocket was closed; null if it was not, or is none.", CLOSE)),
    },
)
_PAIR = shape(
    "pair",
    "Two exchanges that were compared, or one without a counterpart.",
    {
        "what": text("What was asked for, as `GET /items?page=2`, without secrets."),
        "verdict": text(
            "What it comes to; `added` if only the right side has it, `removed` if only the left.",
            *get_args(Verdict),
        ),
        "left": maybe(ref("What there was; null if there was nothing.", _SIDE)),
        "right": maybe(ref("What there is; null if there is nothing.", _SIDE)),
        "departed": maybe(text("Where a replay went another way, in words.")),
        "differences": many("The first 100 differences that count.", _DIFFERENCE),
        "more": count("How many more there are."),
        "noise": count("How many were left out because they differ by themselves."),
    },
)
COMPARED = shape(
    "comparison",
    "What a comparison found.",
    {
        "left": text("What is compared: a store, without its password, or an id."),
        "right": text("With what: a store, an id, an app or a server."),
        "fails": flag(
            "Something differs, the app has troubles, or there was nothing to compare: the exit "
            "status is 1."
        ),
        "counts": shape(
            "verdicts",
            "How many pairs have which verdict.",
            {word: count(f"How many are `{word}`.") for word in get_args(Verdict)},
        ),
        "left_out": LEFT_OUT,
        "noise": many(
            "What was left out because it differs by itself.",
            text("The name of a difference, as `header date` or `body $.items[*].id`."),
        ),
        "troubles": many("What happened to the app besides.", TROUBLE),
        "problems": PROBLEMS,
        "pairs": many("The pairs, in the order of the left side.", _PAIR),
    },
)
