"""Dovetail's connections beside the application's: never from its pool, never two at once."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import NullPool

from flask_dovetail import DovetailError, engine_options
from flask_dovetail.storage.breaker import CircuitBreaker
from flask_dovetail.storage.given_engine import given_engine
from flask_dovetail.storage.limits import Limits
from flask_dovetail.storage.own_engine import OwnEngine
from flask_dovetail.storage.pool import BoundedPool
from flask_dovetail.storage.pool import refusal as pool_refusal


@pytest.fixture
def given(url: str) -> Iterator[Engine]:
    """An application's engine with one connection."""
    engine = create_engine(url, pool_size=1, max_overflow=0, pool_timeout=0.2)
    yield engine
    engine.dispose()


def beside(given: Engine, size: int = 1, limits: Limits | None = None) -> Engine:
    return OwnEngine(lambda: given, size=size, limits=limits or Limits(wait=0.2))()


def test_a_request_that_holds_the_applications_only_connection_gets_ours(given: Engine) -> None:
    own = beside(given)
    with given.connect(), own.connect() as connection:
        assert connection.execute(text("SELECT 1")).scalar() == 1


def test_both_pools_of_one_serve_sixty_threads_that_hold_one_and_ask_for_the_other(
    url: str,
) -> None:
    """The order in which a request takes them: the application's first, then ours for a moment."""
    given = create_engine(url, pool_size=1, max_overflow=0, pool_timeout=30)
    own = beside(given, limits=Limits(wait=30))

    def request(_: int) -> int | None:
        with given.connect() as connection:
            connection.execute(text("SELECT 1"))
            with own.connect() as ours:
                found: int | None = ours.execute(text("SELECT 1")).scalar()
        return found

    with ThreadPoolExecutor(60) as threads:
        assert list(threads.map(request, range(120))) == [1] * 120
    given.dispose()


def test_a_second_connection_in_one_thread_is_refused_at_once(given: Engine) -> None:
    own = beside(given, size=5)
    with own.connect(), pytest.raises(DovetailError, match="second connection"):
        own.connect()
    with own.connect(), ThreadPoolExecutor(1) as other:
        other.submit(lambda: own.connect().close()).result()


@pytest.mark.limit("DOVETAIL_DATABASE_POOL_SIZE")
@pytest.mark.limit("DOVETAIL_DATABASE_WAIT_SECONDS")
def test_a_wait_for_a_place_ends(given: Engine) -> None:
    own = beside(given, size=1)
    with own.connect(), ThreadPoolExecutor(1) as other, pytest.raises(PoolTimeout):
        other.submit(own.connect).result()


def test_ours_are_made_as_the_application_makes_its_own(url: str) -> None:
    made: list[Any] = []
    given = create_engine(url, poolclass=NullPool)
    event.listen(given, "connect", lambda connection, _record: made.append(connection))
    own = beside(given)
    with own.connect() as connection:
        assert made == [connection.connection.dbapi_connection]
    given.dispose()


def test_an_engine_in_memory_stays_the_applications() -> None:
    given = create_engine("sqlite://")
    assert beside(given) is given
    assert given_engine(given) is given
    given.dispose()


def test_disposing_of_the_applications_engine_closes_ours_too(given: Engine) -> None:
    own = beside(given)
    own.connect().close()
    assert isinstance(own.pool, BoundedPool)
    assert own.pool.checkedin() == 1
    given.dispose()
    assert isinstance(own.pool, BoundedPool)
    assert own.pool.checkedin() == 0


def test_a_forked_process_gets_an_engine_of_its_own(given: Engine) -> None:
    own = OwnEngine(lambda: given, size=1, limits=Limits())
    before = own()
    before.connect().close()
    child = os.fork()
    if child == 0:
        good = own() is not before and own().connect().execute(text("SELECT 1")).scalar() == 1
        os._exit(0 if good else 1)
    assert os.waitpid(child, 0)[1] == 0
    with own().connect() as connection:
        assert connection.execute(text("SELECT 1")).scalar() == 1


def test_only_our_connections_are_given_a_time_to_connect(postgres_url: str) -> None:
    given = create_engine(postgres_url)
    seen: list[dict[str, Any]] = []

    @event.listens_for(given, "do_connect")
    def note(_dialect: object, _record: object, _args: object, params: dict[str, Any]) -> None:
        seen.append(dict(params))

    with beside(given).connect() as ours:
        raw: Any = ours.connection.dbapi_connection
        assert raw.info.get_parameters()["connect_timeout"] == "2"
    given.connect().close()
    assert ["connect_timeout" in params for params in seen] == [False, False]
    given.dispose()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"pool_size": 5, "max_overflow": 10}, None),
        ({"pool_size": 90, "max_overflow": 10}, "100 by the application's pool, 1 by Dovetail's"),
        ({"pool_size": 5, "max_overflow": -1}, "no bound by the application's pool"),
    ],
)
def test_a_process_that_may_want_more_connections_than_the_server_has_is_told(
    postgres_url: str,
    caplog: pytest.LogCaptureFixture,
    options: dict[str, int],
    said: str | None,
) -> None:
    given = create_engine(postgres_url, **options)  # type: ignore[arg-type]
    beside(given).connect().close()
    given.dispose()
    told = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert told == [] if said is None else said in told[0]


class TestAnswers:
    @pytest.fixture
    def limited(self, postgres_url: str) -> Iterator[Engine]:
        options = engine_options(postgres_url, Limits(wait=1, answer=0.3))
        engine = create_engine(postgres_url, **options)
        yield engine
        engine.dispose()

    @pytest.mark.limit("DOVETAIL_DATABASE_ANSWER_SECONDS")
    def test_a_statement_ends_on_the_server(self, limited: Engine) -> None:
        with limited.connect() as connection, pytest.raises(OperationalError) as ended:
            connection.execute(text("SELECT pg_sleep(20)"))
        assert ended.value.orig.sqlstate == "57014"  # type: ignore[union-attr]

    def test_a_shorter_statement_timeout_of_the_applications_stays(self, postgres_url: str) -> None:
        given = create_engine(postgres_url, connect_args={"options": "-c statement_timeout=1234"})
        with beside(given).connect() as connection:
            assert connection.execute(text("SHOW statement_timeout")).scalar() == "1234ms"
        given.dispose()

    @pytest.mark.limit("DOVETAIL_DATABASE_CONNECT_SECONDS")
    def test_a_server_that_hangs_is_waited_for_once(self, postgres: Any, limited: Engine) -> None:
        """Then requests fail at once, and the first after its return are served."""
        own = beside(limited, size=2, limits=Limits(wait=1, answer=0.3))
        for engine in (limited, own):
            with engine.connect() as connection:
                connection.execute(text("SELECT 1"))
        postgres.pause()
        try:
            with pytest.raises((DBAPIError, PoolTimeout)):
                own.connect().execute(text("SELECT 1"))
            refused = 0
            for _ in range(20):
                with pytest.raises(PoolTimeout, match="a moment ago"):
                    limited.connect()
                refused += 1
            assert refused == 20
        finally:
            postgres.resume()
        pause = threading.Event()
        for engine in (limited, own):
            for _ in range(100):  # 10 s
                try:
                    with engine.connect() as connection:
                        assert connection.execute(text("SELECT 1")).scalar() == 1
                        break
                except (DBAPIError, PoolTimeout):
                    pause.wait(0.1)
            else:
                pytest.fail("it did not heal")

    def test_server_that_hangs_is_not_waited_for_again_on_another_connection(
        self, postgres: Any, postgres_url: str
    ) -> None:
        """A request that has waited in vain ends the transaction of the session that it holds."""
        limits = Limits(wait=1, answer=2)
        given = create_engine(postgres_url, **engine_options(postgres_url, limits))
        own = beside(given, size=2, limits=Limits(wait=1, answer=0.3))
        own.connect().close()
        with given.connect() as connection:
            connection.execute(text("SELECT 1"))
            postgres.pause()
            try:
                with pytest.raises((DBAPIError, PoolTimeout)):
                    own.connect().execute(text("SELECT 1"))
                began = time.monotonic()
                with pytest.raises(DBAPIError, match="in time"):
                    connection.rollback()
                assert time.monotonic() - began < 1
            finally:
                postgres.resume()
        given.dispose()

    def test_late_answer_is_never_read(self, postgres: Any, limited: Engine) -> None:
        with limited.connect() as connection:
            connection.execute(text("SELECT 1"))
            postgres.pause()
            try:
                with pytest.raises(OperationalError, match="in time"):
                    connection.execute(text("SELECT 'late'"))
            finally:
                postgres.resume()
            assert connection.invalidated


def test_application_that_allows_more_time_gets_it(postgres_url: str) -> None:
    """Dovetail's own statements end when its setting says, which is not taken for a hang."""
    options = engine_options(postgres_url, Limits(answer=0.3))
    options["connect_args"]["options"] = "-c statement_timeout=20000"
    given = create_engine(postgres_url, **options)
    own = beside(given, limits=Limits(wait=1, answer=0.3))
    with given.connect() as connection:
        connection.execute(text("SELECT pg_sleep(1.2)"))
    with own.connect() as connection, pytest.raises(DBAPIError, match="statement timeout"):
        connection.execute(text("SELECT pg_sleep(20)"))
    assert isinstance(given.pool, BoundedPool)
    assert not given.pool.breaker.is_open
    given.dispose()


def test_connections_that_are_bound_to_their_thread_serve_every_thread(tmp_path: Path) -> None:
    """The application opens a connection for each use, by a creator of its own."""
    file = tmp_path / "app.sqlite3"
    given = create_engine(
        f"sqlite:///{file}", creator=lambda: sqlite3.connect(file), poolclass=NullPool
    )
    own = beside(given)

    def ask(_: int) -> int | None:
        with own.connect() as connection:
            return connection.execute(text("SELECT 1")).scalar()

    for number in range(3):
        with ThreadPoolExecutor(1) as thread:
            assert thread.submit(ask, number).result() == 1


def test_connection_that_was_used_a_moment_ago_is_no_answer(
    postgres: Any, postgres_url: str
) -> None:
    """The caller that probes whether the server is back gets a connection that has answered."""
    engine = create_engine(postgres_url, **engine_options(postgres_url, Limits(answer=0.3)))
    pool = engine.pool
    assert isinstance(pool, BoundedPool)
    pool.breaker = CircuitBreaker(pool_refusal, probe_seconds=0)
    engine.connect().close()
    postgres.pause()
    try:
        pool.breaker.trip()
        with pytest.raises((DBAPIError, PoolTimeout)):
            engine.connect()
        assert pool.breaker.is_open
    finally:
        postgres.resume()
    engine.dispose()
