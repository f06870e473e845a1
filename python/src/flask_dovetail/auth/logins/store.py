"""The store of logins: one protocol, implemented by SQL and Valkey, proved by one suite.

Every method is atomic. No method ever brings a login back: a login that is not there is not
written. Outages raise the driver's own exception, which is answered with 503.

A login of the token strategy is stored beside the others, with the state of its refresh family
(`docs/refresh.md`), so that listing and ending reach both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from ..log import log

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.orm import Session

    from ...core.identity import Login


class Rotation(NamedTuple):
    """One replacement of a family's secret: when (ms, the store's clock), and by which key."""

    at: int
    key: str


class Family(NamedTuple):
    """A refresh family as it was at one moment of the store.

    Attributes:
        login: the login that the family belongs to.
        refresh_hash: SHA-256 of the current secret.
        rotations: the latest ones, oldest first.
        bound_key: the thumbprint of the browser key it is bound to, if it is bound.
        read_at: that moment, in ms of the store's clock, which also times the rotations.
    """

    login: Login
    refresh_hash: str
    rotations: tuple[Rotation, ...]
    bound_key: str | None
    read_at: int


class OutdatedProof(Exception):  # noqa: N818 - the proof is at fault, not the store
    """A sign-in relies on a proof from before the end of that person's logins: prove it again.

    Attributes:
        proved_at: the time of the next proof, which begins now. None: ask `now_ms`, because a
            password is being changed at this moment.
    """

    def __init__(self, proved_at: int | None) -> None:
        self.proved_at = proved_at


class KeptLoginEnded(Exception):  # noqa: N818
    """The login that was to be spared is not there any more. Nothing has been ended."""


class KeptLogin(NamedTuple):
    """The login that `end_all` spares: its id, and the hash of the session id that was sent.

    Attributes:
        token_hash: None where the login was proved by something else.
    """

    login_id: str
    token_hash: str | None = None


class Logins(Protocol):
    """The logins of everybody.

    `token_hash` is the SHA-256 of the session id, or that of the family's handle, which
    `tokens.refresh.rules.handle_hash` makes of another kind: neither is ever found as the other.
    """

    def now_ms(self) -> int:
        """Return the store's time, which `create` compares with that of `end_all`."""

    def create(
        self,
        login: Login,
        token_hash: str,
        *,
        proved_at: int | None = None,
        replaces: Collection[str] = (),
        refresh_hash: str | None = None,
        bound_key: str | None = None,
    ) -> None:
        """Store a new login; in the same step, end the logins with the hashes `replaces`.

        Where its owner then has more than the store allows for one person, the logins that were
        seen longest ago end as well, and the log says so. The new one never does.

        Args:
            proved_at: `now_ms` from before the person proved who they are; None: no proof that
                could be outdated.
            refresh_hash: given for token logins, and for no others.

        Raises:
            OutdatedProof: the person's logins were ended after `proved_at`, or that is more than an
                hour ago. Nothing has been written.
        """

    def find(self, token_hash: str) -> Login | None:
        """Return the login with that hash, or None; the rules decide whether it is still live."""

    def find_family(self, token_hash: str) -> Family | None:
        """Return the family with that hash and the store's time, in one read; None for sessions."""

    def exists(self, subject: str, login_id: str) -> bool:
        """Return whether nobody has ended that login: one read, for every request that asks.

        A login that a limit has ended may still be there: in SQL until the sweep, in Valkey's index
        until its owner's next sign-in or touch. The access token carries the absolute limit itself,
        and outlives no inactivity limit, since it is shorter than any.
        """

    def find_all(self, named: Collection[tuple[str, str]]) -> list[Login]:
        """Return the logins, named by subject and id, that nobody has ended, in any order.

        Called twice a second for all logins that have a socket open: a few reads, however many they
        are.
        """

    def touch(self, login: Login, token_hash: str, *, now: int) -> bool:
        """Move `last_seen_at` forward; return False if the login has ended. It stays ended."""

    def rotate(self, login: Login, token_hash: str, *, successor: str) -> bool:
        """Give the login another hash; return False if it has ended or was rotated by another."""

    def rotate_family(self, login: Login, token_hash: str, *, refresh_hash: str) -> bool:
        """Give a token login another handle and secret; return False if there is no such family.

        Its former tokens then belong to nobody: they refresh nothing, and they end nothing.
        """

    def advance(
        self,
        family: Family,
        token_hash: str,
        *,
        refresh_hash: str,
        kept: tuple[Rotation, ...],
        key: str,
        now: int,
        bind: str | None = None,
    ) -> bool:
        """Replace the secret of a family that is still as it was read: a compare-and-swap.

        Stores the rotations `kept` and this one, made with `key`, at the moment of writing by the
        store's clock. Moves `last_seen_at` forward to `now`. Binds the family, unbound so far, to
        the key with the thumbprint `bind`. Returns False if the family has ended, or another call
        has replaced its secret.
        """

    def end(self, subject: str, login_id: str) -> bool:
        """End one login of `subject`; return False if there is no such login."""

    def end_all(self, subject: str, *, keep: KeptLogin | None = None) -> int:
        """End the logins of `subject`, except `keep`, and outdate every proof of `subject` so far.

        Returns how many logins were ended.

        Raises:
            KeptLoginEnded: `keep` is not there, or has another session id by now.
        """

    def end_all_within(
        self, session: Session, subject: str, *, keep: KeptLogin | None = None
    ) -> int:
        """Do the same as `end_all` in the application's transaction; see `end_logins(session=)`.

        Raises:
            DeclarationError: the session is on another engine than the logins.
            KeptLoginEnded: see `end_all`.
        """

    def of_subject(self, subject: str) -> list[Login]:
        """Return the logins of `subject`, the last seen first, including those to be swept."""

    def sweep(self, *, now: int, limit: int = 1000) -> int:
        """Forget at most `limit` logins that a limit has ended.

        Returns how many; 0 when none are left.
        """

    def ping(self) -> None:
        """Raise when the store cannot be reached."""


def log_displaced(subject: str, count: int) -> None:
    """Log that `count` logins ended because their owner began more than one person may have."""
    if count:
        extra = {"subject": subject, "reason": "too many", "count": count}
        log.info("logins ended", extra=extra)


def write_rotations(rotations: tuple[Rotation, ...]) -> str:
    """Return the text that the stores hold: " <ms>.<key>" for each rotation.

    One more rotation is appended by appending its text.
    """
    return "".join(f" {at}.{key}" for at, key in rotations)


def read_rotations(text: str) -> tuple[Rotation, ...]:
    """Return the rotations that `write_rotations` wrote."""
    pairs = (pair.split(".") for pair in text.split())
    return tuple(Rotation(int(at), key) for at, key in pairs)
