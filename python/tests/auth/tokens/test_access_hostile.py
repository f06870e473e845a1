"""Access tokens as an attacker would write them: INVALID_TOKEN each, never another exception."""

from __future__ import annotations

import hashlib
import hmac
import json
import string
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from flask_dovetail.auth.tokens.access import AccessTokens
from flask_dovetail.auth.tokens.keys.pairs import generate
from flask_dovetail.auth.tokens.keys.ring import DerivedKeys, Key, KeyRing
from flask_dovetail.contract.problems import InvalidToken, TokenExpired
from flask_dovetail.core.identity import Identity
from support.base64url import b64
from support.key_rings import (
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

ALPHABET = string.ascii_letters + string.digits + "-_"


def refused(tokens: AccessTokens, token: str, now: int = NOW) -> str:
    """That it is refused, why, and that neither reason nor chain of exceptions repeats it."""
    with pytest.raises(InvalidToken) as caught:
        tokens.read(token, now=now)
    error = caught.value
    assert error.__cause__ is None
    assert error.__context__ is None, "a parser's exception quotes what it has parsed"
    assert len(token) < 20 or token not in str(error)
    assert error.detail is not None
    return error.detail


def foreign(algorithm: Any, kid: str) -> Key:
    """A key of an attacker's own, under a name of ours."""
    pair = generate(algorithm)
    return Key(kid, algorithm, pair.private, pair.public, pair.jwk)


class TestAlgorithms:
    @pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE", "", None, 0, False, [], {}])
    @pytest.mark.parametrize("signature", ["", "AA", None])
    def test_algorithm_none_is_refused_in_any_spelling(
        self, ring: KeyRing, alg: Any, signature: str | None
    ) -> None:
        token = signed(ring.signing_key(NOW), claims_of(), alg=alg)
        if signature is not None:
            token = token.rpartition(".")[0] + "." + signature
        refused(tokens_of(ring), token)

    @pytest.mark.parametrize("algorithm", ["EdDSA", "ES256"])
    def test_a_public_key_is_never_a_shared_secret(
        self, sqlite_table: KeyTable, algorithm: Any
    ) -> None:
        """In every form that an attacker can give to what we publish."""
        ring = sqlite_table.worker(algorithm=algorithm)
        key = ring.signing_key(NOW)
        (jwk,) = ring.public_keys(NOW)
        secrets = [
            key.public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
            key.public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).strip(),
            key.public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
            key.public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH),
            json.dumps(jwk).encode(),
            json.dumps({"keys": [jwk]}).encode(),
            jwk["x"].encode(),
            jwt.utils.base64url_decode(jwk["x"]),
            b"",
        ]
        for secret in secrets:
            for alg in ("HS256", algorithm):
                header = b64(json.dumps({"alg": alg, "kid": key.kid, "typ": "at+jwt"}))
                message = f"{header}.{b64(json.dumps(claims_of()))}"
                mac = hmac.digest(secret, message.encode(), hashlib.sha256)
                refused(tokens_of(ring), f"{message}.{b64(mac)}")

    @pytest.mark.parametrize(
        "alg", ["HS256", "HS384", "HS512", "RS256", "PS256", "ES256", "ES384", "EdDSA", "Ed25519"]
    )
    def test_a_token_cannot_choose_another_algorithm_than_its_key_has(
        self, ring: KeyRing, alg: str
    ) -> None:
        key = ring.signing_key(NOW)
        if alg != key.algorithm:
            assert refused(tokens_of(ring), signed(key, claims_of(), alg=alg)) == (
                "Its key is unknown."
            )

    def test_keys_of_two_algorithms_are_never_mistaken_for_each_other(
        self, sqlite_table: KeyTable
    ) -> None:
        eddsa = sqlite_table.worker(algorithm="EdDSA").signing_key(NOW)
        ring = sqlite_table.worker(algorithm="ES256")
        ring.signing_key(NOW)
        es256 = ring.signing_key(NOW + 600)
        assert (eddsa.algorithm, es256.algorithm) == ("EdDSA", "ES256")
        tokens = tokens_of(ring)
        for key, other in ((eddsa, es256), (es256, eddsa)):
            assert tokens.read(signed(key, claims_of()), now=NOW + 600).subject == "ada"
            for header in (
                {"kid": other.kid},
                {"alg": other.algorithm},
                {"kid": other.kid, "alg": other.algorithm},
            ):
                refused(tokens, signed(key, claims_of(), **header))

    def test_a_key_of_another_curve_or_kind_under_our_id_signs_nothing(
        self, sqlite_table: KeyTable
    ) -> None:
        ring = sqlite_table.worker(algorithm="ES256")
        kid = ring.signing_key(NOW).kid
        p384 = ec.generate_private_key(ec.SECP384R1())
        rsa_key = rsa.generate_private_key(65537, 2048)
        headers = {"kid": kid, "typ": "at+jwt"}
        for alg, private in (("ES384", p384), ("RS256", rsa_key), ("PS256", rsa_key)):
            refused(tokens_of(ring), jwt.encode(claims_of(), private, alg, headers=headers))
        refused(tokens_of(ring), signed(foreign("EdDSA", kid), claims_of()))
        refused(tokens_of(ring), signed(foreign("EdDSA", kid), claims_of(), alg="ES256"))

    def test_ecdsa_signature_of_zeros_is_refused(self, sqlite_table: KeyTable) -> None:
        """CVE-2022-21449, "psychic signatures", and their kin."""
        ring = sqlite_table.worker(algorithm="ES256")
        message = signed(ring.signing_key(NOW), claims_of()).rpartition(".")[0]
        order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
        for r in (0, order, 2**256 - 1):
            for s in (0, order, 2**256 - 1):
                raw = r.to_bytes(32) + s.to_bytes(32)
                refused(tokens_of(ring), f"{message}.{b64(raw)}")


class TestKeys:
    @pytest.mark.parametrize(
        "kid", ["", "unknown", "../../etc/passwd", "' OR 1=1 --", "\ud800", "\0", "x" * 4000]
    )
    def test_an_unknown_key_is_refused(self, ring: KeyRing, kid: str) -> None:
        token = signed(ring.signing_key(NOW), claims_of(), kid=kid)
        assert refused(tokens_of(ring), token) == "Its key is unknown."

    @pytest.mark.parametrize("kid", [None, 1, True, 1.5, [], ["x"], {}, ...])
    def test_a_key_must_be_named_by_a_string(self, ring: KeyRing, kid: Any) -> None:
        refused(tokens_of(ring), signed(ring.signing_key(NOW), claims_of(), kid=kid))

    @pytest.mark.parametrize("algorithm", ["EdDSA", "ES256"])
    def test_a_foreign_key_under_our_name_is_refused(
        self, sqlite_table: KeyTable, algorithm: Any
    ) -> None:
        ring = sqlite_table.worker(algorithm=algorithm)
        forger = foreign(algorithm, ring.signing_key(NOW).kid)
        assert refused(tokens_of(ring), signed(forger, claims_of())) == "Its signature is wrong."

    def test_the_key_of_another_app_is_refused(self, ring: KeyRing) -> None:
        other = DerivedKeys([OTHER_SECRET])
        refused(tokens_of(ring), issued(tokens_of(other)))
        named = Key(ring.signing_key(NOW).kid, "HS256", other.signing_key(NOW).private, b"")
        refused(tokens_of(ring), signed(named, claims_of()))

    @pytest.mark.parametrize("member", ["jwk", "jku", "x5u", "x5c", "x5t"])
    def test_key_inside_the_token_is_never_used(
        self, ring: KeyRing, member: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """RFC 8725 section 3.10. Nothing is fetched, nothing is parsed."""
        forger = foreign("EdDSA", ring.signing_key(NOW).kid)
        url = "http://127.0.0.1:9/jwks.json"
        values: dict[str, Any] = {"jwk": forger.jwk, "x5c": ["AAAA"], "x5t": "AAAA"}
        monkeypatch.setattr("socket.create_connection", pytest.fail)
        for key in (forger, ring.signing_key(NOW)):
            token = signed(key, claims_of(), **{member: values.get(member, url)})
            refused(tokens_of(ring), token)


class TestHeader:
    @pytest.mark.parametrize(
        "typ", [..., None, "", "JWT", "jwt", "at+jwt ", "at+jwt\0", "rt+jwt", "at+jwt;x", 1, [], {}]
    )
    def test_another_kind_of_token_is_refused(self, ring: KeyRing, typ: Any) -> None:
        """RFC 9068 section 4; RFC 8725 section 3.11."""
        refused(tokens_of(ring), signed(ring.signing_key(NOW), claims_of(), typ=typ))

    @pytest.mark.parametrize("crit", [[], ["exp"], ["b64"], "exp", None, [1], ["\ud800"]])
    def test_critical_extensions_are_not_understood(self, ring: KeyRing, crit: Any) -> None:
        """RFC 7515 section 4.1.11."""
        for more in ({}, {"b64": True}, {"b64": False}, {"exp": NOW}):
            refused(tokens_of(ring), signed(ring.signing_key(NOW), claims_of(), crit=crit, **more))

    @pytest.mark.parametrize("member", ["b64", "zip", "cty", "enc", "epk", "url", "x"])
    def test_header_with_other_members_is_refused(self, ring: KeyRing, member: str) -> None:
        refused(tokens_of(ring), signed(ring.signing_key(NOW), claims_of(), **{member: "DEF"}))

    def test_no_member_may_come_twice(self, ring: KeyRing) -> None:
        """RFC 7515 section 4: two parsers could read two different tokens."""
        key = ring.signing_key(NOW)
        members = [f'"alg":"{key.algorithm}"', f'"kid":"{key.kid}"', '"typ":"at+jwt"']
        tokens = tokens_of(ring)
        plain = "{" + ",".join(members) + "}"
        assert tokens.read(signed(key, claims_of(), header_text=plain), now=NOW).subject == "ada"
        for again in (*members, '"alg":"none"', '"kid":"x"', '"\\u0061lg":"none"'):
            for text in (plain[:-1] + "," + again + "}", "{" + again + "," + plain[1:]):
                refused(tokens, signed(key, claims_of(), header_text=text))

    @pytest.mark.parametrize("text", ["", "null", "[]", "1", '"at+jwt"', "{", "\xff", "[" * 2000])
    def test_a_header_is_a_json_object(self, ring: KeyRing, text: str) -> None:
        refused(tokens_of(ring), signed(ring.signing_key(NOW), claims_of(), header_text=text))

    @pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "utf-8-sig", "latin-1"])
    def test_a_header_is_utf_8(self, ring: KeyRing, encoding: str) -> None:
        key = ring.signing_key(NOW)
        text = f'{{"alg":"{key.algorithm}","kid":"{key.kid}","typ":"at+jwt"\u00a0}}'
        token = signed(key, claims_of(), header_text=text.encode(encoding))
        refused(tokens_of(ring), token)


REQUIRED = ["iss", "aud", "sub", "client_id", "iat", "nbf", "exp", "jti", "sid", "auth_time"]
REQUIRED += ["scope", "roles", "login_exp"]
WRONG: list[Any] = [..., None, True, {}, 0.5, -1, [1], [None], [], ""]
MISTYPED = [
    (claim, value)
    for claim in REQUIRED
    for value in WRONG
    if (claim, value) not in [("scope", ""), ("roles", [])]  # nothing granted, but well written
]
TIMES = ["iat", "nbf", "exp", "auth_time", "login_exp"]


class TestClaims:
    """Signed by our own key: what another issuer, or a former version, might have written."""

    @pytest.mark.parametrize(("claim", "value"), MISTYPED)
    def test_a_missing_or_mistyped_claim_is_refused(
        self, ring: KeyRing, claim: str, value: Any
    ) -> None:
        refused(tokens_of(ring), signed(ring.signing_key(NOW), claims_of(**{claim: value})))

    @pytest.mark.parametrize("claim", TIMES)
    @pytest.mark.parametrize(
        "value", [str(NOW), float(NOW), 1e300, 10**400, 2**63, -(10**20), True, [NOW]]
    )
    def test_a_time_is_a_whole_number_of_seconds(
        self, ring: KeyRing, claim: str, value: Any
    ) -> None:
        refused(tokens_of(ring), signed(ring.signing_key(NOW), claims_of(**{claim: value})))

    @pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity", "1e999", "9" * 5000])
    def test_numbers_that_json_does_not_have_are_refused(self, ring: KeyRing, word: str) -> None:
        payload = json.dumps(claims_of(exp=1234567)).replace("1234567", word)
        refused(tokens_of(ring), signed(ring.signing_key(NOW), payload))

    @pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
    def test_invalid_json_in_an_unread_claim_is_refused(self, ring: KeyRing, word: str) -> None:
        """Parsers in other languages would refuse what we accept."""
        payload = json.dumps(claims_of(x=1234567)).replace("1234567", word)
        refused(tokens_of(ring), signed(ring.signing_key(NOW), payload))

    @pytest.mark.parametrize(
        "aud", ["https://api.example.com/", "HTTPS://API.EXAMPLE.COM", "other", ["other"], [[]]]
    )
    def test_another_audience_is_refused(self, ring: KeyRing, aud: Any) -> None:
        token = signed(ring.signing_key(NOW), claims_of(aud=aud))
        assert refused(tokens_of(ring), token) == "It is for somebody else."

    @pytest.mark.parametrize(
        "aud", [["https://api.example.com", 1], {"https://api.example.com": 1}, 1]
    )
    def test_an_audience_is_a_string_or_a_list_of_them(self, ring: KeyRing, aud: Any) -> None:
        refused(tokens_of(ring), signed(ring.signing_key(NOW), claims_of(aud=aud)))

    @pytest.mark.parametrize("iss", ["https://api.example.com/", "", ["https://api.example.com"]])
    def test_another_issuer_is_refused(self, ring: KeyRing, iss: Any) -> None:
        refused(tokens_of(ring), signed(ring.signing_key(NOW), claims_of(iss=iss)))

    def test_a_claim_may_not_come_twice(self, ring: KeyRing) -> None:
        payload = json.dumps(claims_of())[:-1]
        for again in ('"sub":"eve"', '"exp":9999999999', '"s\\u0075b":"eve"'):
            refused(tokens_of(ring), signed(ring.signing_key(NOW), f"{payload},{again}}}"))

    @pytest.mark.parametrize("payload", ["", "null", "[]", '"x"', "{", b"\xff\xfe", "[" * 2000])
    def test_claims_are_a_json_object(self, ring: KeyRing, payload: Any) -> None:
        refused(tokens_of(ring), signed(ring.signing_key(NOW), payload))

    @pytest.mark.parametrize(
        "wrong",
        [{"aud": "other"}, {"iss": "other"}, {"sub": ...}, {"roles": "staff"}, {"nbf": NOW + 9000}],
    )
    def test_only_an_otherwise_valid_token_is_reported_as_expired(
        self, ring: KeyRing, wrong: dict[str, Any]
    ) -> None:
        key = ring.signing_key(NOW)
        tokens = tokens_of(ring)
        over = claims_of(exp=NOW - 1000)
        with pytest.raises(TokenExpired):
            tokens.read(signed(key, over), now=NOW)
        refused(tokens, signed(key, claims_of(exp=NOW - 1000) | {"x": 1}, typ="JWT"))
        refused(tokens, signed(key, claims_of(**{"exp": NOW - 1000, **wrong})))
        refused(tokens, signed(key, over)[:-8] + "AAAAAAAA")


class TestForm:
    @pytest.mark.parametrize(
        "token",
        [
            "",
            " ",
            ".",
            "..",
            "...",
            "a.b",
            "a.b.c.d",
            "a.b.c.d.e",
            "a..c",
            "\0",
            "a.b.c\0",
            "a.b.c\n",
            "\u00e9.b.c",
            "a.b.\u0661",
            "\ud800.b.c",
            "undefined",
            "null",
            "{}",
            "A" * 43,
            "A" * 43 + "." + "A" * 43,
        ],
    )
    def test_malformed_token_is_refused(self, ring: KeyRing, token: str) -> None:
        assert refused(tokens_of(ring), token) == "It does not have the form of a token."

    def test_100_kilobytes_are_refused_unread(
        self, ring: KeyRing, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("flask_dovetail.auth.tokens.jws.json_object", pytest.fail)
        huge = signed(ring.signing_key(NOW), claims_of(pad="x" * 100_000))
        for token in (huge, "A" * 100_000, "A." * 50_000, "." * 100_000):
            refused(tokens_of(ring), token)

    def test_padding_and_other_alphabets_are_no_base64url(self, ring: KeyRing) -> None:
        head, payload, signature = issued(tokens_of(ring)).split(".")
        for token in (
            f"{head}=.{payload}.{signature}",
            f"{head}.{payload}==.{signature}",
            f"{head}.{payload}.{signature}=",
            f" {head}.{payload}.{signature}",
            f"{head}.{payload}.{signature} ",
            f"{head}.{payload}.{signature}+",
            f"{head}.\n{payload}.{signature}",
        ):
            refused(tokens_of(ring), token)

    def test_every_truncation_is_refused(self, ring: KeyRing) -> None:
        tokens = tokens_of(ring)
        token = issued(tokens)
        for length in range(len(token)):
            refused(tokens, token[:length])
            refused(tokens, token[len(token) - length :])

    def test_every_change_of_one_character_is_refused(self, ring: KeyRing) -> None:
        """Also of the last ones, whose lowest bits say nothing."""
        tokens = tokens_of(ring)
        token = issued(tokens)
        last = {end - back for end in _ends(token) for back in (1, 2)}
        for at, was in enumerate(token):
            others = ALPHABET if at in last else (ALPHABET[(ALPHABET.find(was) + 1) % 64], ".", "=")
            for other in others:
                if other != was:
                    refused(tokens, token[:at] + other + token[at + 1 :])

    def test_every_character_left_out_or_doubled_is_refused(self, ring: KeyRing) -> None:
        tokens = tokens_of(ring)
        token = issued(tokens)
        for at in range(len(token)):
            refused(tokens, token[:at] + token[at + 1 :])
            refused(tokens, token[: at + 1] + token[at:])

    def test_parts_of_two_tokens_are_refused(self, ring: KeyRing) -> None:
        tokens = tokens_of(ring)
        one, other = issued(tokens).split("."), issued(tokens, NOW + 1).split(".")
        refused(tokens, ".".join([one[0], other[1], one[2]]))
        refused(tokens, ".".join([one[0], one[1], other[2]]))

    def test_a_refresh_token_is_no_access_token(self, ring: KeyRing) -> None:
        refused(tokens_of(ring), "h" * 43 + "." + "s" * 43)


def _ends(token: str) -> list[int]:
    first = token.index(".")
    second = token.index(".", first + 1)
    return [first, second, len(token)]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
FUZZ = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
MEMBERS = ["alg", "kid", "typ", "crit", "x"]
TOKENS = tokens_of(DerivedKeys([SECRET]))
OURS = DerivedKeys([SECRET]).signing_key(NOW)


@FUZZ
@given(token=st.text() | st.text(alphabet=ALPHABET + ".=", max_size=400))
@example(token="\ud800")
def test_no_text_raises_anything_else(token: str) -> None:
    refused(TOKENS, token)


@FUZZ
@given(
    header=st.dictionaries(st.sampled_from(["alg", "kid", "typ", "crit", "x"]), JSON, min_size=1)
)
def test_no_header_raises_anything_else(header: dict[str, Any]) -> None:
    whole = {"alg": OURS.algorithm, "kid": OURS.kid, "typ": "at+jwt"} | header
    refused(TOKENS, signed(OURS, claims_of(), header_text=json.dumps(whole)))


@FUZZ
@given(changes=st.dictionaries(st.sampled_from(REQUIRED), JSON, min_size=1))
def test_claims_of_any_type_are_read_or_refused_and_nothing_else(changes: dict[str, Any]) -> None:
    """A token that is read has the promised types."""
    token = signed(OURS, claims_of() | changes)
    try:
        read = TOKENS.read(token, now=NOW)
    except (InvalidToken, TokenExpired):
        return
    assert isinstance(read.subject, str)
    assert isinstance(read.login_id, str)
    assert all(isinstance(part, str) for part in (*read.scopes, *read.roles))
    times = (read.issued_at, read.expires_at, read.authenticated_at, read.login_expires_at)
    assert all(type(moment) is int for moment in times)


@FUZZ
@given(
    subject=st.text(min_size=1, max_size=255),
    scopes=st.sets(st.text(alphabet=ALPHABET + ":./", min_size=1, max_size=20), max_size=8),
    roles=st.sets(st.text(max_size=20), max_size=8),
    age=st.integers(min_value=0, max_value=10**9),
    left=st.integers(min_value=1, max_value=10**7),
)
def test_whatever_is_issued_is_read_back(
    subject: str, scopes: set[str], roles: set[str], age: int, left: int
) -> None:
    login = a_login(subject, created_at=NOW - age, expires_at=NOW + left)
    identity = Identity(subject, roles=roles, scopes=scopes)
    token, expires_in = TOKENS.issue(login, identity, now=NOW)
    read = TOKENS.read(token, now=NOW)
    assert (read.subject, read.scopes, set(read.roles)) == (subject, scopes, roles)
    assert read.authenticated_at == NOW - age
    assert read.expires_at == NOW + expires_in <= read.login_expires_at
