"""Report what the thread found, as warnings in the log and as metrics."""

from __future__ import annotations

import os
from functools import partial
from time import perf_counter_ns, process_time_ns
from typing import TYPE_CHECKING

from asgi_mw.blockers import written
from asgi_mw.connection import current
from asgi_mw.folding import library_of
from asgi_mw.printable import printable, printable_lines
from asgi_mw.telemetry.methods import Methods
from asgi_mw.watch.picture import LONGEST, about, picture, safe, stack_of_tasks
from asgi_mw.watch.seldom import Seldom

if TYPE_CHECKING:
    from asgi_mw.connection import Connection
    from asgi_mw.watch.beat import Beat
    from asgi_mw.watch.block import Block
    from asgi_mw.watch.flights import Departure, Flight, Late
    from asgi_mw.watch.policy import Policy
    from asgi_mw.watch.seldom import Again

_NOBODY = "nothing of the app: the process waited for a CPU, or another thread held the interpreter"
_UNSEEN = "nobody knows: it was over before anybody could look"
_METHODS = Methods()


class Reports:
    """Reports what it is given, each thing once a minute."""

    def __init__(self) -> None:
        self._seldom = Seldom()

    def blocked(self, block: Block, now: int) -> bool:
        """Report that a loop is blocked, if that is news; return whether it is."""
        policy = _policy_of(block)
        if policy is None or policy.blocked is None:
            return False
        fields = {**_block(policy, block), "over": False, "blocked_ms": _ms(now - block.began)}
        fields["in_flight"] = len(block.beat.flights)
        stack = ""
        if block.culprit is None:
            return self._is_news(policy, _key(block), "event_loop_blocked", fields)
        stack = safe(policy, written(block.culprit.stack))
        return self._say(
            policy,
            _key(block),
            "event_loop_blocked",
            fields,
            connection=block.culprit.connection,
            stack=stack,
        )

    def freed(self, block: Block, now: int) -> None:
        """A block is over."""
        policy = _policy_of(block)
        if policy is None:
            return
        took = max(now - block.began, 0)
        connection = None if block.culprit is None else block.culprit.connection
        if (instruments := policy.instruments()) is not None:
            instruments.blocked.record(took / 1e9, _attributes(connection))
        if block.told:
            fields = {**_block(policy, block), "over": True, "blocked_ms": _ms(took)}
            fields["cpu_ms"] = _ms(process_time_ns() - block.used)
            _emit(policy, "event_loop_blocked", fields, connection)
        else:
            self._seldom.lasted((policy, _key(block)), took)

    def stalled(self, block: Block, now: int) -> None:
        """A loop is blocked for so long that somebody may end the process."""
        policy = _policy_of(block)
        why = f"the event loop is blocked for {(now - block.began) / 1e9:.1f} s"
        if policy is not None and self._is_news(policy, ("stalled", _key(block)), "in_flight", {}):
            _picture(policy, why, [block.beat])

    def asked(self, beats: list[Beat]) -> None:
        """A signal asked for all that is in flight."""
        policies = [policy for beat in beats for policy in beat.policies if policy.signum]
        if policies:
            _picture(policies[0], "a signal asked for it", beats)

    def waits(self, beat: Beat, flight: Flight, what: str, since: int, now: int) -> None:
        """An app awaits ``send`` or ``receive`` for too long."""
        more = {"awaits": printable(what, 64), "waiting_ms": _ms(now - since)}
        self._hang(beat, flight, "app_waits", what.partition(" ")[0], more)

    def runs_on(self, beat: Beat, flight: Flight, since: int, now: int) -> None:
        """An app runs on, though its client has left."""
        self._hang(beat, flight, "app_runs_on", "disconnected", {"gone_ms": _ms(now - since)})

    def late(self, late: Late) -> None:
        """A message was sent after the app had returned."""
        stack = safe(late.policy, written(late.stack))
        self._late(late.policy, late.connection, late.by, late.kind, stack)

    def departed(self, departure: Departure, beats: list[Beat]) -> None:
        """Report what is still being sent, though the app returned a while ago."""
        policy, connection, left = departure
        for kind in list(left.values()):
            if kind != "receive":
                found = (stack_of_tasks(policy, connection, beat) for beat in beats)
                stack, by = next((one for one in found if one[0]), ("", ""))
                self._late(policy, connection, by, kind, stack)
                return

    def flush(self, now: int, *, over: bool = False) -> None:
        """Report how often things happened again without a report."""
        for again in self._seldom.due(now, over=over):
            again.say(again)

    def _hang(
        self, beat: Beat, flight: Flight, event: str, kind: str, more: dict[str, object]
    ) -> None:
        _, connection, _, _, policy = flight
        stack, by = stack_of_tasks(policy, connection, beat)
        fields = {**({"by": by} if by else {}), **about(policy, connection), **more}
        self._count(policy, connection, kind)
        key = (event, kind, by or connection.route)
        self._say(policy, key, event, fields, connection=connection, stack=stack)

    def _late(
        self,
        policy: Policy,
        connection: Connection | None,
        by: str,
        kind: str | None,
        stack: str,
    ) -> None:
        fields: dict[str, object] = {"by": by} if by else {}
        if connection is not None:
            fields |= about(policy, connection)
        fields["sends"] = printable(str(kind), 64)
        self._count(policy, connection, "late_send")
        key = "late_send", by
        self._say(policy, key, "late_send", fields, connection=connection, stack=stack)

    @staticmethod
    def _count(policy: Policy, connection: Connection | None, kind: str) -> None:
        if (instruments := policy.instruments()) is not None:
            instruments.hangs.add(1, {**_attributes(connection), "asgi_mw.hang": kind})

    def _say(
        self,
        policy: Policy,
        key: object,
        event: str,
        fields: dict[str, object],
        *,
        connection: Connection | None,
        stack: str,
    ) -> bool:
        """Report it, unless the same was reported a moment ago; return whether it was reported."""
        if not self._is_news(policy, key, event, fields):
            return False
        _emit(policy, event, {**fields, "stack": stack} if stack else fields, connection)
        return True

    def _is_news(self, policy: Policy, key: object, event: str, fields: dict[str, object]) -> bool:
        say = partial(_say_again, policy, event, fields)
        return self._seldom.is_news((policy, key), perf_counter_ns(), say)


def _policy_of(block: Block) -> Policy | None:
    """The policy for the connection that blocks, or else the first one of that loop."""
    culprit = block.culprit
    if culprit is not None and culprit.connection is not None:
        flight = block.beat.flights.get(culprit.connection)
        if flight is not None:
            return flight[4]
    return next(iter(block.beat.policies), None)


def _key(block: Block) -> object:
    return "blocked", None if block.culprit is None else block.culprit.key


def _block(policy: Policy, block: Block) -> dict[str, object]:
    """The fields that say who blocks, first the innermost line of the app's code."""
    culprit = block.culprit
    if culprit is None:
        return {"by": _UNSEEN}
    fields: dict[str, object] = {"by": _NOBODY}
    if culprit.blocker is not None:
        fields["by"] = printable(culprit.blocker.title)
        if culprit.blocker.inside is not None:
            fields["inside"] = printable(culprit.blocker.inside)
    elif culprit.stack and culprit.task is not None:  # only a library, in a task
        last = culprit.stack[-1]
        fields["by"] = printable(f"{last.name} of {library_of(last.filename)}")
    if culprit.connection is not None:
        fields |= about(policy, culprit.connection)
    elif culprit.task is not None:
        fields["task"] = printable(culprit.task, 128)
    return fields


def _picture(policy: Policy, why: str, beats: list[Beat]) -> None:
    count = sum(len(beat.flights) for beat in beats)
    fields = {"why": why, "pid": os.getpid(), "connections": count}
    _emit(
        policy,
        "in_flight",
        {**fields, "stack": printable_lines(picture(beats), LONGEST, "  ")},
        None,
    )


def _say_again(policy: Policy, event: str, fields: dict[str, object], again: Again) -> None:
    more: dict[str, object] = {"repeated": again.count}
    if again.longest:
        more |= {"over": True, "longest_ms": _ms(again.longest)}
    _emit(policy, event, {**fields, **more}, None)


def _emit(
    policy: Policy, event: str, fields: dict[str, object], connection: Connection | None
) -> None:
    """Log it as the connection would, so that it gets its ids and stands in its recording."""
    token = current.set(connection)
    try:
        policy.log(event, fields)
    except Exception as fault:  # noqa: BLE001  # the user's logger; watching goes on
        policy.faults.note("logger", fault)
    finally:
        current.reset(token)


def _attributes(connection: Connection | None) -> dict[str, str]:
    """Attributes of a metric, which have few values: a known method, and the route."""
    if connection is None:
        return {}
    found: dict[str, str] = {}
    if (method := connection.given.get("method")) is not None:
        found["http.request.method"] = _METHODS[method][0]
    if (route := connection.route) is not None:
        found["http.route"] = route
    return found


def _ms(ns: int) -> float:
    return ns // 10_000 / 100
