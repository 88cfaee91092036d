"""Schemas of rules, of what breaks them, and of the report of a check."""

from __future__ import annotations

from typing import get_args

from asgi_mw.cli.schemas.parts import PROBLEMS
from asgi_mw.cli.schemas.words import count, flag, many, maybe, row, shape, text
from asgi_mw.spec.rule import WEIGHTS, Fault, Kind, Profile, Severity
from asgi_mw.troubles import Kind as Ill

_COUNTS_AS = text(
    "What it counts as where it is broken: nobody fails by what can be read in two ways, or by "
    "advice.",
    *WEIGHTS,
)
_FAULT = text(
    "Who is at fault: the app, or the server, which includes layers outside of the app.",
    *get_args(Fault),
)
_SEVERITY = text("How the sentence is worded.", *get_args(Severity))
_SENTENCE = text("The words that the rule comes from.")
_URL = text("Where they stand.", format="uri")
_SIDES = ("scope", "receive", "send", "end")
_EVENT = maybe(
    count("The number of the event, from 0; null if it is about the scope, or the end of the call.")
)
_SIDE = text("The same in a word.", *_SIDES)
_NAMED = {
    "rule": text("The id of the rule; `asgi-mw rules ID` explains it."),
    "counts_as": _COUNTS_AS,
    "fault": _FAULT,
    "severity": _SEVERITY,
    "sentence": _SENTENCE,
    "url": _URL,
}

FINDING = shape(
    "finding",
    "One place where an exchange breaks a rule of ASGI.",
    {
        **_NAMED,
        "said": text("What is wrong there, in words."),
        "event": _EVENT,
        "side": _SIDE,
    },
)
RULE = shape(
    "rule",
    "One rule of ASGI.",
    {
        "id": text("Its name, which stays."),
        "fault": _FAULT,
        "counts_as": _COUNTS_AS,
        "severity": _SEVERITY,
        "profile": text(
            "Where its sentence stands: in ASGI, in HTTP and WebSocket, or in good practice.",
            *get_args(Profile),
        ),
        "sentence": _SENTENCE,
        "url": _URL,
        "revision": text("The day of the text that is cited.", format="date"),
        "why": text("What it means, and what goes wrong without it."),
        "kind": text("The connection that `bad` and `good` are played on.", *get_args(Kind)),
        "bad": text("Python: the body of an app that breaks it; of a server, what it gives."),
        "good": text("The same as it is right."),
        "readings": maybe(
            row(
                "The two ways to read it, if it can be read in two ways.",
                text("The one."),
                text("The other."),
            )
        ),
        "thread": maybe(text("Where that is discussed.", format="uri")),
    },
)
TROUBLE = shape(
    "trouble",
    "What happened besides that no rule is about.",
    {
        "kind": text(
            "It hangs; it does not start or stop; its OpenAPI document is none; it cannot be "
            "reached; or it raised, which an app may.",
            *get_args(Ill),
        ),
        "what": text("What was asked of the app."),
        "said": text("What happened, in words."),
        "fails": flag("It is a reason to fail."),
    },
)
_PLACE = shape(
    "place",
    "Where a rule is broken: all connections that asked for the same.",
    {
        "what": text("What they asked for, as `GET /users/{id}`."),
        "said": text("What is wrong with the first, in words."),
        "event": _EVENT,
        "side": _SIDE,
        "count": count("How often it is broken there."),
        "ids": many("The first exchanges, at most 3; none if nothing is recorded.", text("An id.")),
    },
)
_BROKEN = shape(
    "broken",
    "A rule that is broken.",
    {
        **_NAMED,
        "count": count("How often."),
        "connections": count("On how many connections."),
        "where": many("Where, at most 20 places.", _PLACE),
        "elsewhere": count("How often in other places."),
    },
)
CHECKED = shape(
    "check",
    "What `check` found.",
    {
        "target": text("What was checked: a store, without its password, or an app."),
        "judged": count("How many connections."),
        "fails": flag("Something is wrong: the exit status is 1."),
        "counts": shape(
            "weights",
            "How many rules are broken, by what that counts as.",
            {word: count(f"How many count as `{word}`.") for word in WEIGHTS},
        ),
        "broken": many("Which rules, the worst first.", _BROKEN),
        "troubles": many("What happened besides.", TROUBLE),
        "problems": PROBLEMS,
    },
)
