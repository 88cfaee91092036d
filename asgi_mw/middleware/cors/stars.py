"""Say what to write instead of a ``*`` that stands where none is allowed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_USUAL = "write https://*.example.org for subdomains, https://example.org:* for any port"
_LABEL = "[a-z0-9-]+"


def instead(
    scheme: str,
    host: str,
    port: str,
    is_no_host: Callable[[str], bool],
    is_too_wide: Callable[[str], str],
) -> str:
    r"""What to write for what ``scheme://host:port`` means, whose *host* has a ``*`` too many.

    Args:
        scheme: As ``https``.
        host: Labels, some of them with a ``*`` in it.
        port: Digits, ``*`` or empty.
        is_no_host: Whether no host can have this name.
        is_too_wide: Why the names below a host do not belong to one owner; empty if they do.

    >>> instead("https", "*--shop.example.org", "", lambda _: False, lambda _: "")
    "write allow_origin_regex=r'https://[a-z0-9-]+--shop\\.example\\.org'"
    """
    labels = host.split(".")
    last = max(place for place, label in enumerate(labels) if "*" in label)
    below = ".".join(labels[last + 1 :])
    if set(host) == {"*"}:
        return "write ['*'] alone for everybody, or name the hosts"
    if (
        not below
        or is_no_host(re.sub(r"\*+", "a", host))
        or not (port in {"", "*"} or port.isdigit())
    ):
        return _USUAL
    wide = is_too_wide(below)
    if all(set(label) == {"*"} for label in labels[: last + 1]):
        shown = f":{port}" if port else ""
        more = f"write {scheme}://*.{below}{shown}, which stands for one or more labels"
        return _USUAL if wide else more
    # The name itself may be ours; one that only ends alike is anybody's
    if wide and not re.search(r"\*-|-\*", labels[last]):
        return _USUAL
    whole = r"\.".join(re.sub(r"(?:\\\*)+", lambda _: _LABEL, re.escape(one)) for one in labels)
    behind = r"(?::[0-9]+)?" if port == "*" else port and f":{port}"
    regex = f"write allow_origin_regex=r'{scheme}://{whole}{behind}'".replace("\\-", "-")
    return f"{regex}, if nobody else can have such a name below {below}" if wide else regex
