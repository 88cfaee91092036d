from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from asgi_mw.spec import RULES
from tests.spec.corpus.ambiguities import READ
from tests.spec.corpus.apps_extensions import EXTENDED
from tests.spec.corpus.apps_http import COURSE
from tests.spec.corpus.apps_keys import KEYS
from tests.spec.corpus.apps_lifespan import LIVES
from tests.spec.corpus.apps_websocket import SOCKETS
from tests.spec.corpus.apps_wire import WIRES
from tests.spec.corpus.legal_http import LEGAL_HTTP
from tests.spec.corpus.legal_others import LEGAL_LIVES, LEGAL_SOCKETS
from tests.spec.corpus.legal_servers import LEGAL_SERVERS
from tests.spec.corpus.legal_wire import LEGAL_WIRE
from tests.spec.corpus.servers_messages import SERVED
from tests.spec.corpus.servers_scopes import SCOPED
from tests.spec.corpus.unrecorded import UNRECORDED

if TYPE_CHECKING:
    from tests.spec.corpus.cases import Case

pytestmark = pytest.mark.anyio

_SHELVES = (COURSE, KEYS, EXTENDED, SOCKETS, LIVES, WIRES)
APPS = [case for shelf in _SHELVES for case in shelf.cases]
SERVERS = [*SCOPED.cases, *SERVED.cases]
_LEGAL = (LEGAL_HTTP, LEGAL_WIRE, LEGAL_SOCKETS, LEGAL_LIVES, LEGAL_SERVERS)
LEGAL = [case for shelf in _LEGAL for case in shelf.cases]
BROKEN = [*APPS, *SERVERS]
EVERY = [*BROKEN, *LEGAL, *READ.cases]


@pytest.mark.parametrize("case", BROKEN, ids=str)
async def test_what_is_broken_is_found(case: Case) -> None:
    """That, and nothing else; the second time, when its headers are known, too."""
    for _ in range(2):
        found = await case.live()
        assert [one.rule.id for one in found] == list(case.found), [*map(str, found)]


@pytest.mark.parametrize("case", LEGAL, ids=str)
async def test_what_is_legal_is_accused_of_nothing(case: Case) -> None:
    """Not of a violation: what can be read in two ways, as the line of the case says."""
    for _ in range(2):
        found = await case.live()
        assert [one.rule.id for one in found] == list(case.found), [*map(str, found)]
        assert not [one for one in found if one.is_violation]


@pytest.mark.parametrize("case", EVERY, ids=str)
async def test_a_recording_says_the_same(case: Case) -> None:
    """Unless the table says why it cannot."""
    found, _ = UNRECORDED.get(case.name, (case.found, ""))
    recorded = await case.recorded()
    assert [one.rule.id for one in recorded] == list(found), [*map(str, recorded)]


def test_every_exception_is_one() -> None:
    """And of a case that there is."""
    found = {case.name: case.found for case in EVERY}
    assert all(found[name] != less for name, (less, _) in UNRECORDED.items())


def test_the_corpus_does_not_shrink() -> None:
    """Each has a name of its own, and every rule is broken by somebody."""
    assert len(APPS) >= 230
    assert len(SERVERS) >= 100
    assert len(LEGAL) >= 165
    assert len({case.name for case in EVERY}) == len(EVERY)
    assert {rule for case in EVERY for rule in case.found} == set(RULES)
