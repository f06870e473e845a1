"""After a race for the first key there is one key, and every worker signs with it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from support.key_rings import NOW, OTHER_SECRET, SECRET, KeyTable, issued, tokens_of
from support.paths import TESTS
from support.together import together

pytestmark = pytest.mark.long


def test_threads_of_one_worker_make_one_first_key(table: KeyTable) -> None:
    worker = table.worker()
    kids = together(*[lambda: worker.signing_key(NOW).kid] * 12)
    assert set(kids) == set(table.kids())
    assert len(table.rows()) == 1


def test_twelve_workers_make_one_first_key(table: KeyTable) -> None:
    workers = [table.worker() for _ in range(12)]
    kids = together(*(lambda w=w: w.signing_key(NOW).kid for w in workers))
    assert set(kids) == set(table.kids())
    assert len(table.rows()) == 1


def test_processes_make_one_first_key_and_publish_it(table: KeyTable, keys_url: str) -> None:
    order = json.dumps({"url": keys_url, "secret": SECRET, "now": NOW})
    workers = [
        subprocess.Popen(
            [sys.executable, "-m", "support.key_worker", order],
            cwd=TESTS,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("\n")
        worker.stdin.flush()
    answers = [json.loads(worker.communicate(timeout=30)[0]) for worker in workers]
    assert [worker.returncode for worker in workers] == [0] * 4
    (kid,) = table.kids()
    assert answers == [[kid, [kid]]] * 4


def test_workers_that_cannot_open_the_former_key_make_one_new_one(table: KeyTable) -> None:
    table.worker(secret_keys=(OTHER_SECRET,)).signing_key(NOW)
    workers = [table.worker() for _ in range(8)]
    kids = together(*(lambda w=w: w.signing_key(NOW).kid for w in workers))
    assert set(kids) == {table.kids()[-1]}
    assert len(table.rows()) == 2


def test_workers_with_a_new_algorithm_make_one_key_of_it(table: KeyTable) -> None:
    former = table.worker().signing_key(NOW).kid
    workers = [table.worker(algorithm="ES256") for _ in range(8)]
    kids = together(*(lambda w=w: w.signing_key(NOW).kid for w in workers))
    assert set(kids) == {former}
    assert [row.algorithm for row in table.rows()] == ["EdDSA", "ES256"]


def test_rotations_at_the_same_moment_each_leave_a_key(table: KeyTable) -> None:
    table.worker().signing_key(NOW)
    workers = [table.worker() for _ in range(3)]
    made = together(*(lambda w=w: w.rotate(NOW).key.kid for w in workers))
    assert sorted(made) == sorted(table.kids()[1:])


def test_tokens_are_accepted_all_through_rotations_under_load(table: KeyTable) -> None:
    """Readers and issuers in threads of several workers, and a rotation in between."""
    workers = [tokens_of(table.worker()) for _ in range(4)]
    first = issued(workers[0])

    def use(tokens: Any) -> None:
        for step in range(40):
            now = NOW + step * 20  # past the 600 s after which the new key signs
            other = issued(tokens, now)
            assert tokens.read(first, now=NOW).subject == "ada"
            for reader in workers:
                assert reader.read(other, now=now).subject == "ada"

    rotate = table.worker()
    together(*(lambda w=w: use(w) for w in workers), lambda: rotate.rotate(NOW))
    assert len(table.rows()) == 2
