"""Proofs of possession (DPoP, RFC 9449), which bind a refresh family to a key of its browser.

Only signing in and refreshing look at proofs. Access tokens stay bearer tokens. `docs/dpop.md` is
the guide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request

from ...contract.problems import InvalidDpopProof
from ...core import prefix, state, wire
from ...core.encoding import derive_key
from ..log import log
from ..logins.rules import digest
from ..request import challenge
from . import rules as dpop_rules
from .used_proofs import LocalUsedProofs, SharedUsedProofs

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flask import Flask
    from valkey import Valkey

    from ..logins.store import Family
    from .rules import Proof
    from .used_proofs import UsedProofs

_NONCE: str = wire.HEADERS["dpop_nonce"]


class Proofs:
    """Judges the proofs of one app.

    Args:
        origins: the origins that requests are sent to: the API's, and those of pages, since a
            server of pages may pass requests on.
        nonce_keys: the first makes nonces; the others, of SECRET_KEY_FALLBACKS, are recognised.
        used: remembers the proofs that have been used.
        clock: Unix seconds.
    """

    def __init__(
        self,
        *,
        origins: frozenset[str],
        nonce_keys: tuple[bytes, ...],
        used: UsedProofs,
        clock: Callable[[], float],
    ) -> None:
        self._origins = origins
        self._nonce_keys = nonce_keys
        self._used = used
        self._clock = clock

    def read(self, header: str) -> Proof:
        """Return the proof in the header of the current request, whenever it was made.

        Raises:
            InvalidDpopProof: it proves nothing, or was made for another request.
        """
        return dpop_rules.read(
            header, method=request.method, origins=self._origins, path=prefix.below(request.path)
        )

    def demand_fresh(self, proof: Proof) -> None:
        """Require that `proof` was made just now.

        Raises:
            InvalidDpopProof: it was not; the answer carries a nonce to make another proof with.
        """
        now = int(self._clock())
        if not dpop_rules.is_fresh(proof, self._nonce_keys, now=now):
            raise self._retry_refusal("Make another with the nonce of this answer.")

    def spend(self, proof: Proof) -> None:
        """Use `proof` up.

        Raises:
            InvalidDpopProof: it has been used before. The answer carries a nonce for another, since
                browsers send a request again by themselves when its connection broke.
        """
        name = digest(f"{proof.thumbprint}.{proof.jti}")
        if not self._used.spend(name, now=int(self._clock())):
            raise self._retry_refusal("It has been used before.")

    def _retry_refusal(self, detail: str) -> InvalidDpopProof:
        nonce = dpop_rules.nonce(self._nonce_keys[0], int(self._clock()))
        return InvalidDpopProof(detail, headers={**challenge.dpop("use_dpop_nonce"), _NONCE: nonce})


def read_fresh_proof(header: str | None) -> Proof | None:
    """Return the proof in the header `DPoP` of the current request: fresh, and not used up yet.

    Raises:
        InvalidDpopProof: the header holds no valid, fresh proof.
    """
    if header is None:
        return None
    proofs = state.get(Proofs)
    proof = proofs.read(header)
    proofs.demand_fresh(proof)
    return proof


def spend_proof(proof: Proof | None) -> str | None:
    """Use `proof` up, and return the thumbprint of the key that it proves.

    Raises:
        InvalidDpopProof: it has been used before.
    """
    if proof is None:
        return None
    state.get(Proofs).spend(proof)
    return proof.thumbprint


class Prover:
    """Checks the proof of a refresh request before its token is judged.

    A stolen cookie without the key can therefore do nothing: it cannot even show that it was
    replaced, which would end the login of its owner.

    Args:
        header: the value of `DPoP`, if it was sent.
    """

    def __init__(self, header: str | None) -> None:
        self._header = header
        self._proof: Proof | None = None

    def __call__(self, family: Family) -> str | None:
        """Return the key that `family` is bound to from now on; None where it is bound to no key.

        Raises:
            InvalidDpopProof: the proof is invalid, or not made with the key that the family is
                bound to.
        """
        if self._proof is None and self._header is not None:
            self._proof = self._spend_header(family, self._header)
        thumbprint = None if self._proof is None else self._proof.thumbprint
        if family.bound_key is not None and thumbprint != family.bound_key:
            raise _missing_key(family, "This login is bound to a key: prove to have it.")
        return thumbprint

    def _spend_header(self, family: Family, header: str) -> Proof:
        proofs = state.get(Proofs)
        try:
            proof = proofs.read(header)
        except InvalidDpopProof as refusal:
            if family.bound_key is not None:
                raise _missing_key(family, str(refusal)) from None
            raise
        if family.bound_key in (None, proof.thumbprint):  # remember no proof by another key
            proofs.demand_fresh(proof)
            proofs.spend(proof)
        return proof


def init_app(
    app: Flask,
    *,
    origins: frozenset[str],
    secret_keys: Sequence[str | bytes],
    valkey: Callable[[], Valkey] | None,
    clock: Callable[[], float],
) -> None:
    """Judge the proofs of `app`.

    Args:
        valkey: where all workers remember used proofs; None: each worker remembers its own.
    """
    proofs = Proofs(
        origins=origins,
        nonce_keys=tuple(derive_key(key, b"dovetail dpop nonce v1") for key in secret_keys),
        used=LocalUsedProofs() if valkey is None else SharedUsedProofs(valkey),
        clock=clock,
    )
    state.put(app, proofs)


def _missing_key(family: Family, detail: str) -> InvalidDpopProof:
    login = family.login
    log.warning("refresh without its key", extra={"subject": login.subject, "login": login.id})
    return dpop_rules.refusal(detail)
