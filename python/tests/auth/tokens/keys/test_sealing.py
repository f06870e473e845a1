"""Private keys at rest: sealed, and bound to the row they are in."""

from __future__ import annotations

import base64
import json
from typing import Any

import jwt
import pytest

from flask_dovetail.auth.tokens.keys.pairs import Sealer, generate
from support.key_rings import OTHER_SECRET, SECRET

ALGORITHMS = ["EdDSA", "ES256"]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_sealed_key_opens_as_the_same_key(algorithm: Any) -> None:
    pair = generate(algorithm)
    found = Sealer([SECRET]).open(pair.kid, algorithm, Sealer([SECRET]).seal(pair))
    assert found is not None
    opened, by_fallback = found
    assert (opened.jwk, by_fallback) == (pair.jwk, False)
    signed = jwt.encode({}, opened.private, algorithm=algorithm)
    jwt.decode(signed, pair.public, algorithms=[algorithm])


def test_key_sealed_under_a_fallback_opens_and_is_marked() -> None:
    pair = generate("EdDSA")
    sealed = Sealer([OTHER_SECRET]).seal(pair)
    found = Sealer([SECRET, OTHER_SECRET]).open(pair.kid, "EdDSA", sealed)
    assert found is not None
    assert found[1] is True
    assert Sealer([SECRET]).open(pair.kid, "EdDSA", sealed) is None


def test_the_same_key_is_never_sealed_twice_alike() -> None:
    pair = generate("EdDSA")
    sealer = Sealer([SECRET])
    assert sealer.seal(pair) != sealer.seal(pair)


def test_key_sealed_for_another_row_or_algorithm_does_not_open() -> None:
    sealer = Sealer([SECRET])
    pair = generate("ES256")
    sealed = sealer.seal(pair)
    assert sealer.open(generate("ES256").kid, "ES256", sealed) is None
    assert sealer.open(pair.kid, "EdDSA", sealed) is None


@pytest.mark.parametrize("sealed", ["", "AAAA", "not base64!", "\u00e9", "A" * 400])
def test_a_damaged_row_does_not_open(sealed: str) -> None:
    assert Sealer([SECRET]).open("kid", "EdDSA", sealed) is None


def test_every_changed_byte_is_noticed() -> None:
    sealer = Sealer([SECRET])
    pair = generate("EdDSA")
    data = base64.b64decode(sealer.seal(pair))
    for at in range(len(data)):
        changed = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        assert sealer.open(pair.kid, "EdDSA", base64.b64encode(changed).decode()) is None


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_nothing_private_is_in_the_sealed_text_the_repr_or_the_published_key(
    algorithm: Any,
) -> None:
    pair = generate(algorithm)
    private = jwt.get_algorithm_by_name(algorithm).to_jwk(pair.private, as_dict=True)["d"]
    for shown in (Sealer([SECRET]).seal(pair), repr(pair), json.dumps(pair.jwk)):
        assert private not in shown
    assert not {"d", "p", "q", "dp", "dq", "qi", "oth", "k"} & pair.jwk.keys()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_id_is_the_thumbprint_of_the_public_key(algorithm: Any) -> None:
    """RFC 7638, as another library computes it."""
    from joserfc import jwk

    pair = generate(algorithm)
    bare = {name: value for name, value in pair.jwk.items() if name not in ("kid", "use", "alg")}
    assert pair.kid == jwk.import_key(bare).thumbprint()
