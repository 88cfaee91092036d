"""Choose the policy of a connection by its path, or by a predicate on its scope."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from inspect import iscoroutine
from typing import TYPE_CHECKING, TypeAlias

from asgi_mw.errors import Problems
from asgi_mw.middleware.cors.options import Policy
from asgi_mw.middleware.cors.policy import Compiled, compile_policy
from asgi_mw.paths import path_within
from asgi_mw.types import Scope

if TYPE_CHECKING:
    from asgi_mw.faults import Faults

Where: TypeAlias = str | Callable[[Scope], bool]
Policies: TypeAlias = Mapping[str, Policy | None] | Collection[tuple[Where, Policy | None]]
Choice: TypeAlias = Callable[[Scope], Compiled | None]


def compile_policies(
    given: object, default: Compiled, problems: Problems, faults: Faults
) -> tuple[Choice | None, tuple[str, ...]]:
    """A function that chooses, ``None`` if there is nothing to choose, and all policies' notes.

    What is wrong goes to *problems*, under the name of the option within ``policies``.
    """
    table: list[tuple[Where, Compiled | None]] = []
    notes: list[str] = []
    prefixes: list[str] = []
    for where, policy in _pairs(given, problems):
        option = f"policies[{where!r}]"
        compiled: Compiled | None = None
        if isinstance(policy, Policy):
            inner = Problems(problems.where)
            compiled = compile_policy(policy, inner, faults)
            for one in inner.found:
                problems.add(f"{option}.{one.option}", one.value, one.reason, one.mend)
            notes += [f"{option}: {note}" for note in compiled.notes]
        elif policy is not None:
            mend = "write Policy(...), or None to switch the layer off"
            problems.add(option, policy, "is no policy", mend)
        if isinstance(where, str):
            prefix = where.rstrip("/")
            if _is_prefix(where, prefixes, option, problems):
                prefixes.append(prefix)
            table.append((prefix, compiled))
        elif callable(where):
            table.append((where, compiled))
        else:
            mend = "write a prefix as '/api', or a function of the scope"
            problems.add("policies", where, "is neither a prefix nor a predicate", mend)
    if not table:
        return None, ()
    nobody = compile_policy(Policy(), Problems(problems.where), faults)

    def choose(scope: Scope) -> Compiled | None:
        path = path_within(scope)
        for where, policy in table:
            if isinstance(where, str):
                if path.startswith(where) and path[len(where) : len(where) + 1] in {"", "/"}:
                    return policy
                continue
            answer = _asked(where, scope, faults)
            if answer is None:
                return nobody  # nobody knows which policy was meant: no laxer one may apply
            if answer:
                return policy
        return default

    return choose, tuple(notes)


def _pairs(given: object, problems: Problems) -> list[tuple[object, object]]:
    """The option as pairs.

    An iterator is refused: a layer may be put around several apps, and the second would have no
    policies.  So is a set: it has no first match.
    """
    if given is None:
        return []
    pairs = given.items() if isinstance(given, Mapping) else given
    try:
        if isinstance(given, (set, frozenset)) or not isinstance(pairs, Collection):
            raise TypeError  # noqa: TRY301  # reported like the others
        return [(where, policy) for where, policy in pairs]
    except (TypeError, ValueError):
        mend = "write {'/api': Policy(...)}, or a list of such pairs"
        problems.add("policies", given, "is neither a mapping nor a list of pairs", mend)
        return []


def _is_prefix(prefix: str, before: list[str], option: str, problems: Problems) -> bool:
    """Whether *prefix* is a prefix of a path; one that could never match goes to *problems*."""
    if not prefix.startswith("/") or "//" in prefix or set("?#*") & set(prefix):
        problems.add("policies", prefix, "is no prefix of a path", "write it as '/api'")
        return False
    if "%" in prefix:
        mend = "write the character itself"
        problems.add("policies", prefix, "servers decode what is escaped in a path", mend)
        return False
    bare = prefix.rstrip("/")
    for other in before:
        if bare == other or bare.startswith(other + "/"):
            mend = f"put it before {other or '/'!r}: the first match wins"
            problems.add(option, prefix, f"is never reached behind {other or '/'!r}", mend)
            break
    return True


def _asked(where: Callable[[Scope], bool], scope: Scope, faults: Faults) -> bool | None:
    """The predicate's answer; ``None`` if it gives none."""
    try:
        answer: object = where(scope)
        if isinstance(answer, bool):
            return answer
        if iscoroutine(answer):
            answer.close()
        raise TypeError(f"it gave {answer!r}, which is no bool")  # noqa: TRY301  # noted as its own faults are
    except Exception as error:  # noqa: BLE001  # the user's function; the request goes on
        faults.note("policies", error)
        return None
