"""Schemas of what was done, served or looked at: all verbs that print no exchange."""

from __future__ import annotations

from typing import get_args

from asgi_mw.cli.examination import Level
from asgi_mw.cli.schemas.parts import ID, LEFT_OUT, PROBLEMS
from asgi_mw.cli.schemas.words import anything, by_name, count, flag, maybe, shape, text, theirs
from asgi_mw.conformance.check import Severity, Verdict

_INSPECTOR = text("The address of the page, with its token: who has it sees the page.")
_STORE = text("The store, without its password.")
_CHECK_SEVERITY = text(
    "How the sentence is worded; `undecided` if it is open.", *get_args(Severity)
)
_TITLE = text("What holds if it passes.")
_SENTENCE = text("The words that the check comes from.")
_URL = text("Where they stand.", format="uri")

EXAMINED = shape(
    "result",
    "What came of one check of a server.",
    {
        "server": text("Its name, as in `--server`, or its command."),
        "check": text("The id of the check."),
        "title": _TITLE,
        "verdict": text(
            "What came of it. `undecided` never counts against a server; `error`: the check could "
            "not be made.",
            *get_args(Verdict),
        ),
        "severity": _CHECK_SEVERITY,
        "said": maybe(text("What was expected, and what was seen.")),
        "sentence": _SENTENCE,
        "url": _URL,
        "duration_ms": count("How long it took, in whole ms."),
    },
)
SERVER_CHECK = shape(
    "server_check",
    "One check of a server, as `--list` has it.",
    {
        "id": text("Its name, which stays."),
        "title": _TITLE,
        "severity": _CHECK_SEVERITY,
        "sentence": _SENTENCE,
        "url": _URL,
    },
)
DEMO = shape(
    "demo",
    "What `demo` serves.",
    {
        "apps": by_name("The address of each app, by its name.", text("An address.")),
        "store": _STORE,
        "inspector": _INSPECTOR,
    },
)
EXAMINATION = shape(
    "examination",
    "One thing that `doctor` looked at.",
    {
        "about": text("What was looked at, as `python`, `extra cli`, `store` or `layer`."),
        "level": text(
            "How it is. With an `error`, the exit status is 1; a `note` is nothing to worry about.",
            *get_args(Level),
        ),
        "said": text("What was found, in words."),
        "fix": maybe(text("What to do.")),
    },
)
EXPORT = shape(
    "export",
    "What was written to a file, or sent.",
    {
        "file": maybe(text("The file; `null` if it was sent.")),
        "to": maybe(text("The address of the collector; `null` if it was written.")),
        "format": text("Its format, as in `--as`."),
        "written": count("How many exchanges."),
        "left_out": LEFT_OUT,
        "problems": PROBLEMS,
    },
)
IMPORT = shape(
    "import",
    "What came of an import.",
    {
        "file": text("The file; `-` is standard input."),
        "store": _STORE,
        "new": count("How many exchanges were added."),
        "known": count("How many the store had already."),
        "left_out": LEFT_OUT,
        "missing": by_name(
            "What the file does not have, or must not be kept, by its name.",
            count("How often."),
        ),
        "refused": count("How many exchanges no store takes."),
        "problems": PROBLEMS,
    },
)
INSPECT = shape("inspect", "Where the page is.", {"inspector": _INSPECTOR, "store": _STORE})
KEPT = shape(
    "keep",
    "An exchange that was marked, or is not any more.",
    {"id": ID, "kept": flag("It is marked now.")},
)
PURGE = shape(
    "purge",
    "What was removed.",
    {
        "matching": count("How many exchanges match the filters; 0 if there are none."),
        "removed": count("How many were removed; 0 with `--dry-run`."),
        "bytes_left": count("What the store takes afterwards, in bytes."),
        "problems": PROBLEMS,
    },
)
RUN = shape(
    "run",
    "What is served, and where.",
    {
        "app": text("The app, as `module:app`."),
        "store": text("The folder that it is recorded to."),
        "server": text("The server."),
        "host": maybe(text("Where it listens; null on a Unix socket.")),
        "port": maybe(count("Its port; null on a Unix socket.")),
        "uds": maybe(text("The path of the Unix socket; null on a port.")),
        "workers": count("How many processes serve it."),
        "otlp": maybe(text("The collector that telemetry is sent to, without its password.")),
        "inspector": maybe(_INSPECTOR),
    },
)
SHIP = shape(
    "ship",
    "What was shipped.",
    {"shipped": count("How many exchanges."), "problems": PROBLEMS},
)
LISTED = shape(
    "schema",
    "One schema.",
    {
        "name": text("Its name: `asgi-mw schema NAME` prints it."),
        "command": text("What prints what it describes."),
        "prints": text(
            "Whether that is a line of JSON for each thing, or one object.", "lines", "object"
        ),
        "description": text("What it is."),
    },
)
SCHEMA = theirs(
    "A JSON Schema of draft 2020-12.",
    **{"$schema": anything("The draft."), "$defs": anything("The shapes that it uses, by name.")},
) | {"required": ["$schema", "$defs"]}
