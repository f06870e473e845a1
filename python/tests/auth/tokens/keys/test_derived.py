"""The ring of HS256, derived from SECRET_KEY."""

from __future__ import annotations

import pytest

from flask_dovetail.auth.request.rules import csrf_key
from flask_dovetail.auth.tokens.keys.ring import DerivedKeys, NotRotatable
from flask_dovetail.core.encoding import derive_key
from support.key_rings import NOW, OTHER_SECRET, SECRET


def test_the_first_secret_signs_and_fallbacks_only_verify() -> None:
    old, new = DerivedKeys([OTHER_SECRET]), DerivedKeys([SECRET, OTHER_SECRET])
    former = old.signing_key(NOW)
    assert new.signing_key(NOW).kid != former.kid
    verifying = new.verifying_key(former.kid, NOW)
    assert verifying is not None
    assert verifying.public == former.private
    assert DerivedKeys([SECRET]).verifying_key(former.kid, NOW) is None


def test_every_worker_derives_the_same_key_and_no_other_use_of_the_secret_shares_it() -> None:
    key = DerivedKeys([SECRET]).signing_key(NOW)
    assert key.private == DerivedKeys([SECRET.encode()]).signing_key(NOW).private
    assert key.private not in (csrf_key(SECRET), derive_key(SECRET, b"dovetail signing keys v1"))
    assert len(key.private) == 32


def test_a_shared_secret_is_published_nowhere() -> None:
    ring = DerivedKeys([SECRET, OTHER_SECRET])
    assert ring.public_keys(NOW) == []
    key = ring.signing_key(NOW)
    assert key.jwk is None
    assert key.kid not in key.private.hex()
    shown = repr(key) + repr(ring.describe(NOW))
    assert key.private.hex() not in shown
    assert repr(key.private) not in shown


def test_a_list_says_which_secret_each_key_comes_from() -> None:
    ring = DerivedKeys([SECRET, OTHER_SECRET])
    assert [line.state for line in ring.describe(NOW)] == [
        "verifies (SECRET_KEY_FALLBACKS)",
        "signs",
    ]


def test_rotating_says_that_the_secret_is_what_has_to_change() -> None:
    with pytest.raises(NotRotatable, match="SECRET_KEY_FALLBACKS"):
        DerivedKeys([SECRET]).rotate(NOW)
