from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.spec.corpus.apps_extensions import EXTENDED
from tests.spec.corpus.apps_http import COURSE
from tests.spec.corpus.apps_keys import KEYS
from tests.spec.corpus.apps_lifespan import LIVES
from tests.spec.corpus.apps_websocket import SOCKETS
from tests.spec.corpus.apps_wire import WIRES
from tests.spec.corpus.servers_messages import SERVED
from tests.spec.corpus.servers_scopes import SCOPED
from tests.spec.corpus.unrecorded import UNRECORDED

if TYPE_CHECKING:
    from tests.spec.corpus.cases import Case

pytestmark = pytest.mark.anyio

_SHELVES = (COURSE, KEYS, EXTENDED, SOCKETS, LIVES, WIRES)
APPS = [case for shelf in _SHELVES for case in shelf.cases]
SERVERS = [*SCOPED.cases, *SERVED.cases]
BROKEN = [*APPS, *SERVERS]


@pytest.mark.parametrize("case", BROKEN, ids=str)
async def test_what_is_broken_is_found(case: Case) -> None:
    """That, and nothing else; the second time, when its headers are known, too."""
    for _ in range(2):
        found = await case.live()
        assert [one.rule.id for one in found] == list(case.found), [*map(str, found)]


@pytest.mark.parametrize("case", BROKEN, ids=str)
async def test_a_recording_says_the_same(case: Case) -> None:
    """Unless the table says why it cannot."""
    found, _ = UNRECORDED.get(case.name, (case.found, ""))
    recorded = await case.recorded()
    assert [one.rule.id for one in recorded] == list(found), [*map(str, recorded)]


def test_every_exception_is_one() -> None:
    """And of a case that there is."""
    found = {case.name: case.found for case in BROKEN}
    assert all(found[name] != less for name, (less, _) in UNRECORDED.items())
