"""Where logins are kept: one protocol, told alike by SQL and Valkey, proved by one suite.

Every method is atomic. None ever brings a login back: what is not there is not written.
Outages raise the driver's own exception, which is answered with 503.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol


class Login(NamedTuple):
    """One login, as it is kept. Times are Unix seconds.

    Attributes:
        id: names the login to its owner; not a secret.
        subject: whose it is.
        created_at: when it began.
        last_seen_at: the last request, to within `DOVETAIL_AUTH_TOUCH_SECONDS`.
        expires_at: when it ends, however busy.
        user_agent: of the browser that signed in; at most 256 characters.
        address: from which it signed in.
    """

    id: str
    subject: str
    created_at: int
    last_seen_at: int
    expires_at: int
    user_agent: str
    address: str


class Logins(Protocol):
    """The logins of everybody. `token_hash` is the SHA-256 of the session id."""

    def create(self, login: Login, token_hash: str, *, replaces: str | None = None) -> None:
        """Keep a new login; in the same step, end the one with the hash `replaces`."""

    def find(self, token_hash: str) -> Login | None:
        """The login with that hash. Whether it is still live is for the rules to say."""

    def touch(self, login: Login, token_hash: str, *, now: int) -> bool:
        """Move `last_seen_at` forward. False: the login has ended, and stays ended."""

    def rotate(self, login: Login, token_hash: str, *, successor: str) -> bool:
        """Give the login another hash. False: it has ended, or has been rotated by another."""

    def end(self, subject: str, login_id: str) -> bool:
        """End one login of `subject`. False: no such login."""

    def end_all(self, subject: str, *, keep: str | None = None) -> int:
        """End the logins of `subject`, except the one with the id `keep`. How many there were."""

    def of_subject(self, subject: str) -> list[Login]:
        """The logins of `subject`, the last seen first; ended by a limit, but not swept, too."""

    def sweep(self, *, now: int, limit: int = 1000) -> int:
        """Forget at most `limit` logins that a limit has ended. How many."""

    def ping(self) -> None:
        """Raise when the store cannot be reached."""
