"""Write scopes and events as JSON text in one step: what there is most of, in every exchange."""

from __future__ import annotations

from functools import lru_cache
from json.encoder import encode_basestring as quoted
from typing import TYPE_CHECKING, Any, TypeAlias

from asgi_mw.recorder.values import dumps, freeze, freeze_text, is_plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from asgi_mw.events import Event

Pair: TypeAlias = tuple[bytes, bytes]

_PAYLOADS = frozenset({"body", "bytes"})
_BIGGEST = 2**63
_DEEPEST = 8
_WORDS = {None: "null", True: "true", False: "false"}
_MOST_PAIRS, _LONGEST_PAIR = 1024, 512

_pairs: dict[Pair, str] = {}


def members(values: Mapping[Any, Any]) -> dict[Any, str]:
    """The JSON text of each of *values*.

    >>> members({"type": "http", "headers": [(b"host", b"a")]})
    {'type': '"http"', 'headers': '{"$pairs":[["host","a"]]}'}
    """
    return {key: _text(value) for key, value in values.items()}


def joined(texts: Mapping[Any, str]) -> str:
    """The JSON object of members that are text already.

    >>> joined({"a": "1"}), joined({"$a": "1"})
    ('{"a":1}', '{"$dict":[["$a",1]]}')
    """
    labels = [_label(key) if key.__class__ is str else "" for key in texts]
    if all(labels):
        return "{" + ",".join(map(str.__add__, labels, texts.values())) + "}"
    items = [f"[{dumps(freeze_text(str(key)))},{text}]" for key, text in texts.items()]
    return '{"$dict":[' + ",".join(items) + "]}"


def event_text(event: Event, payloads: list[bytes], at: int) -> str:
    """The JSON text of an event.

    Args:
        event: It, or what has its attributes.
        payloads: Takes its payloads, for the BLOB.
        at: How long the BLOB is before.
    """
    message = {}
    for key, value in event.message.items():
        if value.__class__ is bytes and value and key in _PAYLOADS:
            message[key] = f'{{"$blob":[{at},{len(value)}]}}'
            payloads.append(value)
            at += len(value)
        else:
            message[key] = _text(value)
    returned = "null" if event.returned is None else event.returned
    text = (
        f'{{"direction":"{event.direction}","called":{event.called},"returned":{returned},'
        f'"message":{joined(message)}'
    )
    if event.size:
        text += f',"size":{event.size}'
    if event.truncated:
        text += ',"truncated":true'
    if event.raised is not None:
        text += f',"raised":{_text(event.raised)}'
    return text + "}"


def _text(value: Any, depth: int = 1) -> str:
    """The JSON text of what :func:`freeze` makes of *value*."""
    kind = value.__class__
    if kind is str and value.isascii():
        return quoted(value)
    if kind is bytes:
        return f'{{"$bytes":{quoted(value.decode("latin-1"))}}}'
    if kind is int and -_BIGGEST <= value < _BIGGEST:
        return str(value)
    if kind is bool or value is None:
        return _WORDS[value]
    if depth < _DEEPEST:
        if kind is dict:
            return joined({key: _text(held, depth + 1) for key, held in value.items()})
        if kind is list:
            if value and _are_pairs(value):
                return '{"$pairs":[' + ",".join(map(_pair_text, value)) + "]}"
            return "[" + ",".join([_text(held, depth + 1) for held in value]) + "]"
    return dumps(freeze(value, depth))


def _are_pairs(value: Iterable[Any]) -> bool:
    for pair in value:
        if not (
            (pair.__class__ is tuple or pair.__class__ is list)
            and len(pair) == 2
            and pair[0].__class__ is bytes is pair[1].__class__
        ):
            return False
    return True


def _pair_text(pair: Pair) -> str:
    name, value = pair
    text = _pairs.get((name, value))
    if text is None:
        text = f"[{quoted(name.decode('latin-1'))},{quoted(value.decode('latin-1'))}]"
        if len(text) <= _LONGEST_PAIR:
            if len(_pairs) >= _MOST_PAIRS:
                _pairs.clear()
            _pairs[name, value] = text
    return text


@lru_cache(maxsize=256)
def _label(key: str) -> str:
    """The key with its colon; empty if it cannot be a key of ours."""
    return f"{dumps(key)}:" if is_plain({key: None}) else ""
