"""Untyped bodies and WebSocket messages: what any plausible reader would mask is masked."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest

from asgi_mw.redaction import DEFAULT

S = "hUnTeR2sEcReT9"


def nested(text: str, times: int) -> str:
    for _ in range(times):
        text = json.dumps({"a": text})
    return text


SHAPES = {
    "xml that looks like a form": "<auth><password>aHVudGVyMg==</password></auth>",
    "form with spaces": f"user=ann&password=correct horse {S}&x=1",
    "form of curl": f'data={{"password":"a&{S}"}}',
    "event stream": f'data: {{"password":\ndata: "{S}"}}\n\n',
    "multipart": f'--b\r\nContent-Disposition: form-data; name="pin"\r\n\r\n{S}\r\n--b--\r\n',
    "jsonp": f'cb({{"card":{{"number":"{S}"}}}})',
    "guarded json": f')]}}\',\n{{"card":{{"number":"{S}"}}}}',
    "json three deep": nested(f'{{"pass\\u0077ord":"{S}"}}', 3),
    "named in json in json": nested(f'{{"name":"password","value":"{S}"}}', 2),
    "card in json in json": nested(f'{{"card":{{"number":"{S}"}}}}', 2),
    "json in form in json": json.dumps({"a": "x=" + quote(f'{{"token":"{S}"}}')}),
    "form three deep": "a=" + quote("b=" + quote("c=" + quote(f"password={S}"))),
    "json in xml": f"<d>{{&quot;password&quot;:&#x22;{S}&quot;}}</d>",
    "xml in xml": f"<d>&lt;password&gt;{S}&lt;/password&gt;</d>",
    "json in cdata": f"<d><![CDATA[{nested(json.dumps({'password': S}), 2)}]]></d>",
    "card in xml": f"<card><number>{S}</number></card>",
    "element in its like": f"<secret><secret>a</secret>{S}</secret>",
    "nested card": f'{{"card":{{"number":"{S}"}}}}',
    "cards": f'{{"cards":[{{"number":"{S}"}}]}}',
    "deep card": f'{{"card":{{"details":{{"number":"{S}"}}}}}}',
    "numeric card": '{"card":{"number":4111111111111111}}',
    "numeric pan": '{"pan":4111111111111111}',
    "numeric code": '{"token":411111,"pin":411111}',
    "number before its name": '{"value":411111,"name":"pin"}',
    "nested key": f'{{"api":{{"key":"{S}"}}}}',
    "nested id": f'{{"session":{{"id":"{S}"}}}}',
    "card of Python": f"{{'card': {{'number': '{S}'}}}}",
    "card of YAML": f"card:\n  exp: 1\n  number: {S}\n",
    "card of settings": f"[card]\nexp = 1\nnumber = {S}\n",
    "setting": f"[db]\npassword = correct horse {S}\nuser = ann",
    "setting without blanks": f"password=correct horse {S}\nuser=ann",
    "setting over lines": f"password = correct\n   {S}\nuser = ann",
    "property over lines": f"password=correct\\\n{S}\nuser=ann",
    "export": f'export API_KEY="a {S}"',
    "string over lines": f'password="abc\n{S}\nx"',
    "string of Python": f"password = '''\nabc\n{S}\nx'''",
    "YAML tag": f"- {{user: ann, password: !!str {S}}}",
    "YAML tag of its own": f"- x: {{password: !vault abc {S}}}",
    "YAML tag and block": f"password: !!binary |\n  {S}\n",
    "YAML tag and line": f"password: !!str\n  {S}\n",
    "YAML anchor": f"x: {{password: &p {S}}}",
    "YAML plain lines": f"password: correct\n  {S}\n",
    "YAML quoted lines": f'password: "correct\n  {S}"\n',
    "YAML complex key": f"? password\n: {S}\n",
    "path": f"/reset/token%3D{S}",
    "path encoded twice": f"/reset/token%253D{S}",
    "path with encoded name": f"/p/t%6Fken%3D{S}",
    "path with URL": f"/p/https%253A%252F%252Fann%253A{S}%2540h/",
    "path with json": "/p/" + quote(f'{{"password":"{S}"}}', safe=""),
    "path with bearer": f"/p/Bearer%20{S}",
    "slash in a password": f"postgres://app:pa/{S}@db/x",
}
KINDS = [
    b"text/plain",
    b"application/x-www-form-urlencoded",
    b"application/json",
    b"application/xml",
]


def shown(text: str) -> list[str]:
    return [one for one in (S, "aHVudGVyMg", "411111") if one in text]


@pytest.mark.parametrize("text", SHAPES.values(), ids=SHAPES.keys())
def test_no_reader_shows_it(text: str) -> None:
    """As a message, as text, and as a body of whatever type."""
    bodies = [DEFAULT.message(text.encode())]
    bodies += [DEFAULT.body([text.encode()], content_type=kind) for kind in KINDS]
    assert [] == shown(DEFAULT.text(text))
    assert [[]] * 5 == [shown((body.pieces or (b"",))[0].decode()) for body in bodies]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f'{{"id":1,"card":{{"number":"{S}"}}}}', '{"id":1,"card":{"number":"[redacted]"}}'),
        (nested(f'{{"pin":"{S}"}}', 1), nested('{"pin":"[redacted]"}', 1)),
        ("card:\n  number: 1\nid: 5\n", "card:\n  number: [redacted]\nid: 5\n"),
        (
            "[card]\nnumber = 1\n[page]\nnumber = 2",
            "[card]\nnumber = [redacted]\n[page]\nnumber = 2",
        ),
        ("password = a b\nuser = c d", "password = [redacted]\nuser = c d"),
        ("password=a b id=3", "password=[redacted] id=3"),
        ("/a/token%253Dx/caf%C3%A9", "/a/token%253D[redacted]"),
        ("<d>&lt;pin&gt;1&lt;/pin&gt;</d>", "<d>&lt;pin&gt;[redacted]&lt;/pin&gt;</d>"),
        ('{"session":{"id":7},"user":{"id":"u"},"key":"k","page":{"number":3}}',) * 2,
        ('{"usage":{"token":5},"error":{"code":"x"}}',) * 2,
    ],
)
def test_all_else_stays(text: str, expected: str) -> None:
    """A mask stands where the secret stood, however it was encoded."""
    assert expected == DEFAULT.text(text)


def test_what_lies_too_deep_is_masked_unread() -> None:
    """Nobody honest goes there, and reading on would not be linear."""
    text = DEFAULT.text(nested(f'{{"pin": "{S}"}}', 12))
    assert S not in text
    assert "[redacted]" in text
