"""Our docstrings as Markdown, for mkdocstrings: roles, links and doctests are written anew."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Any

from griffe import Extension, GriffeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from griffe import Alias, Module, Object

_ROLE = re.compile(r":(?:attr|class|data|exc|func|meth|mod):`(~?)([\w.]+)`")
_LINK = re.compile(r"`([^`<>]+?)\s+<(https?://[^>\s]+)>`_")
_NAMED = re.compile(r"`([^`<>]+)`_\b")
_TARGET = re.compile(r"^ *\.\. _([^:\n]+): +(\S+)\n?", re.MULTILINE)
_DOCTEST = re.compile(r"^( *)>>> .*\n?(?:\1\S.*\n?)*", re.MULTILINE)
# Two attributes or arguments with one description, as ``began, ended: …``
_TWO = re.compile(r"^( {4,})(\w+), (\w+): (.*\n?(?:\1 .*\n?)*)", re.MULTILINE)
_SECTION = re.compile(r"^ *(?:Args|Attributes):\n(?: +.*\n|\n)+", re.MULTILINE)
_LITERAL = re.compile(r"::$", re.MULTILINE)


def markdown(text: str, path_of: Callable[[str], str]) -> str:
    """*text* as Markdown; ``path_of`` gives the whole name of what a role names."""
    targets = {" ".join(name.split()): url for name, url in _TARGET.findall(text)}
    text = _TARGET.sub("", text)
    text = _LINK.sub(lambda one: f"[{' '.join(one[1].split())}]({one[2]})", text)
    text = _NAMED.sub(lambda one: f"[{one[1]}]({targets[' '.join(one[1].split())]})", text)
    text = _ROLE.sub(lambda one: _reference(one[2], path_of(one[2]), short=bool(one[1])), text)
    text = _SECTION.sub(lambda one: _TWO.sub(r"\1\2: \4\1\3: \4", one[0]), text)
    text = _DOCTEST.sub(_fenced, text)
    return _LITERAL.sub(":", text)


class Docstrings(Extension):
    """Rewrites the docstrings of a package as it was read."""

    def on_package(self, *, pkg: Module, **_: Any) -> None:
        """All of them, from the package down."""
        self._rewrite(pkg)

    def _rewrite(self, found: Object | Alias) -> None:
        if found.docstring is not None:
            found.docstring.value = markdown(found.docstring.value, lambda name: _path(found, name))
        for member in found.members.values():
            if not member.is_alias:
                self._rewrite(member)


def _reference(name: str, path: str, *, short: bool) -> str:
    shown = name.rpartition(".")[2] if short else name
    return f'<autoref identifier="{escape(path)}" optional><code>{escape(shown)}</code></autoref>'


def _path(found: Object | Alias, name: str) -> str:
    try:
        return found.resolve(name)
    except GriffeError:
        return name


def _fenced(block: re.Match[str]) -> str:
    indent, text = block[1], block[0].rstrip("\n")
    return f"{indent}```pycon\n{text}\n{indent}```\n"
