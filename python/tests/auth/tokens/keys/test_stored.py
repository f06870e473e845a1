"""Signing keys in the database: made once, shared, rotated, and there while it is away."""

from __future__ import annotations

import base64
import json
import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import Engine, create_engine, delete, update
from sqlalchemy.exc import OperationalError

from flask_dovetail.auth.logins.tables import signing_keys
from flask_dovetail.auth.sign_in import jwks
from flask_dovetail.auth.tokens.keys import stored
from flask_dovetail.auth.tokens.keys.stored import StoredKeys
from flask_dovetail.core.errors import ConfigurationError
from flask_dovetail.database import upgrade
from flask_dovetail.storage.outage_errors import is_outage
from support.key_rings import NOW, OTHER_SECRET, SECRET, KeyTable

MONTH = 30 * 86400
LIFE = 900 + 60
"""The life of an access token, and twice the difference of two clocks."""


@pytest.mark.parametrize("algorithm", ["EdDSA", "ES256"])
def test_the_first_key_is_made_when_one_is_needed_and_signs_at_once(
    table: KeyTable, algorithm: Any
) -> None:
    worker = table.worker(algorithm=algorithm)
    assert worker.verifying_key("anything", NOW) is None
    assert table.rows() == []
    key = worker.signing_key(NOW)
    assert (key.algorithm, key.signs_from) == (algorithm, NOW)
    assert [(row.number, row.kid, row.algorithm) for row in table.rows()] == [
        (1, key.kid, algorithm)
    ]
    assert worker.signing_key(NOW + 1) is key


def test_workers_share_the_key(table: KeyTable) -> None:
    key = table.worker().signing_key(NOW)
    other = table.worker()
    assert other.signing_key(NOW).kid == key.kid
    verifying = other.verifying_key(key.kid, NOW)
    assert verifying is not None
    assert verifying.jwk == key.jwk


def test_first_reader_of_the_keys_makes_them(table: KeyTable) -> None:
    """An empty JWKS would be cached by other services, and is an error to some."""
    published = table.worker().public_keys(NOW)
    assert [jwk["kid"] for jwk in published] == table.kids()
    assert len(published) == 1


def test_the_database_holds_nothing_that_signs(table: KeyTable) -> None:
    key = table.worker().signing_key(NOW)
    (row,) = table.rows()
    private = key.private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    assert private not in base64.b64decode(row.sealed)


class TestReading:
    def test_the_table_is_read_once_a_minute(self, table: KeyTable) -> None:
        kid = table.worker().signing_key(NOW).kid
        worker = table.worker()
        worker.verifying_key(kid, NOW)
        reads = table.reads()
        for second in range(60):
            assert worker.verifying_key(kid, NOW + second) is not None
            worker.version(NOW + second)
        assert reads == []
        worker.version(NOW + 60)
        worker.verifying_key(kid, NOW + 61)
        assert len(reads) == 1

    def test_unknown_keys_cost_one_reading_in_five_seconds(self, table: KeyTable) -> None:
        worker = table.worker()
        worker.signing_key(NOW)
        reads = table.reads()
        for second in range(20):
            for number in range(10):
                assert worker.verifying_key(f"unknown {second} {number}", NOW + 5 + second) is None
        assert len(reads) == 4

    def test_a_key_that_another_worker_has_just_made_is_found_at_once(
        self, table: KeyTable
    ) -> None:
        worker, other = table.worker(), table.worker()
        worker.signing_key(NOW)
        other.signing_key(NOW)
        kid = other.rotate(NOW + 10).key.kid
        assert worker.verifying_key(kid, NOW + 10) is not None

    def test_a_clock_that_is_set_back_does_not_keep_an_old_ring(self, table: KeyTable) -> None:
        worker = table.worker()
        worker.signing_key(NOW)
        reads = table.reads()
        worker.version(NOW - 3600)
        assert len(reads) == 1

    def test_the_version_changes_with_the_keys_and_only_with_them(self, table: KeyTable) -> None:
        worker = table.worker()
        worker.signing_key(NOW)
        version = worker.version(NOW)
        assert worker.version(NOW + 60) is version
        assert worker.version(NOW + 3600) is version
        table.worker().rotate(NOW + 3601)
        rotated = worker.version(NOW + 3660)
        assert rotated is not version
        table.worker().rotate(NOW + 3661, at_once=True)
        assert worker.version(NOW + 3720) is not rotated

    def test_a_missing_table_names_the_command(self, tmp_path: Path) -> None:
        engine = create_engine(f"sqlite:///{tmp_path}/empty.sqlite3")
        with pytest.raises(ConfigurationError, match="flask dovetail db upgrade"):
            KeyTable(engine).worker().signing_key(NOW)
        engine.dispose()


class TestRotating:
    def test_a_key_is_published_before_it_signs(self, table: KeyTable) -> None:
        worker = table.worker()
        first = worker.signing_key(NOW)
        rotation = worker.rotate(NOW)
        assert rotation.removed == ()
        assert rotation.key.signs_from == NOW + 600
        for any_worker in (worker, table.worker()):
            assert any_worker.signing_key(NOW + 599).kid == first.kid
            published = [jwk["kid"] for jwk in any_worker.public_keys(NOW)]
            assert published == [first.kid, rotation.key.kid]
            assert any_worker.signing_key(NOW + 600).kid == rotation.key.kid

    def test_other_services_have_read_a_key_before_it_signs(self, table: KeyTable) -> None:
        """They keep the JWKS for 300 s, and a worker answers from a ring 60 s old at most."""
        assert jwks.MAX_AGE_SECONDS + stored.REREAD_SECONDS < stored.PUBLISHED_BEFORE_SECONDS

    def test_the_former_key_verifies_until_its_last_token_is_dead(self, table: KeyTable) -> None:
        worker = table.worker()
        former = worker.signing_key(NOW)
        worker.rotate(NOW)
        end = NOW + 600 + LIFE
        assert worker.verifying_key(former.kid, end - 1) is not None
        assert former.kid in [jwk["kid"] for jwk in worker.public_keys(end - 1)]
        assert worker.verifying_key(former.kid, end) is None
        assert former.kid not in [jwk["kid"] for jwk in worker.public_keys(end)]

    def test_rotation_removes_only_retired_keys(self, table: KeyTable) -> None:
        worker = table.worker()
        first = worker.signing_key(NOW)
        second = worker.rotate(NOW).key
        assert worker.rotate(NOW + 600 + LIFE - 1).removed == ()
        assert worker.rotate(NOW + MONTH).removed == (first.kid, second.kid)
        assert len(table.kids()) == 2

    def test_rotating_an_empty_ring_makes_a_key_that_signs_now(self, table: KeyTable) -> None:
        key = table.worker().rotate(NOW).key
        assert key.signs_from == NOW
        assert table.worker().signing_key(NOW).kid == key.kid

    def test_at_once_leaves_the_new_key_alone(self, table: KeyTable) -> None:
        worker = table.worker()
        first = worker.signing_key(NOW)
        second = worker.rotate(NOW).key
        rotation = worker.rotate(NOW + 1, at_once=True)
        assert rotation.removed == (first.kid, second.kid)
        assert table.kids() == [rotation.key.kid]
        assert worker.signing_key(NOW + 1).kid == rotation.key.kid
        assert worker.verifying_key(first.kid, NOW + 1) is None
        assert worker.verifying_key(second.kid, NOW + 1) is None

    def test_at_once_reaches_every_worker_within_a_minute(self, table: KeyTable) -> None:
        worker = table.worker()
        stolen = worker.signing_key(NOW)
        table.worker().rotate(NOW + 1, at_once=True)
        assert worker.signing_key(NOW + 5).kid != stolen.kid, "none signs with it after 5 s"
        idle = table.worker()
        idle.verifying_key(stolen.kid, NOW)
        assert idle.verifying_key(stolen.kid, NOW + 60) is None

    def test_a_key_made_by_a_clock_ahead_of_ours_signs_where_it_is_the_only_one(
        self, table: KeyTable
    ) -> None:
        key = table.worker().signing_key(NOW + 30)
        assert table.worker().signing_key(NOW).kid == key.kid
        assert len(table.rows()) == 1

    def test_a_list_says_what_each_key_is_for(self, table: KeyTable) -> None:
        worker = table.worker()
        worker.signing_key(NOW)
        worker.rotate(NOW)
        worker.rotate(NOW + 700)
        assert [line.kid for line in worker.describe(NOW + 700)] == table.kids()
        assert [line.state for line in worker.describe(NOW + 700)] == [
            "verifies until 2027-01-15T08:26:00+00:00",
            "signs",
            "signs from 2027-01-15T08:21:40+00:00",
        ]
        assert [line.state for line in worker.describe(NOW + MONTH)] == [
            "retired, the next rotation removes it",
            "retired, the next rotation removes it",
            "signs",
        ]


class TestAnotherAlgorithm:
    def test_the_former_key_signs_until_the_new_one_is_known(self, table: KeyTable) -> None:
        former = table.worker(algorithm="EdDSA").signing_key(NOW)
        worker = table.worker(algorithm="ES256")
        assert worker.signing_key(NOW + 1).kid == former.kid
        assert [jwk["alg"] for jwk in worker.public_keys(NOW + 1)] == ["EdDSA", "ES256"]
        assert worker.signing_key(NOW + 601).algorithm == "ES256"
        assert worker.verifying_key(former.kid, NOW + 601) is not None
        assert len(table.rows()) == 2

    def test_workers_of_either_setting_accept_each_other_while_one_replaces_the_other(
        self, table: KeyTable
    ) -> None:
        old, new = table.worker(algorithm="EdDSA"), table.worker(algorithm="ES256")
        old.signing_key(NOW)
        new.signing_key(NOW)
        for later in (601, 1200):
            for signs, reads in ((old, new), (new, old)):
                kid = signs.signing_key(NOW + later).kid
                assert reads.verifying_key(kid, NOW + later) is not None


class TestAnotherSecret:
    def test_fallback_opens_keys_of_the_former_secret(self, table: KeyTable) -> None:
        key = table.worker(secret_keys=(OTHER_SECRET,)).signing_key(NOW)
        worker = table.worker(secret_keys=(SECRET, OTHER_SECRET))
        assert worker.signing_key(NOW).kid == key.kid
        assert worker.describe(NOW)[0].state == "signs; sealed under a fallback"

    def test_after_one_rotation_the_fallback_can_go(self, table: KeyTable) -> None:
        table.worker(secret_keys=(OTHER_SECRET,)).signing_key(NOW)
        rotated = table.worker(secret_keys=(SECRET, OTHER_SECRET)).rotate(NOW).key
        worker = table.worker(secret_keys=(SECRET,))
        assert worker.signing_key(NOW + 600).kid == rotated.kid
        assert len(table.rows()) == 2

    def test_without_a_fallback_a_new_key_is_made_and_the_log_says_why_once(
        self, table: KeyTable, caplog: pytest.LogCaptureFixture
    ) -> None:
        lost = table.worker(secret_keys=(OTHER_SECRET,)).signing_key(NOW)
        worker = table.worker(secret_keys=(SECRET,))
        made = worker.signing_key(NOW)
        assert made.signs_from == NOW
        assert worker.verifying_key(lost.kid, NOW + 100) is None
        worker.rotate(NOW)
        worker.version(NOW + 3600)
        warnings = [r for r in caplog.records if r.levelno == logging.WARNING]
        assert [(r.getMessage().split(":")[0], vars(r)["kid"]) for r in warnings] == [
            ("A signing key cannot be opened", lost.kid)
        ]
        assert "SECRET_KEY_FALLBACKS" in warnings[0].getMessage()

    def test_a_key_that_cannot_be_opened_stays_until_it_has_retired(self, table: KeyTable) -> None:
        """It comes back to life when the missing fallback is given after all."""
        lost = table.worker(secret_keys=(OTHER_SECRET,)).signing_key(NOW)
        worker = table.worker(secret_keys=(SECRET,))
        worker.signing_key(NOW)
        assert worker.describe(NOW)[0].state.startswith("cannot be opened")
        healed = table.worker(secret_keys=(SECRET, OTHER_SECRET))
        assert healed.verifying_key(lost.kid, NOW) is not None
        assert worker.rotate(NOW + LIFE - 1).removed == ()
        assert worker.rotate(NOW + LIFE).removed == (lost.kid,)

    def test_workers_of_the_former_secret_go_on_with_their_key(self, table: KeyTable) -> None:
        old, new = table.worker(secret_keys=(OTHER_SECRET,)), table.worker(secret_keys=(SECRET,))
        kid = old.signing_key(NOW).kid
        assert new.signing_key(NOW + 1).kid != kid
        for later in (10, MONTH):  # a key that they cannot open does not retire theirs
            assert old.signing_key(NOW + later).kid == kid
        assert len(table.rows()) == 2


class Breakable(KeyTable):
    """A database that can be taken away."""

    away = False

    def worker(self, **_: Any) -> StoredKeys:
        def engine() -> Any:
            if self.away:
                raise OperationalError("connect", None, ConnectionRefusedError("refused"))
            return self.engine

        return StoredKeys(engine, algorithm="EdDSA", secret_keys=(SECRET,), access_seconds=900)


class TestOutage:
    def test_a_ring_in_memory_goes_on(
        self, table: KeyTable, caplog: pytest.LogCaptureFixture
    ) -> None:
        breakable = Breakable(table.engine)
        worker = breakable.worker()
        key = worker.signing_key(NOW)
        version = worker.version(NOW)
        breakable.away = True
        for later in (60, 3600, 2 * 86400):
            assert worker.signing_key(NOW + later).kid == key.kid
            assert worker.verifying_key(key.kid, NOW + later) is not None
            assert worker.verifying_key("unknown", NOW + later + 5) is None
            assert worker.version(NOW + later) is version
            assert len(worker.public_keys(NOW + later)) == 1
        assert [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING] == [
            "signing keys cannot be read: those in memory go on"
        ], "said once"

    def test_ring_recovers_when_the_database_is_back(
        self, table: KeyTable, caplog: pytest.LogCaptureFixture
    ) -> None:
        breakable = Breakable(table.engine)
        worker = breakable.worker()
        worker.signing_key(NOW)
        breakable.away = True
        worker.version(NOW + 60)
        made = table.worker().rotate(NOW + 61).key
        breakable.away = False
        with caplog.at_level(logging.INFO, "flask_dovetail.auth"):
            worker.version(NOW + 65)
        assert worker.verifying_key(made.kid, NOW + 65) is not None
        assert "signing keys can be read again" in caplog.messages

    def test_a_process_that_has_never_read_a_key_says_that_the_store_is_away(
        self, table: KeyTable
    ) -> None:
        breakable = Breakable(table.engine)
        breakable.away = True
        worker = breakable.worker()
        with pytest.raises(OperationalError):
            worker.signing_key(NOW)
        with pytest.raises(OperationalError):
            worker.version(NOW)
        breakable.away = False
        assert worker.signing_key(NOW) is not None

    def test_postgresql_stopped_and_started(
        self, postgres: Any, postgres_url: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        """A real one: what was read serves, a first reading is an outage (503), and it heals."""
        engine = create_engine(postgres_url)
        upgrade(engine)
        table = KeyTable(engine)
        worker = table.worker()
        kid = worker.signing_key(NOW).kid
        postgres.stop()
        try:
            assert worker.verifying_key(kid, NOW + 60) is not None
            assert worker.signing_key(NOW + 65).kid == kid
            with pytest.raises(OperationalError) as caught:
                table.worker().signing_key(NOW)
            assert is_outage(caught.value)
        finally:
            postgres.start()
        rotated = table.worker().rotate(NOW + 70).key
        assert worker.verifying_key(rotated.kid, NOW + 71) is not None
        assert kid not in caplog.text
        engine.dispose()


class Hanging(KeyTable):
    """A database that does not answer once it is told to hang, until it is let go."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self.hangs = False
        self.asked = threading.Event()
        self.let_go = threading.Event()

    def worker(self, **_: Any) -> StoredKeys:
        def engine() -> Engine:
            if self.hangs:
                self.asked.set()
                assert self.let_go.wait(30)
            return self.engine

        return StoredKeys(engine, algorithm="EdDSA", secret_keys=(SECRET,), access_seconds=900)


def test_a_database_that_hangs_holds_up_one_thread_and_no_other(table: KeyTable) -> None:
    """Nor do tokens with invented keys, which may wait a second for that thread."""
    hanging = Hanging(table.engine)
    worker = hanging.worker()
    key = worker.signing_key(NOW)
    hanging.hangs = True
    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(worker.version, NOW + 60)
        assert hanging.asked.wait(10)
        began = time.monotonic()
        assert worker.verifying_key(key.kid, NOW + 60) is key
        assert worker.signing_key(NOW + 60) is key
        assert len(worker.public_keys(NOW + 60)) == 1
        assert time.monotonic() - began < 0.5
        assert worker.verifying_key("invented", NOW + 60) is None
        assert time.monotonic() - began < 5
        assert not held.done()
        hanging.let_go.set()
        assert held.result(10) is worker.version(NOW + 60)


def test_no_line_of_the_log_holds_a_key(table: KeyTable, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        lost = table.worker(secret_keys=(OTHER_SECRET,)).signing_key(NOW)
        worker = table.worker()
        keys = [lost, worker.signing_key(NOW), worker.rotate(NOW).key]
        repr(worker.describe(NOW))
    written = " ".join(
        json.dumps(vars(record), default=str)
        for record in caplog.records
        if record.name.startswith("flask_dovetail")
    )
    assert written
    for key, row in zip(keys, table.rows(), strict=True):
        assert key.kid in written, "an id is not a secret"
        assert row.sealed not in written
        assert key.jwk is not None
        assert key.jwk["x"] not in written


def test_an_emptied_table_is_filled_again(table: KeyTable) -> None:
    worker = table.worker()
    former = worker.signing_key(NOW)
    with table.engine.begin() as connection:
        connection.execute(delete(signing_keys))
    made = worker.signing_key(NOW + 5)
    assert made.kid != former.kid
    assert table.kids() == [made.kid]


def test_a_row_whose_algorithm_was_changed_signs_nothing(table: KeyTable) -> None:
    worker = table.worker()
    kid = worker.signing_key(NOW).kid
    with table.engine.begin() as connection:
        connection.execute(update(signing_keys).values(algorithm="HS256"))
    assert worker.signing_key(NOW + 5).kid != kid
    assert worker.verifying_key(kid, NOW + 5) is None
