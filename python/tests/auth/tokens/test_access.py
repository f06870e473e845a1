"""Access tokens: what one says, for how long, and that it is verified once and judged always."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import jwt
import pytest

from flask_dovetail.auth.tokens import access
from flask_dovetail.auth.tokens.access import Access, AccessTokens
from flask_dovetail.auth.tokens.keys.ring import DerivedKeys, Key, KeyRing
from flask_dovetail.contract.problems import InvalidToken, TokenExpired
from flask_dovetail.core import wire
from flask_dovetail.core.errors import DeclarationError
from flask_dovetail.core.identity import Identity
from support.key_rings import (
    ADA,
    ISSUER,
    NOW,
    OTHER_SECRET,
    SECRET,
    KeyTable,
    a_login,
    claims_of,
    issued,
    signed,
    tokens_of,
)


def test_issued_token_is_read_back(ring: KeyRing) -> None:
    token, expires_in = tokens_of(ring).issue(a_login(), ADA, now=NOW)
    assert expires_in == 900
    assert tokens_of(ring).read(token, now=NOW) == Access(
        subject="ada",
        login_id=a_login().id,
        scopes=frozenset({"posts:read", "posts:write"}),
        roles=("admin", "staff"),
        issued_at=NOW,
        expires_at=NOW + 900,
        authenticated_at=NOW - 100,
        login_expires_at=NOW + 14 * 86400,
    )


def test_a_token_says_what_rfc_9068_demands_and_nothing_more(ring: KeyRing) -> None:
    token = issued(tokens_of(ring))
    key = ring.signing_key(NOW)
    assert jwt.get_unverified_header(token) == {
        "alg": key.algorithm,
        "kid": key.kid,
        "typ": "at+jwt",
    }
    claims = jwt.decode(token, options={"verify_signature": False})
    assert len(claims.pop("jti")) >= 22
    assert claims == claims_of(jti=...)


def test_every_token_has_an_id_of_its_own(ring: KeyRing) -> None:
    tokens = tokens_of(ring)
    assert len({issued(tokens) for _ in range(50)}) == 50


def test_no_token_outlives_its_login(ring: KeyRing) -> None:
    tokens = tokens_of(ring)
    token, expires_in = tokens.issue(a_login(expires_at=NOW + 60), ADA, now=NOW)
    assert expires_in == 60
    assert tokens.read(token, now=NOW).expires_at == NOW + 60
    assert tokens.issue(a_login(expires_at=NOW - 30), ADA, now=NOW)[1] == 1


@pytest.mark.parametrize("subject", ["x", "\u00fc\u4e2d", "a b\n\0", "\ud800", "x" * 255])
def test_any_subject_comes_back_as_it_was(subject: str) -> None:
    tokens = tokens_of(DerivedKeys([SECRET]))
    token, _ = tokens.issue(a_login(subject), Identity(subject), now=NOW)
    read = tokens.read(token, now=NOW)
    assert (read.subject, read.scopes, read.roles) == (subject, frozenset(), ())


@pytest.mark.parametrize("scope", ["", "a b", "tab\t", 'quo"te', "back\\slash", "\u00fc"])
def test_a_scope_that_would_be_read_as_another_is_refused(scope: str) -> None:
    """RFC 6749 section 3.3: a scope with a space is two scopes."""
    with pytest.raises(DeclarationError, match="RFC 6749"):
        tokens_of(DerivedKeys([SECRET])).issue(a_login(), Identity("ada", scopes=(scope,)), now=NOW)


def test_a_token_that_would_be_too_long_to_send_is_not_issued() -> None:
    many = Identity("ada", scopes=tuple(f"scope-of-some-length-{n}" for n in range(400)))
    with pytest.raises(DeclarationError, match="fewer or shorter scopes"):
        tokens_of(DerivedKeys([SECRET])).issue(a_login(), many, now=NOW)


def test_the_longest_token_that_is_issued_is_read() -> None:
    tokens = tokens_of(DerivedKeys([SECRET]))
    longest = wire.LIMITS["access_token_max_bytes"]
    token = ""
    for length in range(5000, 7000, 3):
        wide = Identity("ada", roles=("r" * length,))
        try:
            token = tokens.issue(a_login(), wide, now=NOW)[0]
        except DeclarationError:
            break
        assert tokens.read(token, now=NOW).subject == "ada"
    assert longest - 8 < len(token) <= longest


class TestTime:
    @pytest.mark.parametrize("again", [False, True], ids=["first", "remembered"])
    def test_a_token_lives_until_30_seconds_after_its_end(self, ring: KeyRing, again: bool) -> None:
        tokens = tokens_of(ring)
        token = issued(tokens)
        if again:
            tokens.read(token, now=NOW)
        assert tokens.read(token, now=NOW + 929).subject == "ada"
        for late in (930, 931, 10**6):
            with pytest.raises(TokenExpired):
                tokens.read(token, now=NOW + late)

    @pytest.mark.parametrize("claim", ["iat", "nbf"])
    def test_a_token_is_valid_from_30_seconds_before_its_begin(
        self, ring: KeyRing, claim: str
    ) -> None:
        token = signed(ring.signing_key(NOW), claims_of(**{claim: NOW + 100}))
        tokens = tokens_of(ring)
        for early in (0, 69):
            with pytest.raises(InvalidToken):
                tokens.read(token, now=NOW + early)
        assert tokens.read(token, now=NOW + 70).subject == "ada"
        with pytest.raises(InvalidToken):
            tokens.read(token, now=NOW + 69)

    def test_a_remembered_token_dies_with_its_key(self, sqlite_table: KeyTable) -> None:
        """The thief of a key may have signed a token that never ends."""
        ring = sqlite_table.worker()
        tokens = tokens_of(ring)
        forged = signed(ring.signing_key(NOW), claims_of(exp=NOW + 10**8))
        ring.rotate(NOW)
        end = NOW + 600 + 960
        assert tokens.read(forged, now=end - 1).subject == "ada"
        with pytest.raises(InvalidToken):
            tokens.read(forged, now=end)


class Counted(AccessTokens):
    """Counts how often a signature is verified."""

    verified = 0

    def _verify_signature(self, token: str, key: Key) -> bytes | None:
        self.verified += 1
        return super()._verify_signature(token, key)


def counted(ring: KeyRing) -> Counted:
    return Counted(ring, issuer=ISSUER, audience=ISSUER, access_seconds=900)


class TestCaching:
    def test_a_signature_is_verified_once(self, ring: KeyRing) -> None:
        tokens = counted(ring)
        token = issued(tokens)
        read = {tokens.read(token, now=NOW + step) for step in range(100)}
        assert (len(read), tokens.verified) == (1, 1)

    def test_refused_token_is_never_cached(self, ring: KeyRing) -> None:
        tokens = counted(ring)
        bad = issued(tokens)[:-8] + "AAAAAAAA"
        for _ in range(3):
            with pytest.raises(InvalidToken):
                tokens.read(bad, now=NOW)
        assert tokens.verified == 3

    def test_cached_token_of_a_removed_key_is_refused(self, sqlite_table: KeyTable) -> None:
        ring = sqlite_table.worker()
        tokens = tokens_of(ring)
        token = issued(tokens)
        assert tokens.read(token, now=NOW + 1).subject == "ada"
        sqlite_table.worker().rotate(NOW + 1, at_once=True)
        assert tokens.read(token, now=NOW + 59).subject == "ada", "until the ring is read again"
        with pytest.raises(InvalidToken):
            tokens.read(token, now=NOW + 60)

    def test_cache_is_bounded_and_keeps_used_tokens(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(access, "MAX_CACHED", 16)
        tokens = counted(DerivedKeys([SECRET]))
        used = issued(tokens)
        for _ in range(200):
            tokens.read(used, now=NOW)
            tokens.read(issued(tokens), now=NOW)
        cache = tokens._cache
        assert len(cache._young) + len(cache._old) <= 16
        assert tokens.verified == 201, "the one in use was verified once"

    def test_old_key_ring_does_not_fill_the_new_cache(self, sqlite_table: KeyTable) -> None:
        """A rotation may overtake a thread between its verifying and its caching."""
        ring = sqlite_table.worker()

        class Overtaken(AccessTokens):
            def _verify(self, token: str, now: int) -> Any:
                verified = super()._verify(token, now)
                if not done:
                    done.append(ring.rotate(now, at_once=True))
                    with pytest.raises(InvalidToken):
                        self.read(token, now=now)
                return verified

        done: list[Any] = []
        tokens = Overtaken(ring, issuer=ISSUER, audience=ISSUER, access_seconds=900)
        token = issued(tokens)
        assert tokens.read(token, now=NOW).subject == "ada", "it was valid when it began"
        with pytest.raises(InvalidToken):
            tokens.read(token, now=NOW)


def test_tokens_of_a_fallback_secret_are_read(ring: KeyRing) -> None:
    former = issued(tokens_of(DerivedKeys([OTHER_SECRET])))
    assert tokens_of(DerivedKeys([SECRET, OTHER_SECRET])).read(former, now=NOW).subject == "ada"
    with pytest.raises(InvalidToken):
        tokens_of(DerivedKeys([SECRET])).read(former, now=NOW)


def test_tokens_of_before_and_after_a_rotation_are_read(sqlite_table: KeyTable) -> None:
    ring = sqlite_table.worker()
    tokens = tokens_of(ring)
    before = issued(tokens)
    ring.rotate(NOW)
    after = issued(tokens, NOW + 600)
    assert jwt.get_unverified_header(before)["kid"] != jwt.get_unverified_header(after)["kid"]
    for token in (before, after):
        assert tokens_of(sqlite_table.worker()).read(token, now=NOW + 600).subject == "ada"


def test_a_token_may_name_several_audiences(ring: KeyRing) -> None:
    token = signed(ring.signing_key(NOW), claims_of(aud=["https://other.example", ISSUER]))
    assert tokens_of(ring).read(token, now=NOW).subject == "ada"


def test_the_audience_is_what_was_configured(ring: KeyRing) -> None:
    token = issued(tokens_of(ring, audience="reports"))
    assert tokens_of(ring, audience="reports").read(token, now=NOW).subject == "ada"
    with pytest.raises(InvalidToken):
        tokens_of(ring).read(token, now=NOW)


@pytest.mark.parametrize("typ", ["at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"])
def test_the_type_is_a_media_type_in_any_case(ring: KeyRing, typ: str) -> None:
    """RFC 9068 section 4, RFC 7515 section 4.1.9."""
    token = signed(ring.signing_key(NOW), claims_of(), typ=typ)
    assert tokens_of(ring).read(token, now=NOW).subject == "ada"


def test_claims_that_others_add_are_no_offence(ring: KeyRing) -> None:
    token = signed(ring.signing_key(NOW), claims_of() | {"extra": [1, {"a": None}]})
    assert tokens_of(ring).read(token, now=NOW).subject == "ada"


def test_importing_and_reading_nothing_loads_neither_jwt_nor_cryptography() -> None:
    code = (
        "import sys, json; from flask_dovetail.auth import keys_cli;"
        "from flask_dovetail.auth.tokens import access;"
        "from flask_dovetail.auth.tokens.keys.ring import DerivedKeys;"
        "ring = DerivedKeys(['x' * 32]);"
        "access.AccessTokens(ring, issuer='i', audience='a', access_seconds=9);"
        "print(json.dumps(sorted({'jwt', 'cryptography', 'sqlalchemy'} & set(sys.modules))))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(run.stdout) == []
