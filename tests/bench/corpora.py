"""Bodies as APIs and sites send them, made from a seed: JSON, HTML and JavaScript."""

from __future__ import annotations

import json
from functools import cache, partial
from itertools import accumulate, count
from random import Random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_CONSONANTS, _VOWELS = "bcdfghjklmnprstvwz", "aeiou"
_TAGS = ("new", "sale", "eco", "bulk", "fragile", "premium", "refurbished", "seasonal")
_CITIES = ("Berlin", "Porto", "Oslo", "Kyoto", "Lima", "Accra", "Austin", "Turin")
_VOCABULARY = 2000
_VERBS = ("get", "set", "update", "render", "parse", "format", "load", "remove")


def corpora() -> dict[str, bytes]:
    """Eight bodies by name; always the same ones.

    >>> {len(body) // 1100 for name, body in corpora().items() if name.startswith("json ")}
    {9, 10, 908}
    """
    small = 11_264
    return {
        "json users": records(_user, small),
        "json orders": records(_order, small),
        "json metrics": records(_metric, small),
        "json search": records(_hit, small),
        "json tree": records(partial(_tree, depth=3), small),
        "html": html(36_000),
        "js": javascript(120_000),
        "json large": records(_order, 1_000_000),
    }


def records(one: Callable[[Random, int], dict[str, Any]], size: int, seed: int = 7) -> bytes:
    """A page of records as compact JSON, of about *size* bytes and not more."""
    random = Random(seed)
    items: list[bytes] = []
    left = size - 60
    for number in count(1000):
        item = json.dumps(one(random, number), separators=(",", ":"), ensure_ascii=False).encode()
        left -= len(item) + 1
        if left < 0:
            break
        items.append(item)
    head = b'{"page":1,"total":%d,"next":"/v1/items?page=2","items":[' % (len(items) * 40)
    return head + b",".join(items) + b"]}"


def html(size: int, seed: int = 7) -> bytes:
    """A rendered list of about *size* bytes, with the markup that templates repeat."""
    random = Random(seed)
    head = (
        "<!doctype html>\n<html lang=en>\n<head>\n<meta charset=utf-8>\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<link rel="stylesheet" href="/static/app.3f9c1e.css">\n<title>Items</title>\n</head>\n'
        '<body class="page page--list">\n<main class="container mx-auto px-4">\n'
    )
    return _filled(partial(_card, random), size, head, "</main>\n</body>\n</html>\n")


def javascript(size: int, seed: int = 7) -> bytes:
    """A module of about *size* bytes as a bundler leaves it, not minified."""
    random = Random(seed)
    names = [_word(random) for _ in range(300)]
    return _filled(partial(_function, random, names), size, '"use strict";\n\n', "export {};\n")


def words(random: Random, amount: int) -> str:
    """*amount* words of a made-up language, some of them much more often than most."""
    vocabulary, weights = _language()
    return " ".join(random.choices(vocabulary, cum_weights=weights, k=amount))


@cache
def _language() -> tuple[list[str], list[float]]:
    """Two thousand words, the most frequent first, and how often each is said, cumulated.

    As in real languages, the frequent ones are short, and frequency falls with the rank by the
    law of Zipf, as Mandelbrot refined it.
    """
    random = Random(11)
    found: set[str] = set()
    while len(found) < _VOCABULARY:
        found.add(_word(random))
    weights = accumulate(1 / (rank + 2.7) for rank in range(_VOCABULARY))
    return sorted(found, key=lambda word: (len(word), word)), list(weights)


def _filled(make: Callable[[int], str], size: int, head: str, tail: str) -> bytes:
    parts, left = [head], size - len(head) - len(tail)
    for number in count(1):
        part = make(number)
        left -= len(part)
        if left < 0:
            break
        parts.append(part)
    return "".join([*parts, tail]).encode()


def _word(random: Random) -> str:
    syllables = random.choices((1, 2, 3, 4), (4, 5, 3, 1))[0]
    pairs = (random.choice(_CONSONANTS) + random.choice(_VOWELS) for _ in range(syllables))
    return "".join(pairs) + random.choice(("", "", "n", "r", "s", "t"))


def _moment(random: Random) -> str:
    return (
        f"2026-{random.randint(1, 12):02}-{random.randint(1, 28):02}T"
        f"{random.randint(0, 23):02}:{random.randint(0, 59):02}:{random.randint(0, 59):02}Z"
    )


def _uuid(random: Random) -> str:
    digits = f"{random.getrandbits(128):032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _user(random: Random, number: int) -> dict[str, Any]:
    first, last = _word(random).title(), _word(random).title()
    return {
        "id": number,
        "uuid": _uuid(random),
        "name": f"{first} {last}",
        "email": f"{first}.{last}@example.org".lower(),
        "active": random.random() < 0.8,
        "roles": random.sample(("admin", "editor", "viewer", "billing"), random.randint(1, 2)),
        "city": random.choice(_CITIES),
        "created_at": _moment(random),
        "last_login": random.choice((None, _moment(random))),
        "about": words(random, random.randint(0, 12)),
    }


def _order(random: Random, number: int) -> dict[str, Any]:
    lines = [
        {
            "sku": f"{random.choice('ABCD')}-{random.randint(1000, 9999)}",
            "title": words(random, 3),
            "quantity": random.randint(1, 9),
            "unit_price": {"amount": round(random.uniform(1, 200), 2), "currency": "EUR"},
            "tags": random.sample(_TAGS, random.randint(0, 3)),
        }
        for _ in range(random.randint(1, 4))
    ]
    return {
        "order_id": f"ord_{random.getrandbits(64):016x}",
        "number": number,
        "status": random.choice(("paid", "paid", "shipped", "cancelled")),
        "placed_at": _moment(random),
        "customer": {"id": random.randint(1, 500), "city": random.choice(_CITIES)},
        "lines": lines,
    }


def _metric(random: Random, number: int) -> dict[str, Any]:
    return {
        "time": 1_790_000_000 + number * 60,
        "host": f"web-{random.randint(1, 6)}",
        "cpu": round(random.random(), 4),
        "memory": random.randint(200_000_000, 900_000_000),
        "p50": round(random.uniform(1, 20), 3),
        "p99": round(random.uniform(20, 400), 3),
    }


def _hit(random: Random, number: int) -> dict[str, Any]:
    return {
        "id": number,
        "url": f"https://example.org/{_word(random)}/{_word(random)}-{number}",
        "title": words(random, 6).capitalize(),
        "snippet": words(random, 40).capitalize() + ".",
        "score": round(random.uniform(0, 12), 6),
    }


def _tree(random: Random, number: int, depth: int) -> dict[str, Any]:
    children = random.randint(1, 3) if depth else 0
    return {
        "type": random.choice(("object", "array", "string", "integer", "boolean")),
        "title": _word(random).title(),
        "required": random.random() < 0.5,
        "nullable": random.random() < 0.2,
        "children": [_tree(random, number, depth - 1) for _ in range(children)],
    }


def _card(random: Random, number: int) -> str:
    return (
        f'<article class="card card--item shadow-sm rounded" id="item-{number}">\n'
        f'  <a class="card__link" href="/items/{number}-{_word(random)}">\n'
        f'    <img class="card__image" src="/media/{random.getrandbits(40):010x}.webp" '
        f'alt="{words(random, 2)}" loading="lazy" width="320" height="240">\n'
        f'    <h2 class="card__title">{words(random, 4).capitalize()}</h2>\n  </a>\n'
        f'  <p class="card__text">{words(random, random.randint(8, 30)).capitalize()}.</p>\n'
        f'  <span class="price">{random.uniform(1, 300):.2f} €</span>\n</article>\n'
    )


def _function(random: Random, names: list[str], number: int) -> str:
    def name() -> str:
        return random.choice(_VERBS) + random.choice(names).title()

    first, second, key = random.sample(names, 3)
    body = "".join(
        random.choice(
            (
                f"  const {first}{line} = this.{name()}({second}, {random.randint(0, 99)});\n",
                (
                    f'  if (!{second} || typeof {second}.{key} !== "function") {{\n'
                    f'    throw new TypeError("{words(random, 5)}");\n  }}\n'
                ),
                (
                    f"  for (const {key} of {second}.{name()}()) {{\n"
                    f"    {first}.push({key}.{random.choice(names)} ?? null);\n  }}\n"
                ),
                f"  // {words(random, 9)}\n",
                f"  await {name()}({{ {first}, {key}: {second}.{random.choice(names)} }});\n",
            )
        )
        for line in range(random.randint(3, 9))
    )
    return f"export async function {name()}{number}({first}, {second}) {{\n{body}}}\n\n"
