"""Write scopes and events, the largest part of each exchange, as JSON text in one step."""

from __future__ import annotations

from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Any, TypeAlias

from asgi_mw.caches import keep
from asgi_mw.recorder.values import dumps, freeze, freeze_text, is_plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from asgi_mw.events import Event
    from asgi_mw.recorder.drafts import EventDraft

quoted = encode_basestring
Pair: TypeAlias = tuple[bytes, bytes]

_PAYLOADS = frozenset({"body", "bytes"})
_BIGGEST = 2**63
_DEEPEST = 8
_WORDS = {None: "null", True: "true", False: "false"}
_PAIRED = frozenset({tuple, list})
_MOST_PAIRS, _LONGEST_PAIR = 1024, 512
_MOST_LABELS, _LONGEST_LABEL = 256, 128


def members(values: Mapping[Any, Any]) -> dict[Any, str]:
    """The JSON text of each of *values*.

    >>> members({"type": "http", "headers": [(b"host", b"a")]})
    {'type': '"http"', 'headers': '{"$pairs":[["host","a"]]}'}
    """
    return {key: written(value) for key, value in values.items()}


def joined(texts: Mapping[Any, str]) -> str:
    """The JSON object of members that are text already.

    >>> joined({"a": "1"}), joined({"$a": "1"})
    ('{"a":1}', '{"$dict":[["$a",1]]}')
    """
    labels = [_labels[key] if key.__class__ is str else "" for key in texts]
    if all(labels):
        return "{" + ",".join(map(str.__add__, labels, texts.values())) + "}"
    items = [f"[{dumps(freeze_text(str(key)))},{text}]" for key, text in texts.items()]
    return '{"$dict":[' + ",".join(items) + "]}"


def event_text(event: Event | EventDraft, bodies: bytearray) -> str:
    """The JSON text of an event, whose payloads are added to *bodies*, for the BLOB."""
    message = getattr(event, "text", None) or message_text(event.message, bodies)
    returned = "null" if event.returned is None else event.returned
    text = (
        f'{{"direction":"{event.direction}","called":{event.called},"returned":{returned},'
        f'"message":{message}'
    )
    if event.size:
        text += f',"size":{event.size}'
    if event.truncated:
        text += ',"truncated":true'
    if event.raised is not None:
        text += f',"raised":{written(event.raised)}'
    return text + "}"


def message_text(message: Mapping[str, Any], bodies: bytearray | None = None) -> str:
    """The JSON text of a message, whose payloads are added to *bodies*, if it has any."""
    texts = {}
    for key, value in message.items():
        if bodies is not None and value.__class__ is bytes and value and key in _PAYLOADS:
            texts[key] = f'{{"$blob":[{len(bodies)},{len(value)}]}}'
            bodies += value
        else:
            texts[key] = written(value)
    return joined(texts)


def written(value: Any, depth: int = 1) -> str:
    """The JSON text of what :func:`~asgi_mw.recorder.values.freeze` makes of *value*."""
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
            return joined({key: written(held, depth + 1) for key, held in value.items()})
        if kind is list:
            if value and value[0].__class__ in _PAIRED:
                try:
                    return (
                        '{"$pairs":[' + ",".join(map(_pairs.__getitem__, map(tuple, value))) + "]}"
                    )
                except TypeError:
                    pass
            return "[" + ",".join([written(held, depth + 1) for held in value]) + "]"
    return dumps(freeze(value, depth))


class _Pairs(dict[Pair, str]):
    """The texts of the latest pairs of bytes, which are masked by now; bounded in bytes too."""

    def __missing__(self, pair: Pair) -> str:
        if len(pair) != 2 or not pair[0].__class__ is bytes is pair[1].__class__:
            message = "no pair of bytes"
            raise TypeError(message)
        name, value = pair
        text = f"[{quoted(name.decode('latin-1'))},{quoted(value.decode('latin-1'))}]"
        if len(text) <= _LONGEST_PAIR:
            keep(self, pair, text, _MOST_PAIRS)
        return text


_pairs = _Pairs()


class _Labels(dict[str, str]):
    """The latest keys as JSON, with their colons; empty for what cannot be a key of ours."""

    def __missing__(self, key: str) -> str:
        label = f"{dumps(key)}:" if is_plain({key: None}) else ""
        if len(label) <= _LONGEST_LABEL:
            keep(self, key, label, _MOST_LABELS)
        return label


_labels = _Labels()
