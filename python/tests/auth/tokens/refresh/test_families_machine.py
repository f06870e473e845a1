"""The family machine against a simple model, with events in any order, on real stores."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from flask_dovetail.auth.logins.store import KeptLogin, KeptLoginEnded
from flask_dovetail.auth.tokens.refresh.families import Ended, Families, Refreshed, Reused
from flask_dovetail.auth.tokens.refresh.rules import (
    MOST_ROTATIONS,
    RefreshToken,
    handle_hash,
    successor,
)
from flask_dovetail.contract.problems import ServiceUnavailable
from flask_dovetail.core.identity import Login
from support.aging import set_ages
from support.refresh_families import Lossy

DAY = 86400
IDLE, LIFE = 7 * DAY, 14 * DAY
START = 1_800_000_000
WORKERS = (-15, 15)  # their clocks, in seconds; they judge as one
workers = st.sampled_from([0, 1])


@dataclass
class Model:
    """The expected family: its generations, and when and with which key each was made."""

    login: Login
    tokens: list[RefreshToken]
    made: list[tuple[int, bytes]] = field(default_factory=list)
    ended: bool = False
    rested_since: int = START

    def is_live(self, now: int) -> bool:
        """Nothing here happens within a minute of a limit."""
        return (
            not self.ended and now < self.login.created_at + LIFE and now < self.rested_since + IDLE
        )


class FamilyMachine(RuleBasedStateMachine):
    """Two workers with clocks 30 s apart, one store, a few families of one subject."""

    logins: Any

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.subject = str(uuid.uuid4())
        self.models: list[Model] = []
        self.keys = [b"key 0"]
        self.given = [list(self.keys) for _ in WORKERS]
        self.grace = 10

    @initialize(grace=st.sampled_from([10, 10, 0]))
    def begin_with(self, grace: int) -> None:
        self.grace = grace
        self.begin(0, None)

    def families(self, worker: int, logins: Any = None) -> Families:
        return Families(
            lambda: logins or self.logins,
            keys=tuple(self.given[worker]),
            grace_seconds=self.grace,
            idle_seconds=IDLE,
        )

    # What the world does

    @precondition(lambda self: len(self.alive()) < 3)
    @rule(worker=workers, former=st.none() | st.none() | st.integers(0, 3))
    def begin(self, worker: int, former: int | None) -> None:
        """Somebody signs in, perhaps in place of one of his logins."""
        now = self.now
        login = Login(str(uuid.uuid4()), self.subject, now, now, now + LIFE, "", "", "token")
        replaced = [] if former is None else self.models[former : former + 1]
        token = self.families(worker).begin(
            login, replaces=[handle_hash(each.tokens[0].handle) for each in replaced]
        )
        for each in replaced:
            each.ended = True
        self.models.append(Model(login, [token], rested_since=now))

    @precondition(lambda self: self.are_busy())
    @rule(days=st.sampled_from([3, 4]))
    def rest(self, days: int) -> None:
        self.now += days * DAY - 600

    @rule(worker=workers, fresh=st.booleans())
    def deploy(self, worker: int, fresh: bool) -> None:
        """Start a worker again with the newest key first and the former ones as fallbacks."""
        if fresh:
            self.keys.insert(0, f"key {len(self.keys)}".encode())
        self.given[worker] = list(self.keys)

    @precondition(lambda self: self.are_busy())
    @rule(data=st.data(), worker=workers, way=st.sampled_from(["logout", "one", "all", "others"]))
    def end(self, data: st.DataObject, worker: int, way: str) -> None:
        model, token = self.choose(data)  # whichever token the browser still has
        was_there = not model.ended
        if way == "logout":
            ended = self.families(worker).end(token)
            assert (ended is not None and ended.id) == (was_there and model.login.id)
        elif way == "one":
            assert self.logins.end(self.subject, model.login.id) == was_there
        else:
            keep = model if way == "others" else None
            if keep is not None and keep.ended:
                with pytest.raises(KeptLoginEnded):
                    self.logins.end_all(self.subject, keep=KeptLogin(keep.login.id))
                return
            going = [each for each in self.models if not each.ended and each is not keep]
            kept = None if keep is None else KeptLogin(keep.login.id)
            assert self.logins.end_all(self.subject, keep=kept) == len(going)
            for each in going:
                each.ended = True
            return
        model.ended = True

    # What is presented

    @rule(
        data=st.data(),
        worker=workers,
        after=st.sampled_from([0, 0, 1, 4, 9, 10, 11, 60]),
        late=st.sampled_from([0, 0, 0, 1, 1, 2, 5]),
    )
    def present_one(self, data: st.DataObject, worker: int, after: int, late: int) -> None:
        """After so many seconds, the current token or one that is late by so many rotations."""
        self.now += after
        model, _ = self.choose(data)
        self.present(model, max(0, len(model.tokens) - 1 - late), worker)

    @rule(data=st.data(), worker=workers)
    def lose_the_answer(self, data: st.DataObject, worker: int) -> None:
        """The worker, or the store, dies when the swap is written. The browser tries again."""
        model, _ = self.choose(data)
        current = model.tokens[-1]
        if not model.is_live(self.now) or self.is_full(model):
            return
        with pytest.raises(ConnectionError):
            self.families(worker, Lossy(self.logins, lambda: None)).refresh(
                current, now=self.clock(worker)
            )
        self.rotated(model, worker)
        self.present(model, len(model.tokens) - 2, worker)

    @precondition(lambda self: self.are_busy())
    @rule(data=st.data(), worker=workers, foreign=st.booleans())
    def present_what_was_never_given(self, data: st.DataObject, worker: int, foreign: bool) -> None:
        """The handle of one family with a guess, or with a secret of another family."""
        (model, mine), (other, theirs) = self.choose(data), self.choose(data)
        guess = theirs.secret if foreign and model is not other else secrets.token_urlsafe(32)
        self.present(model, None, worker, mine._replace(secret=guess))

    @precondition(lambda self: self.are_busy())
    @rule(worker=workers)
    def present_unknown(self, worker: int) -> None:
        token = RefreshToken(secrets.token_urlsafe(32), secrets.token_urlsafe(32))
        assert self.families(worker).refresh(token, now=self.clock(worker)) == Ended()

    # What must come of it

    def are_busy(self) -> bool:
        """Whether there is something to end: what ends families would else come first of all."""
        return any(len(each.tokens) > 3 for each in self.alive())

    def alive(self) -> list[Model]:
        return [each for each in self.models if each.is_live(self.now)]

    def choose(self, data: st.DataObject) -> tuple[Model, RefreshToken]:
        """A family, more often than not a live one, and one of its tokens."""
        model = data.draw(st.sampled_from([*self.models[-3:], *self.alive(), *self.alive()]))
        return model, data.draw(st.sampled_from(model.tokens[-6:]))

    def clock(self, worker: int) -> int:
        return self.now + WORKERS[worker]

    def window(self, model: Model) -> list[bytes]:
        """The keys of the rotations that are still inside, the oldest first."""
        return [key for at, key in model.made if self.now - at < self.grace]

    def is_full(self, model: Model) -> bool:
        return len(self.window(model)) >= MOST_ROTATIONS

    def rotated(self, model: Model, worker: int) -> None:
        key = self.given[worker][0]
        model.tokens.append(successor(key, model.tokens[-1]))
        model.made.append((self.now, key))
        model.rested_since = self.now

    def present(
        self, model: Model, index: int | None, worker: int, forged: RefreshToken | None = None
    ) -> None:
        """Present that generation, or what is no generation, and compare with the model."""
        ages = [self.now - at - 0.0 for at, _ in model.made]
        set_ages(self.logins, model.tokens[0], ages)
        token = forged or model.tokens[index or 0]
        families, now = self.families(worker), self.clock(worker)
        window = self.window(model)
        late = len(window) + 1 if index is None else len(model.tokens) - 1 - index
        decides = window[-late:] if late else []  # the keys that lead to the current token
        if not model.is_live(self.now):
            assert families.find(token, now=now) is None
            assert families.refresh(token, now=now) == Ended()
        elif set(decides) - set(self.given[worker]):
            for ask in (families.find, families.refresh):
                with pytest.raises(ServiceUnavailable):
                    ask(token, now=now)
        elif late > len(window):
            assert families.find(token, now=now) is None
            outcome = families.refresh(token, now=now)
            assert isinstance(outcome, Reused)
            assert outcome.login.id == model.login.id
            model.ended = True
        else:
            if not late and not self.is_full(model):
                self.rotated(model, worker)
            found = families.find(token, now=now)
            assert found is not None
            assert found.login.id == model.login.id
            outcome = families.refresh(token, now=now)
            assert isinstance(outcome, Refreshed)
            assert outcome.token == model.tokens[-1]
            assert outcome.login.expires_at == model.login.expires_at

    @invariant()
    def what_was_ended_stays_ended_and_nothing_else_ends(self) -> None:
        for model in self.models:
            assert self.logins.exists(self.subject, model.login.id) == (not model.ended)
        listed = {login.id: login for login in self.logins.of_subject(self.subject)}
        assert set(listed) == {each.login.id for each in self.models if not each.ended}
        for model in self.models:
            if not model.ended:
                login = listed[model.login.id]
                assert login[:3] == model.login[:3]
                assert login.expires_at == model.login.expires_at
                assert abs(login.last_seen_at - model.rested_since) <= 15

    def teardown(self) -> None:
        self.logins.end_all(self.subject)


def test_the_family_machine_does_what_the_model_says(store: Any) -> None:
    """Present current, older, forged and foreign tokens; wait; log out; crash; rotate keys."""

    class Machine(FamilyMachine):
        logins = store.logins

    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Machine,
        settings=settings(
            max_examples=80 if store.kind == "valkey" else 20,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
