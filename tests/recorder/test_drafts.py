"""What is written in one step is what the facts say."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from asgi_mw import open_store, record
from asgi_mw.connection import Connection
from asgi_mw.recorder.assemble import draft_of, exchange_of
from asgi_mw.recorder.codec import decode, encode
from asgi_mw.recorder.memory import MemoryStore
from asgi_mw.redaction import Redaction
from asgi_mw.tape import Tape
from asgi_mw.terms import Budget, Terms
from tests.properties.programs import Run
from tests.properties.strategies import programs
from tests.tried import tried

if TYPE_CHECKING:
    from tests.properties.programs import Program

FACTS, BODIES = -2, -1

texts = st.sampled_from(
    ["", "/a", "/caf\xe9", "a\0\ud800", "token=x", "x" * 3000, "$a", "Bearer s"]
)
strings = texts.map(lambda text: text.encode("utf-8", "surrogatepass")) | st.binary(max_size=3)
pairs = st.tuples(st.sampled_from([b"accept", b"cookie", b"x-token", b""]), strings)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | texts | strings,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(texts, inner, max_size=3)
        | st.tuples(inner, inner)
        | st.lists(pairs, max_size=3)
    ),
    max_leaves=8,
)
keys = ("path", "raw_path", "query_string", "client", "headers", "state", "asgi", "$odd", "token")
scopes = st.dictionaries(st.sampled_from(keys), values, max_size=9).map(
    lambda scope: {"type": "http", **scope}
)


def same(tape: Tape) -> None:
    """Both ways to the row of *tape* lead to the same."""
    quick, slow = encode(draft_of(tape)), encode(exchange_of(tape))
    assert slow[:FACTS] == quick[:FACTS]
    assert slow[BODIES] == quick[BODIES]
    one, other = decode(*quick[FACTS:]), decode(*slow[FACTS:])
    # The scope is masked in another order
    assert sorted(other.redacted) == sorted(one.redacted)
    assert repr(in_order(replace(other, redacted=()))) == repr(in_order(replace(one, redacted=())))


def in_order(exchange: Any) -> Any:
    return replace(exchange, scope=sorted(exchange.scope.items()))


@tried(500)
@given(program=programs())
def test_a_draft_becomes_the_row_of_its_exchange(program: Program) -> None:
    """Whatever the app and the server do."""
    store = open_store("memory:")
    assert isinstance(store, MemoryStore)
    Run(replace(program, late=[])).go(record(Run(program).app, store=store))
    for tape in store._kept:
        same(tape)


@tried(300)
@given(program=programs())
def test_what_comes_again_is_written_as_it_was_the_first_time(program: Program) -> None:
    """What many have in common is masked and written once, and nothing changes it afterwards."""
    store = open_store("memory:")
    assert isinstance(store, MemoryStore)
    layered = record(Run(program).app, store=store)
    for _ in range(3):
        Run(replace(program, late=[])).go(layered)
    for tape in store._kept:
        first, again = encode(draft_of(tape)), encode(draft_of(tape))
        assert first == again
        same(tape)


@tried(500)
@given(scope=scopes, names=st.lists(st.sampled_from(["client", "path", "state"]), max_size=1))
def test_a_scope_is_written_as_it_is_masked(scope: dict[str, Any], names: list[str]) -> None:
    """Odd values, secret names of keys, and what is remembered of others."""
    for _ in range(2):
        tape = Tape(
            scope,
            Connection({"type": "http"}),
            Terms(Budget(1 << 20), redact=Redaction(names=names)),
        )
        tape.end(None)
        same(tape)
