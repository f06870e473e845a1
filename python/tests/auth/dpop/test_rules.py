"""A proof of possession is valid for one request, one moment, one key (RFC 9449)."""

from __future__ import annotations

import hmac
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from flask_dovetail.auth.dpop.rules import Proof, is_fresh, nonce, read
from flask_dovetail.auth.tokens.jws import json_object, split
from flask_dovetail.contract.problems import InvalidDpopProof
from support.base64url import b64
from support.dpop_proofs import API, NOW, BrowserKey

KEY, OLD_KEY = b"the key of nonces", b"the key of nonces before"
OF_RFC_9449 = (  # section 4.1
    "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUk"
    "lDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUw"
    "Q2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6I"
    "mh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A"
    "0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg"
)


@pytest.fixture(scope="module")
def key() -> BrowserKey:
    return BrowserKey()


def proven(text: str, *, origins: tuple[str, ...] = (API,), path: str = "/auth/refresh") -> Proof:
    return read(text, method="POST", origins=origins, path=path)


def refusal(text: str) -> str:
    with pytest.raises(InvalidDpopProof) as caught:
        proven(text)
    refused = caught.value
    assert refused.headers == {"WWW-Authenticate": 'DPoP error="invalid_dpop_proof"'}
    assert refused.detail is not None
    return refused.detail


def claims_in(text: str) -> dict[str, Any]:
    read_parts = split(text, max_bytes=4096)
    assert read_parts is not None
    claims = json_object(read_parts[1])
    assert claims is not None
    return claims


class TestWhatIsProven:
    @pytest.mark.parametrize("algorithm", ["ES256", "EdDSA"])
    def test_a_proof_names_its_key_by_the_thumbprint_of_rfc_7638(self, algorithm: Any) -> None:
        key = BrowserKey(algorithm)
        proof = proven(key.proof(jti="an id", iat=7, nonce="n"))
        assert proof == Proof(key.thumbprint, "an id", 7, "n")
        assert len(proof.thumbprint) == 43

    def test_the_example_of_the_standard_is_read_as_it_says(self) -> None:
        proof = read(
            OF_RFC_9449, method="POST", origins=["https://server.example.com"], path="/token"
        )
        assert proof.thumbprint == "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"  # section 6.1
        assert (proof.jti, proof.iat, proof.nonce) == ("-BwC3ESc6acc2lTc", 1562262616, None)

    def test_optional_members_of_the_public_key_do_not_change_its_thumbprint(
        self, key: BrowserKey
    ) -> None:
        described = {**key.jwk, "kid": "1", "use": "sig", "ext": True, "key_ops": ["verify"]}
        assert proven(key.proof(header={"jwk": described})).thumbprint == key.thumbprint

    @pytest.mark.parametrize(
        "htu",
        [
            f"{API}/auth/refresh?a=b",
            f"{API}/auth/refresh#there",
            "HTTP://LOCALHOST:5000/auth/refresh",
        ],
    )
    def test_query_fragment_and_case_of_the_origin_do_not_count(
        self, key: BrowserKey, htu: str
    ) -> None:
        assert proven(key.proof(htu=htu)).thumbprint == key.thumbprint

    def test_the_default_port_may_be_written(self, key: BrowserKey) -> None:
        text = key.proof(htu="https://api.example.com:443/auth/refresh")
        assert proven(text, origins=("https://api.example.com",)).thumbprint == key.thumbprint

    def test_the_request_may_have_gone_through_a_server_of_pages(self, key: BrowserKey) -> None:
        text = key.proof(htu="http://localhost:5173/auth/refresh")
        assert proven(text, origins=(API, "http://localhost:5173"))


class TestAnotherRequest:
    @pytest.mark.parametrize("htm", ["GET", "post", "", ..., None, ["POST"], 1])
    def test_another_method_is_refused(self, key: BrowserKey, htm: Any) -> None:
        assert refusal(key.proof(htm=htm)) == "It was made for another request."

    @pytest.mark.parametrize(
        "htu",
        [
            "http://localhost:5000/auth/login",
            "http://localhost:5000/auth/refresh/",
            "http://localhost:5000/AUTH/refresh",
            "http://localhost:5000/auth/%72efresh",
            "http://localhost:5000//auth/refresh",
            "http://localhost:5000/x/../auth/refresh",
            "https://localhost:5000/auth/refresh",
            "http://localhost/auth/refresh",
            "http://localhost:5001/auth/refresh",
            "http://evil.example/auth/refresh",
            "http://localhost:5000.evil.example/auth/refresh",
            "http://localhost:5000@evil.example/auth/refresh",
            "http://evil.example@localhost:5000/auth/refresh",
            "http://localhost:5000\\@evil.example/auth/refresh",
            "http://localhost:5000\n/auth/refresh",
            " http://localhost:5000/auth/refresh",
            "http://localhost:5000/auth/refresh\n",
            "http://[::1/auth/refresh",
            "//localhost:5000/auth/refresh",
            "/auth/refresh",
            "*",
            "",
            ...,
            None,
            ["http://localhost:5000/auth/refresh"],
            5,
        ],
    )
    def test_another_address_is_refused(self, key: BrowserKey, htu: Any) -> None:
        assert refusal(key.proof(htu=htu)) == "It was made for another request."


class TestOtherAlgorithms:
    @pytest.mark.parametrize(
        "alg", ["none", "None", "", "HS256", "RS256", "PS256", "ES384", "es256", None, 1, ["ES256"]]
    )
    def test_only_two_algorithms_are_known(self, key: BrowserKey, alg: Any) -> None:
        assert refusal(key.proof(header={"alg": alg})) == "Its alg is none of ES256 and EdDSA."

    def test_unsigned_jwt_is_refused(self, key: BrowserKey) -> None:
        head, payload, _ = key.proof(header={"alg": "none"}).split(".")
        assert refusal(f"{head}.{payload}.") == "It is not one JWT of at most 4 kB."

    def test_the_public_key_is_no_shared_secret(self, key: BrowserKey) -> None:
        jwk = {"kty": "oct", "k": b64("a secret that both know")}
        head = b64(json.dumps({"typ": "dpop+jwt", "alg": "HS256", "jwk": jwk}))
        message = f"{head}.{key.proof().split('.')[1]}"
        seal = hmac.digest(b"a secret that both know", message.encode(), "sha256")
        assert refusal(f"{message}.{b64(seal)}") == "Its alg is none of ES256 and EdDSA."

    def test_a_key_of_rsa_is_refused(self) -> None:
        private = rsa.generate_private_key(65537, 2048)
        algorithm = jwt.get_algorithm_by_name("RS256")
        jwk: Any = algorithm.to_jwk(private.public_key(), as_dict=True)
        for alg, why in (
            ("RS256", "Its alg is none of ES256 and EdDSA."),
            ("ES256", "The key it shows is not of its alg."),
        ):
            claims = {"jti": "1", "htm": "POST", "htu": f"{API}/auth/refresh", "iat": NOW}
            header = {"typ": "dpop+jwt", "alg": alg, "jwk": jwk}
            message = f"{b64(json.dumps(header))}.{b64(json.dumps(claims))}"
            text = f"{message}.{b64(algorithm.sign(message.encode(), private))}"
            assert refusal(text) == why

    def test_the_key_has_to_be_of_the_algorithm(self, key: BrowserKey) -> None:
        other = BrowserKey("EdDSA")
        for text in (
            key.proof(header={"jwk": other.jwk}),
            key.proof(header={"alg": "EdDSA"}),
            other.proof(header={"alg": "ES256"}),
            key.proof(header={"jwk": {**key.jwk, "crv": "P-384"}}),
            key.proof(header={"jwk": {**key.jwk, "crv": "secp256k1"}}),
            key.proof(header={"jwk": {**other.jwk, "crv": "X25519"}, "alg": "EdDSA"}),
        ):
            assert refusal(text) == "The key it shows is not of its alg."

    def test_a_key_of_another_curve_is_refused_whatever_it_calls_itself(self) -> None:
        private = ec.generate_private_key(ec.SECP384R1())
        jwk: Any = jwt.get_algorithm_by_name("ES384").to_jwk(private.public_key(), as_dict=True)
        text = BrowserKey().proof(header={"jwk": {**jwk, "crv": "P-256"}})
        assert refusal(text) == "The key it shows is not of its alg."


class TestOtherKeys:
    def test_a_proof_by_another_key_than_it_shows_is_refused(self, key: BrowserKey) -> None:
        text = BrowserKey().proof(header={"jwk": key.jwk})
        assert refusal(text) == "It is not signed with the key that it shows."

    @pytest.mark.parametrize("algorithm", ["ES256", "EdDSA"])
    def test_a_private_key_is_refused(self, algorithm: Any) -> None:
        key = BrowserKey(algorithm)
        text = key.proof(header={"jwk": key.private_jwk})
        assert refusal(text) == "It shows a private key, which is none any more."

    @pytest.mark.parametrize("member", ["d", "p", "q", "dp", "dq", "qi", "oth", "k"])
    def test_no_private_member_passes_even_empty(self, key: BrowserKey, member: str) -> None:
        text = key.proof(header={"jwk": {**key.jwk, member: ""}})
        assert refusal(text) == "It shows a private key, which is none any more."

    @pytest.mark.parametrize("jwk", [..., None, "", "key", [], {}, 5, {"kty": "EC"}])
    def test_malformed_key_is_refused(self, key: BrowserKey, jwk: Any) -> None:
        refusal(key.proof(header={"jwk": jwk}))

    @pytest.mark.parametrize(
        "changes",
        [
            {"x": None},
            {"x": ""},
            {"x": 5},
            {"x": ["A" * 43]},
            {"y": "A" * 42},
            {"y": "A" * 44},
            {"x": "A" * 42 + "="},
            {"x": "+" * 43},
            {"x": "A" * 43, "y": "A" * 43},  # no point of the curve
            {"x": "_" * 43},
        ],
    )
    def test_invalid_coordinates_are_refused(
        self, key: BrowserKey, changes: dict[str, Any]
    ) -> None:
        refusal(key.proof(header={"jwk": {**key.jwk, **changes}}))

    def test_one_key_has_one_thumbprint(self, key: BrowserKey) -> None:
        """The last character has bits to spare, which another spelling could use."""
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        x = key.jwk["x"]
        other = x[:-1] + alphabet[alphabet.index(x[-1]) ^ 1]
        text = key.proof(header={"jwk": {**key.jwk, "x": other}})
        assert refusal(text) == "The key it shows is not of its alg."


class TestForm:
    @pytest.mark.parametrize(
        "text",
        ["", ".", "..", "a.b", "a.b.c.d", "a.b.c", "\0", "é.é.é", "eyJ9..", " a.b.c", "null"],
    )
    def test_garbage_is_refused(self, text: str) -> None:
        refusal(text)

    def test_two_headers_which_servers_join_are_refused(self, key: BrowserKey) -> None:
        assert refusal(f"{key.proof()},{key.proof()}") == "It is not one JWT of at most 4 kB."
        assert refusal(f"{key.proof()}, {key.proof()}") == "It is not one JWT of at most 4 kB."

    def test_10_kilobytes_are_refused_unread(
        self, key: BrowserKey, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        huge = key.proof(pad="x" * 10_000)
        monkeypatch.setattr("flask_dovetail.auth.tokens.jws.json_object", pytest.fail)
        for text in (huge, "A" * 10_000, "A." * 5_000):
            assert refusal(text) == "It is not one JWT of at most 4 kB."

    @pytest.mark.parametrize(
        "typ", [..., None, "JWT", "at+jwt", "application/dpop+jwt", "DPOP+JWT"]
    )
    def test_a_token_of_another_kind_is_refused(self, key: BrowserKey, typ: Any) -> None:
        refusal(key.proof(header={"typ": typ}))

    @pytest.mark.parametrize("more", [{"crit": ["b64"], "b64": False}, {"kid": "1"}, {"jku": API}])
    def test_the_header_says_nothing_else(self, key: BrowserKey, more: dict[str, Any]) -> None:
        refusal(key.proof(header=more))

    def test_a_member_that_is_there_twice_is_refused(self, key: BrowserKey) -> None:
        head = f'{{"typ":"dpop+jwt","alg":"ES256","jwk":{json.dumps(key.jwk)},"alg":"ES256"}}'
        refusal(key.signed(head, claims_in(key.proof())))
        claims = json.dumps(claims_in(key.proof()))
        refusal(
            key.signed(
                {"typ": "dpop+jwt", "alg": "ES256", "jwk": key.jwk}, claims[:-1] + ',"htm":"POST"}'
            )
        )

    def test_a_changed_claim_is_noticed(self, key: BrowserKey) -> None:
        head, _, signature = key.proof().split(".")
        payload = b64(json.dumps(claims_in(key.proof())))
        assert refusal(f"{head}.{payload}.{signature}") == (
            "It is not signed with the key that it shows."
        )

    @pytest.mark.parametrize(
        "changes",
        [
            {"jti": ...},
            {"jti": ""},
            {"jti": "x" * 129},
            {"jti": 5},
            {"jti": None},
            {"iat": ...},
            {"iat": str(NOW)},
            {"iat": True},
            {"iat": -1},
            {"iat": 10**15},
            {"iat": None},
            {"nonce": 5},
            {"nonce": ["n"]},
        ],
    )
    def test_a_claim_that_is_missing_or_of_another_type_is_refused(
        self, key: BrowserKey, changes: dict[str, Any]
    ) -> None:
        assert refusal(key.proof(**changes)) == "A claim is missing, or of the wrong type."

    @pytest.mark.parametrize("claims", ["[]", "null", "5", '"text"', "{", '{"iat": NaN}', "\xff"])
    def test_claims_are_a_json_object(self, key: BrowserKey, claims: str) -> None:
        refusal(key.signed({"typ": "dpop+jwt", "alg": "ES256", "jwk": key.jwk}, claims))


class TestFreshness:
    @pytest.mark.parametrize(
        ("off", "fresh"), [(0, True), (60, True), (-60, True), (61, False), (-61, False)]
    )
    def test_without_a_nonce_the_clocks_may_be_a_minute_apart(self, off: int, fresh: bool) -> None:
        assert is_fresh(Proof("t", "j", NOW + off, None), [KEY], now=NOW) is fresh

    @pytest.mark.parametrize(
        ("age", "fresh"), [(0, True), (300, True), (301, False), (-30, True), (-31, False)]
    )
    def test_with_a_nonce_the_clock_of_the_client_does_not_count(
        self, age: int, fresh: bool
    ) -> None:
        """From another worker, whose clock may be ahead; and for five minutes."""
        for iat in (0, NOW, NOW + 86400):
            proof = Proof("t", "j", iat, nonce(KEY, NOW - age))
            assert is_fresh(proof, [KEY], now=NOW) is fresh

    def test_nonces_of_fallback_keys_are_good_and_of_others_not(self) -> None:
        proof = Proof("t", "j", NOW, nonce(OLD_KEY, NOW))
        assert is_fresh(proof, [KEY, OLD_KEY], now=NOW)
        assert not is_fresh(proof, [KEY], now=NOW)

    @pytest.mark.parametrize(
        "forged",
        [
            "",
            ".",
            str(NOW),
            f"{NOW}.",
            f"{NOW}.{'A' * 43}",
            f"0{nonce(KEY, NOW)}",
            f"+{nonce(KEY, NOW)}",
            f" {nonce(KEY, NOW)}",
            f"{nonce(KEY, NOW)}=",
            nonce(KEY, NOW - 3600).replace(str(NOW - 3600), str(NOW)),
            "\u0661.\u0662",
            f"{NOW}.\udcff",
            "9" * 5000 + ".A",
        ],
    )
    def test_a_nonce_that_is_not_ours_is_refused_even_in_a_fresh_proof(self, forged: str) -> None:
        assert not is_fresh(Proof("t", "j", NOW, forged), [KEY], now=NOW)

    def test_a_nonce_can_be_sent_in_a_header(self) -> None:
        text = nonce(KEY, NOW)
        assert text.isascii()
        assert text.isprintable()
        assert not set(text) & set(' "\\,')
