"""Proofs of possession (DPoP, RFC 9449): a refresh family can be bound to a key of its browser's.

Only signing in and refreshing look at proofs. Access tokens stay bearer tokens. `docs/dpop.md` is
the guide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request

from ... import state, wire
from ...contract.errors import InvalidDpopProof
from ...core.encoding import derive_key
from .. import challenge, rules
from ..log import log
from . import dpop_rules
from .replay import SpentEverywhere, SpentHere

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flask import Flask
    from valkey import Valkey

    from ..store import Family
    from .dpop_rules import Proof
    from .replay import Spent

_NONCE: str = wire.HEADERS["dpop_nonce"]


class Proofs:
    """What judges the proofs of one app.

    Args:
        origins: where requests are sent to: the API's origin, and those of pages, since a server
            of pages may pass requests on.
        nonce_keys: the first makes nonces; the others, of SECRET_KEY_FALLBACKS, are recognised.
        spent: remembers what has been used.
        clock: Unix seconds.
    """

    def __init__(
        self,
        *,
        origins: frozenset[str],
        nonce_keys: tuple[bytes, ...],
        spent: Spent,
        clock: Callable[[], float],
    ) -> None:
        self._origins = origins
        self._nonce_keys = nonce_keys
        self._spent = spent
        self._clock = clock

    def read(self, header: str) -> Proof:
        """The proof in the header of the current request, whenever it was made.

        Raises:
            InvalidDpopProof: it proves nothing, or was made for another request.
        """
        return dpop_rules.read(
            header, method=request.method, origins=self._origins, path=request.path
        )

    def demand_fresh(self, proof: Proof) -> None:
        """
        Raises:
            InvalidDpopProof: it is not of now; the answer carries a nonce to make another with.
        """
        now = int(self._clock())
        if not dpop_rules.is_fresh(proof, self._nonce_keys, now=now):
            raise self._once_more("Make another with the nonce of this answer.")

    def spend(self, proof: Proof) -> None:
        """Use it up.

        Raises:
            InvalidDpopProof: it has been used before. The answer carries a nonce for another, since
                browsers send a request again by themselves when its connection broke.
        """
        name = rules.digest(f"{proof.thumbprint}.{proof.jti}")
        if not self._spent.spend(name, now=int(self._clock())):
            raise self._once_more("It has been used before.")

    def _once_more(self, detail: str) -> InvalidDpopProof:
        nonce = dpop_rules.nonce(self._nonce_keys[0], int(self._clock()))
        return InvalidDpopProof(detail, headers={**challenge.dpop("use_dpop_nonce"), _NONCE: nonce})


def shown(header: str | None) -> Proof | None:
    """The proof in the header `DPoP` of the current request: of now, and not used up yet.

    Raises:
        InvalidDpopProof: what was sent is no good.
    """
    if header is None:
        return None
    proofs = state.get(Proofs)
    proof = proofs.read(header)
    proofs.demand_fresh(proof)
    return proof


def spent(proof: Proof | None) -> str | None:
    """The thumbprint of the key that `proof` proves, which is used up by this.

    Raises:
        InvalidDpopProof: it has been used before.
    """
    if proof is None:
        return None
    state.get(Proofs).spend(proof)
    return proof.thumbprint


class Prover:
    """What the request of a refresh proves, asked before its token is judged.

    A stolen cookie without the key can therefore do nothing: not even show that it was replaced,
    which would end the login of its owner.

    Args:
        header: `DPoP`, if it was sent.
    """

    def __init__(self, header: str | None) -> None:
        self._header = header
        self._proof: Proof | None = None

    def __call__(self, family: Family) -> str | None:
        """The key that `family` is bound to from now on: None, where it is to none.

        Raises:
            InvalidDpopProof: what was sent is no good, or not by the key that it is bound to.
        """
        if self._proof is None and self._header is not None:
            self._proof = self._used(family, self._header)
        thumbprint = None if self._proof is None else self._proof.thumbprint
        if family.bound_key is not None and thumbprint != family.bound_key:
            raise _without_key(family, "This login is bound to a key: prove to have it.")
        return thumbprint

    def _used(self, family: Family, header: str) -> Proof:
        proofs = state.get(Proofs)
        try:
            proof = proofs.read(header)
        except InvalidDpopProof as refusal:
            if family.bound_key is not None:
                raise _without_key(family, str(refusal)) from None
            raise
        if family.bound_key in (None, proof.thumbprint):  # nobody else's takes up memory
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
        valkey: where all workers remember what was used; None: each for itself.
    """
    proofs = Proofs(
        origins=origins,
        nonce_keys=tuple(derive_key(key, b"dovetail dpop nonce v1") for key in secret_keys),
        spent=SpentHere() if valkey is None else SpentEverywhere(valkey),
        clock=clock,
    )
    state.put(app, proofs)


def _without_key(family: Family, detail: str) -> InvalidDpopProof:
    login = family.login
    log.warning("refresh without its key", extra={"subject": login.subject, "login": login.id})
    return dpop_rules.refused(detail)
