"""A store out of reach is told from a wrong request and from a bug, by real exceptions."""

from __future__ import annotations

import contextlib
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
import valkey
from sqlalchemy import exc

from flask_dovetail.storage.outage_errors import is_outage


def raised(call: Callable[[], object]) -> BaseException:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - which one is what is being tested
        call()
    return caught.value


@pytest.fixture
def closed_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextlib.contextmanager
def listening(answer: bytes | None) -> Iterator[int]:
    """A server that says `answer` and hangs up, or, with None, says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        kept = []

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    peer, _ = server.accept()
                    kept.append(peer)
                    if answer is not None:
                        peer.recv(1024)
                        peer.sendall(answer)
                        peer.close()

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]
        for peer in kept:
            peer.close()


def sqlite(path: Path | str) -> sa.Engine:
    return sa.create_engine(f"sqlite:///{path}", connect_args={"timeout": 0.05})


def run(engine: sa.Engine, statement: str) -> None:
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql(statement)
    finally:
        engine.dispose()


def test_sqlite_locked_by_another_connection(tmp_path: Path) -> None:
    run(sqlite(tmp_path / "a"), "CREATE TABLE t (x)")
    with contextlib.closing(sqlite3.connect(tmp_path / "a", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        error = raised(lambda: run(sqlite(tmp_path / "a"), "INSERT INTO t VALUES (1)"))
    assert "locked" in str(error)
    assert is_outage(error)


def test_sqlite_that_cannot_be_opened(tmp_path: Path) -> None:
    assert is_outage(raised(lambda: run(sqlite(tmp_path / "none" / "a"), "SELECT 1")))


def test_sqlite_on_a_full_disk(tmp_path: Path) -> None:
    def fill() -> None:
        engine = sqlite(tmp_path / "a")
        try:
            with engine.begin() as connection:
                connection.exec_driver_sql("PRAGMA max_page_count = 2")
                connection.exec_driver_sql("CREATE TABLE t (x)")
                connection.exec_driver_sql("INSERT INTO t VALUES (zeroblob(100000))")
        finally:
            engine.dispose()

    error = raised(fill)
    assert "full" in str(error)
    assert is_outage(error)


def test_sqlite_that_has_become_read_only(tmp_path: Path) -> None:
    run(sqlite(tmp_path / "a"), "CREATE TABLE t (x)")
    uri = f"file:{tmp_path / 'a'}?mode=ro&uri=true"
    assert is_outage(raised(lambda: run(sqlite(uri), "INSERT INTO t VALUES (1)")))


def test_an_exhausted_pool() -> None:
    engine = sa.create_engine(
        "sqlite://", poolclass=sa.QueuePool, pool_size=1, max_overflow=0, pool_timeout=0.05
    )
    with engine.connect():
        error = raised(engine.connect)
    engine.dispose()
    assert isinstance(error, exc.TimeoutError)
    assert is_outage(error)


def test_a_connection_that_a_pool_found_dead() -> None:
    assert is_outage(exc.DisconnectionError("gone"))


def test_postgres_that_refuses_connections(closed_port: int) -> None:
    engine = sa.create_engine(f"postgresql+psycopg://app:hunter2@127.0.0.1:{closed_port}/app")
    error = raised(lambda: run(engine, "SELECT 1"))
    assert isinstance(error, exc.OperationalError)
    assert is_outage(error)


def test_postgres_that_hangs_up() -> None:
    with listening(b"") as port:
        engine = sa.create_engine(f"postgresql+psycopg://app@127.0.0.1:{port}/app?sslmode=disable")
        assert is_outage(raised(lambda: run(engine, "SELECT 1")))


def test_postgres_that_never_answers() -> None:
    with listening(None) as port:
        engine = sa.create_engine(
            f"postgresql+psycopg://app@127.0.0.1:{port}/app?sslmode=disable&connect_timeout=2"
        )
        assert is_outage(raised(lambda: run(engine, "SELECT 1")))


def test_postgres_whose_name_does_not_resolve() -> None:
    engine = sa.create_engine("postgresql+psycopg://app@no-such-host.invalid/app")
    assert is_outage(raised(lambda: run(engine, "SELECT 1")))


def test_postgres_that_ends_the_connection(postgres_url: str) -> None:
    engine = sa.create_engine(postgres_url)
    with engine.connect() as connection, engine.connect() as other:
        pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        other.exec_driver_sql(f"SELECT pg_terminate_backend({pid})")
        first = raised(lambda: connection.exec_driver_sql("SELECT 1"))
        connection.rollback()
    engine.dispose()
    assert is_outage(first)


def test_postgres_that_refuses_a_wrong_table_or_row(postgres_url: str) -> None:
    engine = sa.create_engine(postgres_url)
    run(engine, "CREATE TABLE t (x INTEGER UNIQUE)")
    for statement in ("SELECT * FROM none", "INSERT INTO t VALUES (1), (1)", "SELEKT"):
        assert not is_outage(raised(lambda statement=statement: run(engine, statement)))


def wrapped(error: psycopg.Error | sqlite3.Error, *, lost: bool = False) -> exc.DBAPIError:
    """As SQLAlchemy hands out a driver's error."""
    base = sqlite3.Error if isinstance(error, sqlite3.Error) else psycopg.Error
    made = exc.DBAPIError.instance(
        "SELECT 1", {}, error, base, connection_invalidated=lost, dialect=None
    )
    assert isinstance(made, exc.DBAPIError)
    return made


@pytest.mark.parametrize(
    ("error", "outage"),
    [
        (psycopg.errors.AdminShutdown(), True),
        (psycopg.errors.CrashShutdown(), True),
        (psycopg.errors.CannotConnectNow(), True),
        (psycopg.errors.ConnectionFailure(), True),
        (psycopg.errors.TooManyConnections(), True),
        (psycopg.errors.DiskFull(), True),
        (psycopg.errors.IoError(), True),
        (psycopg.errors.UndefinedTable(), False),
        (psycopg.errors.UndefinedColumn(), False),
        (psycopg.errors.SyntaxError(), False),
        (psycopg.errors.UniqueViolation(), False),
        (psycopg.errors.ForeignKeyViolation(), False),
        (psycopg.errors.NotNullViolation(), False),
        (psycopg.errors.DeadlockDetected(), False),
        (psycopg.errors.SerializationFailure(), False),
        (psycopg.errors.LockNotAvailable(), True),
        (psycopg.errors.QueryCanceled(), True),
        (psycopg.errors.InsufficientPrivilege(), False),
        (psycopg.errors.StringDataRightTruncation(), False),
        (psycopg.ProgrammingError("the cursor is closed"), False),
        (psycopg.DataError("cannot adapt"), False),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_postgres_errors_are_classified_by_sqlstate(error: psycopg.Error, outage: bool) -> None:
    assert is_outage(wrapped(error)) is outage


@pytest.mark.parametrize(
    ("code", "outage"),
    [
        (sqlite3.SQLITE_BUSY_SNAPSHOT, True),
        (sqlite3.SQLITE_IOERR_WRITE, True),
        (sqlite3.SQLITE_READONLY_DBMOVED, True),
        (sqlite3.SQLITE_CONSTRAINT_UNIQUE, False),
        (sqlite3.SQLITE_CORRUPT_INDEX, False),
    ],
)
def test_extended_sqlite_errors_are_classified_as_the_plain_ones(code: int, outage: bool) -> None:
    error = sqlite3.OperationalError()
    error.sqlite_errorcode = code
    assert is_outage(wrapped(error)) is outage


def test_a_connection_that_sqlalchemy_gave_up_is_an_outage() -> None:
    error = wrapped(psycopg.InterfaceError("the connection is lost"), lost=True)
    assert isinstance(error, exc.InterfaceError)
    assert is_outage(error)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM none",
        "SELECT none FROM t",
        "SELEKT 1",
        "INSERT INTO t VALUES (1), (1)",
        "INSERT INTO t VALUES (NULL)",
        "INSERT INTO t VALUES (-1)",
    ],
)
def test_a_wrong_statement_or_row_is_no_outage(tmp_path: Path, statement: str) -> None:
    schema = "CREATE TABLE t (x INTEGER NOT NULL UNIQUE CHECK (x > 0))"
    run(sqlite(tmp_path / "a"), schema)
    error = raised(lambda: run(sqlite(tmp_path / "a"), statement))
    assert isinstance(error, exc.DBAPIError)
    assert not is_outage(error)


def client(port: int) -> valkey.Valkey:
    return valkey.Valkey("127.0.0.1", port, socket_timeout=0.2, socket_connect_timeout=0.2)


def test_valkey_that_refuses_connections(closed_port: int) -> None:
    error = raised(client(closed_port).ping)
    assert isinstance(error, valkey.ConnectionError)
    assert is_outage(error)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"-LOADING Valkey is loading the dataset in memory\r\n", valkey.BusyLoadingError),
        (b"-READONLY You can't write against a read only replica.\r\n", valkey.ReadOnlyError),
        (b"-OOM command not allowed when used memory > 'maxmemory'.\r\n", valkey.OutOfMemoryError),
        (b"", valkey.ConnectionError),
        (None, valkey.TimeoutError),
    ],
)
def test_valkey_that_cannot_serve(answer: bytes | None, kind: type[Exception]) -> None:
    with listening(answer) as port:
        instance = valkey.Valkey(
            "127.0.0.1", port, socket_timeout=0.2, lib_name=None, lib_version=None
        )
        error = raised(instance.ping)
    assert isinstance(error, kind)
    assert is_outage(error)


@pytest.mark.parametrize(
    "error",
    [
        valkey.ResponseError("WRONGTYPE"),
        valkey.DataError("Invalid input of type"),
        valkey.WatchError("changed"),
        valkey.exceptions.NoScriptError("NOSCRIPT"),
    ],
)
def test_a_command_that_valkey_refuses_is_no_outage(error: Exception) -> None:
    assert not is_outage(error)


def test_an_oserror_counts_only_when_it_came_out_of_the_cache_library() -> None:
    def raise_it() -> None:
        raise ConnectionResetError

    inside: dict[str, object] = {"__name__": "valkey.connection", "raise_it": raise_it}
    exec("def call(): raise_it()", inside)
    call = inside["call"]
    assert callable(call)
    assert is_outage(raised(call))
    assert not is_outage(raised(raise_it))


@pytest.mark.parametrize(
    "error",
    [
        ValueError(),
        RuntimeError("connection refused"),
        TimeoutError(),
        ConnectionRefusedError(),
        FileNotFoundError(),
        exc.NoResultFound(),
        exc.ArgumentError(),
        exc.PendingRollbackError(),
        KeyboardInterrupt(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_nothing_else_is_an_outage(error: BaseException) -> None:
    assert not is_outage(error)


def test_neither_library_is_imported_to_find_out() -> None:
    code = (
        "import sys\n"
        "from flask_dovetail.storage.outage_errors import is_outage\n"
        "assert not is_outage(ValueError())\n"
        "print([name for name in ('sqlalchemy', 'valkey', 'redis') if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
