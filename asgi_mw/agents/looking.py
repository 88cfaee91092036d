"""What a store answers: lists, one exchange, what is in flight, findings, differences."""

from __future__ import annotations

from contextlib import closing
from itertools import islice
from typing import TYPE_CHECKING, Any

from asgi_mw.agents.untrusted import Answer
from asgi_mw.differences import compare
from asgi_mw.differences.compared import Comparison, pair_of
from asgi_mw.differences.reporting import report_json as differences_json
from asgi_mw.errors import AsgiMwError
from asgi_mw.printable import without_password
from asgi_mw.recorder.calling import NotCalledError, called
from asgi_mw.recorder.existing import is_there, recorded
from asgi_mw.recorder.objects import summary, whole
from asgi_mw.recorder.search import parse
from asgi_mw.recorder.windows import Place, Windows
from asgi_mw.spec import check
from asgi_mw.spec.findings import Findings
from asgi_mw.spec.judging import judge
from asgi_mw.spec.reporting import report_json as findings_json
from asgi_mw.spec.rules import RULES
from asgi_mw.titles import method_of, status_of, target_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from asgi_mw.events import Exchange
    from asgi_mw.recorder.calling import Called
    from asgi_mw.recorder.store import Store
    from asgi_mw.spec.rule import Profile

# How long a list may look for what matches; the next call goes on from there
_SECONDS = 2.0
# Characters of each text of a list: enough to choose by
LISTED = 400


class NoAnswerError(AsgiMwError):
    """A tool has no answer; the message says why, and what to do.

    Attributes:
        recorded: Recorded data that belongs to it.
    """

    def __init__(self, message: str, recorded: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.recorded = recorded or {}


class Recordings:
    """The store called *name*, as tools ask it; every method may block.

    Args:
        name: A folder, which may not be there yet, or the address of a database.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._store: Store | None = None

    def store(self) -> Store:
        """The store.

        Raises:
            NothingRecordedError: It is not there yet.
        """
        if self._store is None or not is_there(self.name):
            self._store = recorded(self.name)
        return self._store

    def listed(self, words: str, *, limit: int, before: str | None) -> Answer:
        """The newest *limit* that match the filter of *words*, with ids below *before*."""
        search, store = parse(words), self.store()
        page = store.rows(search, before=before, limit=limit, seconds=_SECONDS)
        places = [Place(row.id, row.began) for row in reversed(page)]
        windows = Windows(store, search, places)
        read = [windows.get(number) for number in reversed(range(len(places)))]
        # It is None if it was removed meanwhile
        exchanges = [summary(one) for one in read if one is not None]
        found = {"exchanges": exchanges, "problems": page.problems}
        return Answer(found, {"next": page.next}, LISTED)

    def shown(self, name: str, words: str, *, longest: int, first: int) -> Answer:
        """The exchange called *name*, its events from number *first* on."""
        found, problems = self._called(name, words)
        shown = {**whole(found), "findings": [one.plain() for one in check(found)]}
        events = len(shown["events"])
        shown["events"] = shown["events"][first:]
        said = {"events_from": min(first, events), "events_in_all": events}
        return Answer({"exchange": shown, "problems": problems}, said, longest)

    def flying(self, words: str, *, limit: int) -> Answer:
        """The exchanges in flight that match the filter of *words*."""
        search = parse(words)
        found = self.store().in_flight()
        matching = [summary(one) for one in found if search.matches(one)]
        said = {"in_flight": len(matching), "left_out": max(len(matching) - limit, 0)}
        shown = {"exchanges": matching[:limit], "problems": found.problems}
        return Answer(shown, said, LISTED)

    def judged(
        self, words: str, *, limit: int, profile: Profile, step: Callable[[], None]
    ) -> Answer:
        """What the newest *limit* that match do that the specification does not allow."""
        target = without_password(self.name)
        findings = Findings(target, RULES.values(), target)
        with closing(self.store().exchanges(parse(words))) as reading:
            judge(islice(reading, limit), findings, profile=profile, step=step)
            problems = reading.problems
        said = {"judged": findings.judged, "fails": findings.fails}
        return Answer({"report": findings_json(findings), "problems": problems}, said)

    def compared(self, left: str, right: str, ignore: Sequence[str]) -> Answer:
        """How two exchanges differ."""
        (one, problems), (other, more) = self._called(left, ""), self._called(right, "")
        comparison = Comparison(one.id, other.id)
        found = compare(one, other, ignore=ignore)
        comparison.pairs.append(pair_of(one, other, found))
        report = differences_json(comparison)
        return Answer(
            {"report": report, "problems": (*problems, *more)}, {"alike": not comparison.fails}
        )

    def chosen(self, names: Sequence[str], words: str, limit: int) -> list[Exchange]:
        """Those called *names*, or the newest *limit* that match, the oldest first."""
        if names:
            found = [self._called(name, words).exchange for name in names]
        else:
            with closing(self.store().exchanges(parse(words))) as reading:
                found = list(islice(reading, limit))
        return sorted({one.id: one for one in found}.values(), key=lambda one: one.id)

    def _called(self, name: str, words: str) -> Called:
        """The exchange called *name*, as `show` takes it.

        Raises:
            NoAnswerError: There is none, or more than one.
        """
        try:
            return called(self.store(), name, parse(words))
        except NotCalledError as error:
            mend = "say more of it, or take an id of list_exchanges"
            message = f"{error}; {error.near}{mend}"
            raise NoAnswerError(message, _candidates(error)) from None


def _candidates(error: NotCalledError) -> dict[str, Any]:
    candidates = [
        {
            "id": one.id,
            "asked": f"{method_of(one)} {target_of(one)}".rstrip(),
            "status": status_of(one.answer, one.close) or one.outcome or "in flight",
        }
        for one in error.candidates
    ]
    return {
        name: value
        for name, value in (("candidates", candidates), ("problems", error.problems))
        if value
    }
