"""What reaches people while they look: by the real server, to a plain Socket.IO client.

Once with SQLite, once with PostgreSQL and Valkey.
"""

from __future__ import annotations

import queue
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
import socketio

from starter_support.running import Browser, Server, serve, services

WAIT_SECONDS = 5


class Listener:
    """A connection to one namespace, and all that it hears."""

    def __init__(self, browser: Browser, namespace: str) -> None:
        self._client = socketio.Client(reconnection=False)
        self._namespace = namespace
        self._heard: queue.Queue[tuple[str, Any]] = queue.Queue()
        self._client.on("*", lambda name, data: self._heard.put((name, data)), namespace=namespace)
        bearer = browser.headers.get("Authorization", "").removeprefix("Bearer ")
        self._client.connect(
            str(browser.base_url),
            headers={"Cookie": browser.cookie},  # the client sends the origin itself
            auth={"token": bearer} if bearer else None,
            transports=["websocket"],
            namespaces=[namespace],
            wait_timeout=WAIT_SECONDS,
        )

    def close(self) -> None:
        self._client.disconnect()

    def ask(self, name: str, data: object) -> Any:
        """The acknowledgement."""
        return self._client.call(name, data, namespace=self._namespace, timeout=WAIT_SECONDS)

    def join(self, post: int) -> Any:
        return self.ask("dovetail:join", {"room": f"post:{post}"})

    def hears(self, name: str) -> Any:
        """What comes next by that name, whatever else comes before it."""
        while True:
            heard, data = self._heard.get(timeout=WAIT_SECONDS)
            if heard == name:
                return data

    def heard(self) -> list[str]:
        """The names of all that has come so far."""
        return [self._heard.get()[0] for _ in range(self._heard.qsize())]


@pytest.fixture(scope="module", params=["session, embedded", "token, services"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    strategy, kept = request.param.split(", ")
    with ExitStack() as stack:
        environment = stack.enter_context(services()) if kept == "services" else {}
        folder = tmp_path_factory.mktemp(strategy)
        yield stack.enter_context(serve(folder, STARTER_AUTH=strategy, **environment))


@pytest.fixture(scope="module")
def member(server: Server) -> Iterator[Browser]:
    with server.browser() as browser:
        yield browser.sign_in()


@pytest.fixture(scope="module")
def staff(server: Server) -> Iterator[Browser]:
    with server.browser() as browser:
        yield browser.sign_in("staff@example.com")


@pytest.fixture
def post(staff: Browser) -> int:
    """A post of staff's."""
    post_id: int = staff.post("/api/posts", json={"title": "Hello", "body": "World"}).json()["id"]
    return post_id


@contextmanager
def listening(*browsers: Browser, to: str = "/live") -> Iterator[list[Listener]]:
    with ExitStack() as stack:
        listeners = [Listener(browser, to) for browser in browsers]
        for listener in listeners:
            stack.callback(listener.close)
        yield listeners


def me(browser: Browser) -> dict[str, object]:
    profile = browser.get("/api/profile").json()
    return {"id": profile["id"], "name": profile["name"]}


def test_a_like_and_a_comment_reach_who_wrote_the_post_at_once(
    member: Browser, staff: Browser, post: int
) -> None:
    with listening(staff, to="/notify") as [author]:
        author.hears("dovetail:ready")
        member.put(f"/api/posts/{post}/like")
        told = author.hears("post-liked")
        assert told["data"] == {"post_id": post, "title": "Hello", "by": me(member)}
        member.post(f"/api/posts/{post}/comments", json={"text": "Nice"})
        assert author.hears("post-commented")["data"]["excerpt"] == "Nice"


def test_a_new_post_reaches_everybody(member: Browser, staff: Browser) -> None:
    with listening(member, staff) as listeners:
        made = member.post("/api/posts", json={"title": "News", "body": "News"}).json()
        for listener in listeners:
            told = listener.hears("post-published")
            assert told == {"post_id": made["id"], "author_id": made["author"]["id"]}


def test_whoever_watches_a_post_sees_its_numbers_change(
    member: Browser, staff: Browser, post: int
) -> None:
    with listening(staff, staff) as [watcher, elsewhere]:
        watcher.join(post)
        member.put(f"/api/posts/{post}/like")
        assert watcher.hears("post-changed") == {"post_id": post, "likes": 1, "comments": 0}
        made = member.post(f"/api/posts/{post}/comments", json={"text": "Nice"}).json()
        assert watcher.hears("comment-added") == {"post_id": post, "comment_id": made["id"]}
        assert watcher.hears("post-changed") == {"post_id": post, "likes": 1, "comments": 1}
        member.put(f"/api/posts/{post}/like")
        member.delete(f"/api/posts/{post}/like")
        assert watcher.hears("post-changed") == {"post_id": post, "likes": 0, "comments": 1}
        member.delete(f"/api/comments/{made['id']}")
        assert watcher.hears("post-changed") == {"post_id": post, "likes": 0, "comments": 0}
        assert elsewhere.heard() == []


def test_who_writes_a_comment_is_shown_to_the_others_in_the_room(
    member: Browser, staff: Browser, post: int
) -> None:
    with listening(member, staff, staff) as [writer, watcher, elsewhere]:
        for listener in (writer, watcher):
            listener.join(post)
        assert writer.ask("typing", {"post_id": post}) == {"data": None}
        assert watcher.hears("typing") == {"post_id": post, "by": me(member)}
        assert "typing" not in writer.heard()
        assert elsewhere.heard() == []


def test_only_who_watches_a_post_can_be_typing_there(
    member: Browser, staff: Browser, post: int
) -> None:
    with listening(member, staff) as [writer, watcher]:
        watcher.join(post)
        refused = writer.ask("typing", {"post_id": post})["problem"]
        assert (refused["status"], refused["code"]) == (403, "FORBIDDEN")
        assert "typing" not in watcher.heard()


def test_who_watches_a_post_sees_who_else_does(member: Browser, staff: Browser, post: int) -> None:
    alone, both = [me(staff)], [me(member), me(staff)]
    with listening(staff) as [watcher]:

        def sees(listener: Listener, people: list[dict[str, object]]) -> None:
            while (told := listener.hears("dovetail:presence"))["people"] != people:
                assert told["room"] == f"post:{post}"

        assert watcher.join(post) == {"data": None}
        sees(watcher, alone)
        with listening(member) as [other]:
            other.join(post)
            sees(other, both)
            sees(watcher, both)
        sees(watcher, alone)


@pytest.mark.parametrize(
    "key", ["2147483647", "0", "-1", "2147483648", "9" * 99, "x", "", "1 OR 1"]
)
def test_a_post_that_is_not_there_cannot_be_watched(member: Browser, key: str) -> None:
    with listening(member) as [listener]:
        answer = listener.ask("dovetail:join", {"room": f"post:{key}"})
        assert answer["problem"]["code"] in ("NOT_FOUND", "VALIDATION_FAILED")


@pytest.mark.parametrize(
    "sent", [None, {}, [], "1", {"post_id": "x"}, {"post_id": 2**31}, {"post_id": 1, "by": {}}]
)
def test_typing_of_the_wrong_shape_is_refused(member: Browser, sent: object) -> None:
    with listening(member) as [listener]:
        assert listener.ask("typing", sent)["problem"]["code"] == "VALIDATION_FAILED"


@pytest.mark.parametrize("namespace", ["/live", "/notify"])
def test_a_stranger_is_refused(server: Server, namespace: str) -> None:
    refusals: list[dict[str, object]] = []
    client = socketio.Client(reconnection=False)
    client.on("connect_error", refusals.append, namespace=namespace)
    with pytest.raises(socketio.exceptions.ConnectionError):
        client.connect(server.origin, transports=["websocket"], namespaces=[namespace])
    assert [refusal["message"] for refusal in refusals] == ["UNAUTHENTICATED"]
