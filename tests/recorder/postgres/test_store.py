"""A history in PostgreSQL does what every store does, and says what it cannot."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from asgi_mw import ConfigError, open_store, record
from asgi_mw.errors import StoreError
from asgi_mw.events import Event
from asgi_mw.ids import id_at
from asgi_mw.recorder.codec import decode, encode
from asgi_mw.recorder.postgres import PostgresStore, days, removing, schema
from asgi_mw.recorder.query import Query
from asgi_mw.recorder.search import parse
from asgi_mw.recorder.store import Stats
from tests.recorder.made import made
from tests.recorder.postgres.shipped import put
from tests.system import PATIENCE

if TYPE_CHECKING:
    from asgi_mw.events import Exchange
    from tests.recorder.postgres.server import Server

DAY = 86_400 * 10**9


def of_day(number: int, **more: Any) -> Exchange:
    """An exchange of so many days ago."""
    day = days.today() - timedelta(days=number)
    began = int(days.lowest(day)[:12], 16) * 10**6 + 5_000_000_000
    return made(1, began=began, **{"id": id_at(began, number), "path": f"/{number}", **more})


def paths(store: PostgresStore, query: str = "") -> list[str]:
    """Of what matches, the newest first."""
    return [row.path for row in store.rows(parse(query))]


def test_where_nobody_has_shipped_there_is_nothing(history: PostgresStore) -> None:
    """To read makes no tables."""
    assert ([*history.exchanges()], [*history.rows()], history.count()) == ([], [], 0)
    assert (history.get("ab"), history.in_flight(), history.stats()) == (None, [], Stats(0, 0))
    assert (history.purge(), history.purge(Query(path="/")), history.purge(keep_bytes=1)) == (
        0,
    ) * 3
    assert history.follow(history.follow()[1])[0] == []
    assert not history.is_there()


def test_one_is_found_by_a_part_of_its_id(history: PostgresStore) -> None:
    """If there is exactly one."""
    put(history, [made(0xAB01), made(0xAB02), made(0xCD02)])
    assert [one.id[-4:] for one in (history.get("ab01"), history.get("cd02")) if one] == [
        "ab01",
        "cd02",
    ]
    assert [history.get(part) for part in ("02", "000", "", "xyz", "'", "%", "0" * 33)] == [
        None
    ] * 7


def test_who_follows_gets_what_is_new_once(history: PostgresStore) -> None:
    """The oldest first, as rows and as exchanges."""
    put(history, [made(1)])
    _, cursor = history.follow()
    assert history.follow(cursor) == ([], cursor)
    put(history, [made(3), made(2)])
    found, after = history.follow(cursor)
    rows, same = history.follow_rows(cursor)
    assert [one.id for one in found] == [row.id for row in rows] == [made(2).id, made(3).id]
    assert after == same
    put(history, [made(4)])
    assert [one.id for one in history.follow(after)[0]] == [made(4).id]


def test_who_follows_passes_over_nothing(history: PostgresStore) -> None:
    """A host that began first and ends last writes ids below those that were seen."""
    put(history, [made(1)])
    _, cursor = history.follow()
    seen = []
    with psycopg.connect(history.address) as slow:
        slow.execute(
            "INSERT INTO asgi_mw.exchange SELECT (jsonb_populate_record(e, "
            "jsonb_build_object('id', %s::text, 'tx', pg_current_xact_id()::text))).* "
            "FROM asgi_mw.exchange e",
            (made(2).id,),
        )
        slow.execute(
            "INSERT INTO asgi_mw.content SELECT %s, facts, bodies FROM asgi_mw.content",
            (made(2).id,),
        )
        slow.execute("INSERT INTO asgi_mw.batch (low, high) VALUES (%s, %s)", [made(2).id] * 2)
        put(history, [made(3)])
        for _ in range(2):
            rows, cursor = history.follow_rows(cursor)
            seen += [row.id for row in rows]
    assert seen == []  # what comes after it waits for it
    rows, cursor = history.follow_rows(cursor)
    assert [row.id for row in rows] == [made(2).id, made(3).id]
    assert history.follow_rows(cursor)[0] == []


def test_who_slept_for_a_week_passes_over_nothing(history: PostgresStore) -> None:
    """What each transaction wrote is forgotten by then; all is looked at instead."""
    put(history, [made(1)])
    _, cursor = history.follow()
    put(history, [made(3)])
    put(history, [made(2)])
    sql = "UPDATE asgi_mw.batch SET at = at - interval '8 days'"
    history.connections.ask(lambda one: one.execute(sql))
    put(history, [])
    [[left]] = history.connections.ask(
        lambda one: one.execute("SELECT count(*) FROM asgi_mw.batch").fetchall()
    )
    assert left == 1
    rows, cursor = history.follow_rows(cursor)
    assert [row.id for row in rows] == [made(2).id, made(3).id]
    assert history.follow_rows(cursor) == ([], cursor)


def test_a_thousand_are_followed_at_a_time(history: PostgresStore) -> None:
    """In one transaction or in many, each once."""
    put(history, [made(1)])
    _, cursor = history.follow()
    put(history, [made(number) for number in range(2, 1502)])
    put(history, [made(number) for number in range(1502, 1600)])
    seen = []
    for expected in (1000, 598, 0):
        rows, cursor = history.follow_rows(cursor)
        assert len(rows) == expected
        seen += [row.id for row in rows]
    assert seen == [made(number).id for number in range(2, 1600)]


def test_a_list_comes_a_page_at_a_time(history: PostgresStore) -> None:
    """With the id to go on before."""
    put(history, [made(number, method="GET" if number % 2 else "PUT") for number in range(1, 601)])
    seen, before = [], None
    while True:
        page = history.rows(parse("method:put"), before=before, limit=100)
        seen += [row.id for row in page]
        before = page.next
        if before is None:
            break
    assert seen == [made(number).id for number in range(600, 0, -2)]


def test_a_list_says_how_far_it_is(history: PostgresStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """When its time is over, it may have found nothing yet."""
    monkeypatch.setattr("asgi_mw.recorder.postgres.questions.STEP", 10)
    put(history, [made(number) for number in range(1, 101)])
    before, places = None, []
    while True:
        page = history.rows(parse("path:/nowhere"), before=before, seconds=0)
        assert ([*page], page.problems) == ([], ())
        before = page.next
        if before is None:
            break
        places.append(before)
    assert places[-9:] == [made(number).id for number in range(90, 0, -11)]
    assert places == sorted(places, reverse=True)
    assert history.rows(parse("path:/nowhere"), seconds=60).next is None


def test_very_many_are_counted_about(
    history: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As PostgreSQL last counted them, for a page asks once a second; few are counted."""
    put(history, [made(number) for number in range(1, 101)])
    with psycopg.connect(history.address, autocommit=True) as connection:
        connection.execute("ANALYZE asgi_mw.exchange")
    put(history, [made(101)])
    assert history.count() == 101
    monkeypatch.setattr("asgi_mw.recorder.postgres.questions.COUNTED", 50)
    assert (history.count(), history.stats().exchanges) == (100, 100)
    assert history.purge() == 101


@pytest.mark.parametrize("text", ["\0", "\ud800", "é\n\\", "x" * 1_000_000], ids=ascii)
def test_hostile_text_comes_back_as_it_was(history: PostgresStore, text: str) -> None:
    """In a path, a header, a message, and a body of as many octets."""
    data = text.encode("utf-8", "surrogatepass")
    talk = (
        Event("receive", 1, 2, {"type": "websocket.receive", "text": text}, len(data)),
        Event("send", 3, 4, {"type": "websocket.send", "bytes": data}, len(data)),
    )
    exchanges = [
        made(1, path=f"/{text}", headers=[(b"x-odd", data)], request=data, route=text),
        made(2, kind="websocket", events=talk, request_id=text, trace_id=text),
    ]
    put(history, exchanges)
    kept = [decode(*encode(one)[-2:]) for one in exchanges]
    assert [*history.exchanges()] == kept[::-1]
    assert history.get(exchanges[0].id) == kept[0]


def test_what_is_marked_outlives_its_day(history: PostgresStore) -> None:
    """Partitions of a day are dropped; what was kept of them stays until the mark goes."""
    put(history, [of_day(number) for number in (0, 1, 5, 6, 7)] + [of_day(6, id="f" * 32)])
    put(history, [of_day(6, id=id_at(of_day(6).began, 99), path="/kept")])
    [kept] = history.exchanges(parse("path:/kept"))
    assert history.keep(kept.id[-8:]) == kept.id
    removed = history.connections.ask(lambda one: removing.expired(one, 5 * 86_400.0, None))
    assert removed == 3
    assert paths(history) == ["/0", "/1", "/5", "/kept"]
    assert paths(history, "is:kept") == ["/kept"]
    assert history.get(kept.id) == replace(kept, kept=True)
    put(history, [of_day(7)])  # it comes late, when its day is gone
    assert paths(history) == ["/0", "/1", "/5", "/kept", "/7"]
    history.keep(kept.id, kept=False)
    history.connections.ask(lambda one: removing.expired(one, 5 * 86_400.0, None))
    assert paths(history) == ["/0", "/1", "/5"]


def test_an_exchange_whose_day_is_gone_goes_with_its_mark(history: PostgresStore) -> None:
    """At once, as in every store."""
    put(history, [of_day(0), of_day(6)])
    history.keep(of_day(6).id)
    history.connections.ask(lambda one: removing.expired(one, 86_400.0, None))
    assert paths(history) == ["/0", "/6"]
    history.keep(of_day(6).id, kept=False)
    assert paths(history) == ["/0"]


def test_the_oldest_days_go_when_there_is_too_much(history: PostgresStore) -> None:
    """But today."""
    put(history, [of_day(number) for number in range(5)])
    size = history.stats().bytes
    gone = history.connections.ask(lambda one: removing.expired(one, None, size * 3 // 5))
    assert paths(history) == [f"/{number}" for number in range(5 - gone)]
    assert history.connections.ask(lambda one: removing.expired(one, None, 1)) == 4 - gone
    assert paths(history) == ["/0"]


def test_days_are_made_ahead_and_late_ones_found(history: PostgresStore) -> None:
    """An id of no day that can be is among the others, and so is what came before its day."""
    put(history, [made(1), of_day(0), of_day(0, id="f" * 32, path="/odd")])
    with history.connections.open() as connection:
        there = {day.date for day in days.listed(connection)}
        assert there == {days.today(), days.today() + timedelta(days=1)}
        days.drop(connection, days.today(), spare=False)
        sql = "INSERT INTO asgi_mw.exchange SELECT (jsonb_populate_record(e, %s)).* "
        other = '{"id": "%s", "path": "/early"}' % of_day(0).id  # noqa: UP031  # braces
        connection.execute(sql + "FROM asgi_mw.exchange e WHERE path = '/odd'", (other,))
        days.ensure(connection, {days.today()})
        [[table]] = connection.execute(
            "SELECT tableoid::regclass::text FROM asgi_mw.exchange WHERE path = '/early'"
        ).fetchall()
    assert table == f"asgi_mw.exchange_{days.today():%Y%m%d}"
    assert paths(history) == ["/odd", "/early", "/orders"]


def test_who_reads_for_long_holds_nobody_up(
    history: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A day that cannot get its partition now is among the others until it can."""
    monkeypatch.setattr(days, "_PATIENCE", "SET LOCAL lock_timeout = '50ms'")
    put(history, [of_day(0)])
    with psycopg.connect(history.address) as reading:
        reading.execute("SELECT count(*) FROM asgi_mw.exchange")
        put(history, [of_day(3)])
        assert paths(history) == ["/0", "/3"]
    put(history, [of_day(3, id=id_at(of_day(3).began, 77), path="/later")])
    assert sorted(paths(history)) == ["/0", "/3", "/later"]
    with history.connections.open() as connection:
        assert connection.execute("SELECT count(*) FROM asgi_mw.exchange_other").fetchall() == [
            (0,)
        ]


def test_a_purge_takes_what_matches_and_keeps_what_fits(history: PostgresStore) -> None:
    """Marked or not, by filter and by size, the oldest first."""
    big = b"".join(number.to_bytes(4, "big") for number in range(50_000))
    put(history, [of_day(number, response=big) for number in range(4)])
    put(history, [made(number, path="/small") for number in range(1, 6)])
    history.keep(of_day(0).id)
    assert history.purge(Query(path="/small")) == 5
    assert history.purge(Query(body="nowhere")) == 0
    assert history.purge(parse("is:kept")) == 1
    left = history.stats().bytes
    assert history.purge(keep_bytes=left) == 0
    removed = history.purge(keep_bytes=left * 2 // 3)
    assert removed >= 1
    assert history.stats().bytes <= left * 2 // 3
    assert paths(history) == [f"/{number}" for number in range(1, 4 - removed)]
    assert history.purge(Query(), keep_bytes=10**12) == 3 - removed
    put(history, [of_day(0)])
    assert (history.purge(), history.count()) == (1, 0)


def test_only_as_much_of_the_last_day_goes_as_need_be(history: PostgresStore) -> None:
    """And its space is given back."""
    bodies = [bytes([number]) * 8 + _noise(number) for number in range(200)]
    put(
        history, [of_day(0, id=id_at(of_day(0).began, n), response=b) for n, b in enumerate(bodies)]
    )
    size = history.stats().bytes
    removed = history.purge(keep_bytes=size * 3 // 4)
    assert 20 <= removed <= 120
    assert history.stats().bytes <= size * 3 // 4
    assert history.count() == 200 - removed
    history.keep(history.rows()[-1].id)
    assert history.purge(keep_bytes=0) == 200 - removed


def _noise(seed: int) -> bytes:
    import random  # noqa: PLC0415  # nothing else here is random

    return random.Random(seed).randbytes(20_000)


def test_two_that_begin_at_once_make_the_tables_once(server: Server) -> None:
    """Many times, as the moment is short."""
    for number in range(8):
        name = f"twice_{number}"
        store = PostgresStore(server.create(name))
        faults: list[Exception] = []
        gate = threading.Barrier(4)

        def begin(store: PostgresStore = store, gate: threading.Barrier = gate) -> None:
            try:
                with store.connections.open() as connection:
                    gate.wait(PATIENCE)
                    schema.create(connection)
                    days.ensure(connection, {days.today()})
            except Exception as error:  # noqa: BLE001  # told to the test
                faults.append(error)  # noqa: B023  # joined below

        threads = [threading.Thread(target=begin) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert faults == []
        assert store.is_there()
        server.drop(name)


def test_newer_tables_are_refused_with_what_to_do(history: PostgresStore) -> None:
    """By who reads, and by who ships."""
    put(history, [made(1)])
    with psycopg.connect(history.address) as connection:
        connection.execute("UPDATE asgi_mw.format SET version = 2")
    fresh = PostgresStore(history.address)
    message = "have format 2, this asgi-mw reads 1; pip install --upgrade asgi-mw"
    for result in (fresh.exchanges(), fresh.rows(), fresh.stats(), fresh.purge()):
        list(result) if not isinstance(result, (Stats, int)) else None
        assert [message in one for one in result.problems] == [True]
    for call in (fresh.count, lambda: fresh.get("ab"), lambda: put(fresh, [])):
        with pytest.raises(StoreError, match=message):
            call()


def test_a_role_that_may_only_read_reads(history: PostgresStore, server: Server) -> None:
    """With the grants that the message names; to change anything is refused."""
    put(history, [of_day(0), of_day(1)])
    with psycopg.connect(history.address, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS reader")
        connection.execute("CREATE ROLE reader LOGIN")
    store = PostgresStore(server.url(history.address.rpartition("/")[2], "reader"))
    with pytest.raises(StoreError, match=r"permission denied .* let this user read: GRANT USAGE"):
        store.count()
    with psycopg.connect(history.address, autocommit=True) as connection:
        connection.execute(schema.GRANTS.encode())
    put(history, [of_day(2)])  # a day that came later
    assert [one.path for one in store.exchanges()] == paths(store) == ["/0", "/1", "/2"]
    assert (store.count(), store.stats().problems) == (3, ())
    assert store.get(of_day(0).id) is not None
    _, cursor = store.follow()
    assert store.follow_rows(cursor)[0] == []
    assert "permission denied" in store.purge(Query(path="/0")).problems[0]
    assert "permission denied" in store.purge().problems[0]
    with pytest.raises(StoreError, match="permission denied"):
        store.keep(of_day(0).id)
    assert history.count() == 3
    store.close()


def end_all(store: PostgresStore) -> None:
    """End every other connection to the database."""
    with psycopg.connect(store.address) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_a_connection_that_is_lost_in_the_middle_is_made_anew(history: PostgresStore) -> None:
    """Each page begins where the last one ended."""
    put(history, [made(number) for number in range(1, 1201)])
    found = []
    for number, one in enumerate(reading := history.exchanges()):
        if number % 300 == 100:
            end_all(history)
        found.append(one.id)
    assert reading.problems == ()
    assert found == [made(number).id for number in range(1200, 0, -1)]
    for call in (history.count, history.rows, history.follow, history.stats, history.purge):
        end_all(history)
        call()
    assert history.count() == 0


def test_a_server_that_is_gone_ends_a_read_with_a_problem(
    history: PostgresStore, server: Server
) -> None:
    """What was read until then is there, and each call says what is wrong."""
    put(history, [made(number) for number in range(1, 1201)])
    reading = history.exchanges()
    found = [next(reading)]
    _, cursor = history.follow()
    server.crash()
    try:
        found += reading
        assert 1 <= len(found) < 1200
        said = [reading.problems, history.rows().problems, history.stats().problems]
        news, after = history.follow_rows(cursor)
        said += [news.problems, history.follow(cursor)[0].problems, history.purge().problems]
        assert ["cannot be reached" in one[0] for one in said] == [True] * 6
        assert after == cursor
        for call in (history.count, lambda: history.get("ab"), lambda: history.keep("ab")):
            with pytest.raises(StoreError, match="cannot be reached"):
                call()
    finally:
        server.start()
    put(history, [made(5000)])
    assert [row.id for row in history.follow_rows(cursor)[0]] == [made(5000).id]


def test_a_database_that_cannot_hold_every_path_is_refused(server: Server) -> None:
    """It says how to make one that can."""
    address = server.create("latin", "ENCODING 'LATIN1' TEMPLATE template0")
    try:
        with pytest.raises(StoreError, match=r"has the encoding LATIN1.*createdb --encoding UTF8"):
            PostgresStore(address).count()
    finally:
        server.drop("latin")


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("postgresql://ada:s%zzecret@db/x", "is no address of a database"),
        ("postgresql://ada:s@ecret@db/x", "the password has an @ in it"),
        ("postgresql://ada@db/x?passwort=secret", "is no address of a database"),
        ("postgresql://ada:secret@db:abc/x", "cannot be reached"),
        ("postgresql://ada:secret@127.0.0.1:1/x", "cannot be reached"),
    ],
)
def test_a_password_is_never_shown(address: str, message: str) -> None:
    """Whatever is wrong with the address."""
    with pytest.raises((ConfigError, StoreError), match=message) as caught:
        open_store(address).count()
    shown = f"{caught.value} {caught.value!r}"
    assert "ecret" not in shown.replace("passwort=secret", "")


def test_a_history_shows_where_it_is() -> None:
    """But not its password."""
    store = open_store("postgresql://ada:secret@db/shop")
    assert repr(store) == "<PostgresStore postgresql://ada:***@db/shop>"


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"memory": 2**20}, ["memory"]),
        ({"max_age": 0, "max_bytes": 5}, ["max_age", "max_bytes"]),
        ({"max_age": "7d"}, ["max_age"]),
    ],
    ids=str,
)
def test_options_that_cannot_be_are_refused(options: dict[str, Any], named: list[str]) -> None:
    """At once, before anything is connected."""
    with pytest.raises(ConfigError) as caught:
        open_store("postgresql://db/shop", **options)
    assert [problem.option for problem in caught.value.problems] == named


def test_requests_are_never_recorded_into_a_database() -> None:
    """The message says how it is done."""

    async def app(*_: object) -> None: ...

    with pytest.raises(ConfigError, match="ship='postgresql") as caught:
        record(app, store="postgresql://ada:secret@db/shop")
    assert "secret" not in str(caught.value)
