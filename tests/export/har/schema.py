"""What HAR 1.2 demands, as JSON schemas: the one that is published, and a stricter one of ours.

The folder ``published`` has those of har-schema 2.0.0 from npm, by which har-validator checks, with
their licence.  They let any member be there, and say ``min`` where JSON Schema has ``minimum``, so
ours has the rest of http://www.softwareishard.com/blog/har-12-spec/.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft6Validator, Draft202012Validator, FormatChecker
from referencing import Registry, Resource

_TEXT, _NUMBER, _INTEGER = {"type": "string"}, {"type": "number"}, {"type": "integer"}
_MOMENT = {
    "type": "string",
    "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$",
}


def _object(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    """An object with these members; all others are custom, and begin with an underscore."""
    return {
        "type": "object",
        "required": list(required),
        "properties": required | (optional or {}) | {"comment": _TEXT},
        "patternProperties": {"^_": {}},
        "additionalProperties": False,
    }


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


_PAIR = _object({"name": _TEXT, "value": _TEXT})
_COOKIE = _object(
    {"name": _TEXT, "value": _TEXT},
    {
        "path": _TEXT,
        "domain": _TEXT,
        "expires": _MOMENT,
        "httpOnly": {"type": "boolean"},
        "secure": {"type": "boolean"},
        # Chrome and Firefox write it so
        "sameSite": _TEXT,
    },
)
_PARAM = _object({"name": _TEXT}, {"value": _TEXT, "fileName": _TEXT, "contentType": _TEXT})
_POSTED = _object({"mimeType": _TEXT}, {"text": _TEXT, "params": _list(_PARAM)})
_CONTENT = _object(
    {"size": _INTEGER, "mimeType": _TEXT},
    {"compression": _INTEGER, "text": _TEXT, "encoding": _TEXT},
)
_MESSAGE = {
    "httpVersion": _TEXT,
    "cookies": _list(_COOKIE),
    "headers": _list(_PAIR),
    "headersSize": _INTEGER,
    "bodySize": _INTEGER,
}
_REQUEST = _object(
    {"method": _TEXT, "url": _TEXT, "queryString": _list(_PAIR), **_MESSAGE},
    {"postData": _POSTED},
)
_RESPONSE = _object(
    {"status": _INTEGER, "statusText": _TEXT, "content": _CONTENT, "redirectURL": _TEXT, **_MESSAGE}
)
_TIMINGS = _object(
    {"send": _NUMBER, "wait": _NUMBER, "receive": _NUMBER},
    {"blocked": _NUMBER, "dns": _NUMBER, "connect": _NUMBER, "ssl": _NUMBER},
)
_ENTRY = _object(
    {
        "startedDateTime": _MOMENT,
        "time": {"type": "number", "minimum": 0},
        "request": _REQUEST,
        "response": _RESPONSE,
        "cache": {"type": "object"},
        "timings": _TIMINGS,
    },
    {"serverIPAddress": _TEXT, "connection": _TEXT, "pageref": _TEXT},
)
_TOOL = _object({"name": _TEXT, "version": _TEXT})
_LOG = _object(
    {"version": {"const": "1.2"}, "creator": _TOOL, "entries": _list(_ENTRY)},
    {"pages": {"type": "array"}, "browser": _TOOL},
)
_SCHEMA = Draft202012Validator(_object({"log": _LOG}))


def _published() -> Draft6Validator:
    folder = Path(__file__).parent / "published"
    schemas = [json.loads(path.read_text()) for path in folder.glob("*.json")]
    known: Registry[Any] = Registry().with_resources(
        [(schema["$id"], Resource.from_contents(schema)) for schema in schemas]
    )
    [har] = [schema for schema in schemas if schema["$id"] == "har.json#"]
    return Draft6Validator(har, registry=known, format_checker=FormatChecker())


_PUBLISHED = _published()


def check(har: Any) -> None:
    """Find nothing in *har* that HAR 1.2 does not allow, and times that are the sum of their parts.

    Raises:
        AssertionError: There is something.
    """
    found = [
        f"{error.json_path}: {error.message}"
        for schema in (_PUBLISHED, _SCHEMA)
        for error in schema.iter_errors(har)
    ]
    assert found == []
    for entry in har["log"]["entries"]:
        timings = entry["timings"]
        parts = [timings[name] for name in ("send", "wait", "receive")]
        assert min(parts) >= 0
        assert abs(sum(parts) - entry["time"]) < 1e-5
        assert {timings[name] for name in ("blocked", "dns", "connect", "ssl")} == {-1}
