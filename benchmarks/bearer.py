"""What a guarded read costs with an access token: the whole WSGI call, revocation late and at once.

One process and a Valkey of its own, both on one core. Short interleaved rounds, lower quartile of
rounds. Every peer answers the same JSON to somebody who is signed in; each is checked before it is
timed, also that it refuses strangers and a tampered token. Exit 1 when a claim fails.

Claims: at most 1.7 times a bare Flask view (EdDSA, the default), at most 2.8 times with immediate
revocation from Valkey; faster than the peers' token guards, with each algorithm.

Dovetail remembers in each process whose signature it has verified. So there is a second table, in
which every call brings a token that has not been seen before, and no claim about it.

    python benchmarks/bearer.py [rounds]
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared import servers
from shared.measure import call, calls, environ, in_turn, lower_quartile, settle, verdict
from shared.peers import (
    BARE,
    FLASK_JWT,
    FLASK_SECURITY,
    LOGIN,
    bare,
    bare_with_key,
    dovetail,
    flask_jwt,
    flask_security,
)
from werkzeug.test import Client

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

CALLS_PER_ROUND = 50
STRANGER = environ("/thing", headers={"Accept": "application/json"})
MOST = {"dovetail, EdDSA": 1.7, "dovetail, EdDSA, at once, Valkey": 2.8}


class Peer:
    """An app, somebody signed in to it, and how a token is sent to it.

    Args:
        sign_in: gives a new token, without a password where the peer can do that.
    """

    def __init__(
        self,
        app: Flask,
        sign_in: Callable[[Client], str],
        header: str = "Authorization",
        scheme: str = "Bearer ",
    ) -> None:
        self.app = app
        self._client = Client(app)
        self._sign_in = sign_in
        self._header = header
        self._scheme = scheme
        self.seen = self.new_request()

    def request(self, token: str) -> dict[str, Any]:
        headers = {"Accept": "application/json", self._header: self._scheme + token}
        return environ("/thing", headers=headers)

    def new_request(self) -> dict[str, Any]:
        """One with a token that the app has not seen yet."""
        return self.request(self._sign_in(self._client))


def of_dovetail(folder: Path, **config: Any) -> Peer:
    """The first token by a login, the others by refreshing it."""
    signed_in = False

    def sign_in(client: Client) -> str:
        nonlocal signed_in
        if signed_in:
            answer = client.post("/auth/refresh", headers={"X-Requested-With": "XMLHttpRequest"})
        else:
            answer = client.post("/auth/login", json=LOGIN)
            signed_in = True
        assert answer.status_code == 200, answer.text
        return answer.json["access_token"]  # type: ignore[index, no-any-return]

    return Peer(dovetail(folder, DOVETAIL_AUTH_STRATEGY="token", **config), sign_in)


def of_flask_jwt(algorithm: str) -> Peer:
    return Peer(
        flask_jwt(algorithm),
        lambda client: client.post("/login").json["access_token"],  # type: ignore[index]
    )


def of_flask_security(folder: Path) -> Peer:
    """A login checks a password with Argon2, so each further token is asked of the user's row."""
    app = flask_security(f"sqlite:///{folder}/security.sqlite3", "token")
    datastore = app.security.datastore  # type: ignore[attr-defined]

    def sign_in(_client: Client) -> str:
        with app.test_request_context():
            return datastore.find_user(email=LOGIN["email"]).get_auth_token()  # type: ignore[no-any-return]

    return Peer(app, sign_in, header="Authentication-Token", scheme="")


def make(folder: Path, valkey_url: str) -> dict[str, Peer]:
    at_once = {"DOVETAIL_AUTH_REVOCATION": "immediate"}
    in_valkey = {"DOVETAIL_AUTH_SESSION_STORE": "valkey", "DOVETAIL_VALKEY_URL": valkey_url}
    peers = {
        f"dovetail, {name}": of_dovetail(folder / name, DOVETAIL_AUTH_ALGORITHM=name)
        for name in ("EdDSA", "ES256", "HS256")
    }
    peers["dovetail, EdDSA, at once, Valkey"] = of_dovetail(
        folder / "valkey", **at_once, **in_valkey
    )
    peers["dovetail, EdDSA, at once, SQLite"] = of_dovetail(folder / "sqlite", **at_once)
    for name in ("EdDSA", "ES256", "HS256"):
        peers[f"{FLASK_JWT}, {name}"] = of_flask_jwt(name)
    peers[FLASK_SECURITY] = of_flask_security(folder)
    return peers


def check(name: str, peer: Peer) -> None:
    """That it lets in who is signed in, and neither a stranger nor a forged signature."""
    for request in (peer.seen, peer.new_request()):
        answer = call(peer.app, request)
        assert answer.status == "200 OK", f"{name}: {answer}"
        assert answer.data == call(bare(), STRANGER).data, f"{name} answers otherwise"
    token = next(value for key, value in peer.seen.items() if "AUTH" in key).split()[-1]
    middle = len(token) - 20
    forged = token[:middle] + ("A" if token[middle] != "A" else "B") + token[middle + 1 :]
    for refused in (STRANGER, peer.request(forged)):
        status = call(peer.app, refused).status
        assert status.startswith(("401", "422")), f"{name} lets strangers in: {status}"


def measure(
    peers: dict[str, Peer], requests: Callable[[Peer], list[dict[str, Any]]], rounds: int
) -> dict[str, float]:
    """Seconds per call, by peer."""
    apps = {BARE: bare(), "bare Flask, SECRET_KEY set": bare_with_key()}

    def prepare(name: str) -> Callable[[], None]:
        if name in apps:
            return calls(apps[name], [STRANGER] * CALLS_PER_ROUND)
        return calls(peers[name].app, requests(peers[name]))

    took = in_turn([*apps, *peers], prepare, rounds)
    return {name: lower_quartile(seconds) / CALLS_PER_ROUND for name, seconds in took.items()}


def show(title: str, found: dict[str, float]) -> None:
    print(title)
    for name, took in found.items():
        print(f"  {name:34} {took * 1e6:8.1f} µs   {took / found[BARE]:5.2f}x")


def main(rounds: int) -> int:
    settle()
    with servers.valkey() as url, tempfile.TemporaryDirectory() as folder:
        peers = make(Path(folder), url)
        for name, peer in peers.items():
            check(name, peer)
        found = measure(peers, lambda peer: [peer.seen] * CALLS_PER_ROUND, rounds)
        unseen = measure(
            peers, lambda peer: [peer.new_request() for _ in range(CALLS_PER_ROUND)], rounds // 4
        )
    per_round = f"rounds x {CALLS_PER_ROUND} calls"
    show(f"guarded read, lower quartile of {rounds} {per_round}", found)
    show(f"the same, each token for the first time, {rounds // 4} {per_round}", unseen)
    failed = [
        f"{name} is {found[name] / found[BARE]:.2f}x a bare view, more than {most}x"
        for name, most in MOST.items()
        if found[name] > most * found[BARE]
    ]
    failed += [
        f"{name} is not faster than {peer}"
        for name, took in found.items()
        for peer in peers
        if name.startswith("dovetail") and not peer.startswith("dovetail") and took >= found[peer]
    ]
    return verdict(failed)


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 120))
