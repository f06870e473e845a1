"""The rules of refresh tokens: form, successors, and replays within the window."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_dovetail.auth.logins.rules import digest
from flask_dovetail.auth.logins.store import Family, Rotation
from flask_dovetail.auth.tokens.refresh.rules import (
    MOST_LOST,
    MOST_ROTATIONS,
    RefreshToken,
    Reused,
    Rotate,
    Same,
    Unknown,
    handle_hash,
    judge,
    key_name,
    parse,
    secret_hash,
    successor,
)
from flask_dovetail.core.identity import Login

NOW = 1_800_000_000_000
KEY, OTHER, THIRD = b"key one" * 5, b"key two" * 5, b"key three" * 5
LOGIN = Login("id", "ada", 0, 0, 0, "", "", "token")
secret = st.binary(min_size=32, max_size=32).map(
    lambda raw: base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
)
tokens = st.builds(RefreshToken, secret, secret)
keys = st.binary(min_size=16, max_size=64)


def a_token() -> RefreshToken:
    return RefreshToken(secrets.token_urlsafe(32), secrets.token_urlsafe(32))


@dataclass
class Chain:
    """A family's tokens from the first to the current one."""

    tokens: list[RefreshToken]
    rotations: list[Rotation]

    def family(self, *, read_at: int = NOW) -> Family:
        return Family(
            LOGIN, secret_hash(self.tokens[-1].secret), tuple(self.rotations), None, read_at
        )


def a_chain(*steps: tuple[int, bytes]) -> Chain:
    """One rotation per step: how many ms ago, and with which key."""
    chain = Chain([a_token()], [])
    for ago, key in steps:
        chain.tokens.append(successor(key, chain.tokens[-1]))
        chain.rotations.append(Rotation(NOW - ago, key_name(key)))
    return chain


@given(tokens)
def test_a_token_is_read_as_it_was_written(token: RefreshToken) -> None:
    assert parse(token.text()) == token
    assert len(token.text()) == 87


@given(st.text(max_size=120))
def test_whatever_is_sent_is_a_token_of_our_form_or_none(value: str) -> None:
    found = parse(value)
    assert found is None or found.text() == value


HALF = "a" * 43


@pytest.mark.parametrize(
    "value",
    [
        "",
        ".",
        HALF,
        f"{HALF}.",
        f".{HALF}",
        f"{HALF}.{HALF}.",
        f"{HALF}.{HALF}.{HALF}",
        f"{HALF}.{HALF}a",
        f"{HALF[1:]}.{HALF}",
        f"{HALF}.{HALF}\n",
        f" {HALF}.{HALF}",
        f"{HALF}:{HALF}",
        f"{HALF[:-1]}\u00e9.{HALF}",
        f"{HALF[:-1]}+.{HALF}",
        "a" * 100_000,
        f"{'.' * 100_000}",
    ],
)
def test_malformed_cookie_is_no_token(value: str) -> None:
    assert parse(value) is None


def test_a_token_does_not_show_itself() -> None:
    token = a_token()
    for shown in (repr(token), f"{Same(token)}", repr(Rotate(token, (), "k"))):
        assert token.handle not in shown
        assert token.secret not in shown


@given(secret)
def test_a_handle_is_kept_as_another_hash_than_a_session_id(handle: str) -> None:
    """Sent as a session cookie, it finds no login."""
    assert handle_hash(handle) != digest(handle)
    assert len({handle_hash(handle), secret_hash(handle), digest(f"rt:{handle}")}) == 2


@given(tokens, keys, keys)
def test_a_generation_has_one_successor_and_no_other_key_makes_it(
    token: RefreshToken, key: bytes, other: bytes
) -> None:
    made = successor(key, token)
    assert made == successor(key, token)
    assert parse(made.text()) == made
    assert made.handle == token.handle
    assert made.secret != token.secret
    assert (made == successor(other, token)) == (key == other)


@given(tokens, secret)
def test_the_successor_depends_on_both_parts(token: RefreshToken, other: str) -> None:
    if other not in token:
        assert successor(KEY, token._replace(handle=other)).secret != successor(KEY, token).secret
        assert successor(KEY, token._replace(secret=other)).secret != successor(KEY, token).secret


@pytest.mark.parametrize("grace", [0, 10])
def test_the_current_token_is_rotated_with_the_first_key(grace: int) -> None:
    chain = a_chain((20_000, KEY), (5_000, OTHER))
    current = chain.tokens[-1]
    verdict = judge(chain.family(), current, [THIRD, OTHER, KEY], grace)
    assert isinstance(verdict, Rotate)
    assert verdict.token == successor(THIRD, current)
    assert verdict.key == key_name(THIRD)
    assert verdict.kept == (tuple(chain.rotations[1:]) if grace else ())


@pytest.mark.parametrize(
    ("ago", "grace", "forgiven"),
    [
        (0, 10, True),
        (9_999, 10, True),
        (10_000, 10, False),
        (10_001, 10, False),
        (0, 0, False),
        (-500, 0, False),  # a clock that was set back opens no window in strict mode
        (-500, 10, True),
        (59_999, 60, True),
    ],
)
def test_a_replaced_token_is_answered_until_the_window_ends(
    ago: int, grace: int, forgiven: bool
) -> None:
    chain = a_chain((ago, KEY))
    expected = Same(chain.tokens[1]) if forgiven else Reused()
    assert judge(chain.family(), chain.tokens[0], [KEY], grace) == expected


@given(
    st.lists(
        st.tuples(st.integers(0, 20_000), st.sampled_from([KEY, OTHER, THIRD])),
        max_size=MOST_ROTATIONS,
    ),
    st.data(),
)
def test_however_late_inside_the_window_the_answer_is_the_current_token(
    steps: list[tuple[int, bytes]], data: st.DataObject
) -> None:
    """With any keys, in any order."""
    steps.sort(key=lambda step: -step[0])
    chain = a_chain(*steps)
    index = data.draw(st.integers(0, len(chain.tokens) - 1))
    verdict = judge(chain.family(), chain.tokens[index], [KEY, OTHER, THIRD], 10)
    if index < len(steps) and steps[index][0] >= 10_000:
        assert verdict == Reused()
    elif index < len(steps) or sum(ago < 10_000 for ago, _ in steps) == MOST_ROTATIONS:
        assert verdict == Same(chain.tokens[-1])
    else:
        assert isinstance(verdict, Rotate)
        assert len(verdict.kept) < MOST_ROTATIONS


@given(st.lists(st.integers(0, 12_000), max_size=40), tokens, st.sampled_from([0, 10]))
def test_secret_that_the_server_never_made_is_reuse(
    agos: Sequence[int], foreign: RefreshToken, grace: int
) -> None:
    """A forged secret, and that of another family."""
    chain = a_chain(*((ago, KEY) for ago in sorted(agos, reverse=True)))
    handle = chain.tokens[0].handle
    forged = foreign._replace(handle=handle)
    assert judge(chain.family(), forged, [KEY], grace) == Reused()
    made_elsewhere = successor(KEY, foreign)._replace(handle=handle)
    assert judge(chain.family(), made_elsewhere, [KEY], grace) == Reused()
    by_another_key = successor(OTHER, chain.tokens[-1])
    assert judge(chain.family(), by_another_key, [KEY], grace) == Reused()


def test_rotation_by_an_unknown_key_is_undecided_until_the_window_ends() -> None:
    chain = a_chain((9_000, OTHER), (3_000, KEY))
    first, second, current = chain.tokens
    assert judge(chain.family(), second, [KEY], 10) == Same(current)
    assert judge(chain.family(), first, [KEY], 10) == Unknown()
    assert judge(chain.family(), a_token()._replace(handle=first.handle), [KEY], 10) == Unknown()
    assert judge(chain.family(read_at=NOW + 2_000), first, [KEY], 10) == Reused()
    assert isinstance(judge(chain.family(), current, [KEY], 10), Rotate)


@pytest.mark.parametrize("grace", [0, 10])
@pytest.mark.parametrize("lost", [1, 2, MOST_LOST])
@pytest.mark.parametrize("key", [KEY, OTHER])
def test_a_token_that_the_store_has_forgotten_confirming_is_good(
    lost: int, key: bytes, grace: int
) -> None:
    """A replica took over that had not heard of the latest rotations."""
    chain = a_chain((4_000, KEY))
    forgetful = chain.family()
    for _ in range(lost):
        chain.tokens.append(successor(key, chain.tokens[-1]))
    verdict = judge(forgetful, chain.tokens[-1], [KEY, OTHER], grace)
    assert isinstance(verdict, Rotate)
    assert verdict.token == successor(KEY, chain.tokens[-1])

    chain.tokens.append(verdict.token)
    chain.rotations = [*verdict.kept, Rotation(NOW, verdict.key)]
    if grace:
        for token in chain.tokens[:-1]:
            assert judge(chain.family(), token, [KEY, OTHER], grace) == Same(verdict.token)


def test_no_more_is_forgiven_a_store_than_a_failure_may_cost() -> None:
    chain = a_chain()
    forgetful = chain.family()
    ahead = chain.tokens[0]
    for _ in range(MOST_LOST + 1):
        ahead = successor(KEY, ahead)
    assert judge(forgetful, ahead, [KEY], 10) == Reused()


def test_a_family_rotates_no_more_in_a_window_than_it_can_remember() -> None:
    """A token that is late by all of them, and within the window, leads to the current one."""
    chain = a_chain(*[(5_000, KEY)] * MOST_ROTATIONS)
    current = chain.tokens[-1]
    assert judge(chain.family(), current, [KEY], 10) == Same(current)
    assert judge(chain.family(), chain.tokens[0], [KEY], 10) == Same(current)
    verdict = judge(chain.family(read_at=NOW + 5_000), current, [KEY], 10)
    assert verdict == Rotate(successor(KEY, current), (), key_name(KEY))
    assert isinstance(judge(chain.family(), current, [KEY], 0), Rotate)


def test_lost_rotations_are_remembered_up_to_the_limit() -> None:
    chain = a_chain(*[(5_000, KEY)] * MOST_ROTATIONS)
    forgetful = chain.family()
    verdict = judge(forgetful, successor(KEY, chain.tokens[-1]), [KEY], 10)
    assert isinstance(verdict, Rotate)
    assert len(verdict.kept) == MOST_ROTATIONS - 1
