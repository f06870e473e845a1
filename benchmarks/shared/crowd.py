"""People who use the starter all at once, and an account of what they were told.

Everybody has a browser and a random generator of their own, so that the same seed plans the same
traffic. No request is repeated: what was not acknowledged may be there or not, and is never sent
twice.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .browser import Answer, Browser, CutError, HungError
from .starter import PASSWORD, email

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

CUT = -1
HUNG = -2
SIGNING_IN_AT_ONCE = 2
STRANGERS = 0.2
"""How many of all people are not signed in."""


@dataclass(frozen=True)
class Outcome:
    """One request: its kind, monotonic times, and its status, `CUT` or `HUNG`."""

    kind: str
    began: float
    ended: float
    status: int

    @property
    def is_bad(self) -> bool:
        return self.status < 0 or self.status >= 500


@dataclass(frozen=True)
class Write:
    """Something that was written.

    Attributes:
        place: `posts`, the path of a post's comments, or the path of a like or a file.
        text: what is found there; each text is sent once.
        person: who wrote it, where others cannot see it.
    """

    place: str
    text: str
    person: Person | None = None


@dataclass
class Account:
    """What happened in one stretch of traffic."""

    outcomes: list[Outcome] = field(default_factory=list)
    acknowledged: list[Write] = field(default_factory=list)
    refused: list[Write] = field(default_factory=list)
    """Answered with an error."""
    unclear: list[Write] = field(default_factory=list)
    """Not answered: it may be there or not."""
    logins: list[Browser] = field(default_factory=list)
    """Those that must be good at the end."""
    ended: list[Browser] = field(default_factory=list)
    """Those that were signed out, and the answer said so."""


@dataclass(frozen=True)
class Found:
    """What is there at the end, beside what was told."""

    lost: int
    doubled: int
    unwanted: int
    """Written although the answer was an error."""
    logins_lost: int
    logins_undead: int
    """Signed out, and still good."""


class Person:
    """One of the crowd: a browser, and what they do with it.

    Args:
        things: what they may do, each with its weight.
    """

    def __init__(self, port: int, number: int, things: list[Thing]) -> None:
        self.number = number
        self.browser = Browser(port)
        self.account = Account()
        self._port = port
        self._things = things
        self._known: list[int] = [1]

    async def sign_in(self) -> None:
        """Sign in, however often that takes."""
        told = ""
        for _ in range(30):
            with suppress(HungError, CutError):
                answer = await self.browser.sign_in(email(self.number), PASSWORD)
                if answer.status == 200:
                    return
                told = answer.body.decode()
            await asyncio.sleep(0.5)
        raise RuntimeError(f"{email(self.number)} cannot sign in: {told}")

    async def live(self, account: Account, seed: str, pause: float, stop: asyncio.Event) -> None:
        """Do one thing after the other until `stop`, with `pause` seconds between them on average.

        Args:
            seed: of the plan, and how every text begins that is written.
        """
        self.account = account
        self._seed, self._texts = seed, count()
        self._random = random.Random(f"{seed}/{self.number}")
        things, weights = zip(*self._things, strict=True)
        await asyncio.sleep(self._random.uniform(0, pause))
        while not stop.is_set():
            await self._random.choices(things, weights)[0](self)
            await asyncio.sleep(min(self._random.expovariate(1 / pause), 4 * pause))

    async def ask(
        self, kind: str, method: str, path: str, body: object = None, **options: Any
    ) -> Answer | None:
        """Send, and put the outcome on record. None: no answer came."""
        return await self._recorded(kind, lambda: self.browser.send(method, path, body, **options))

    async def _recorded(self, kind: str, send: Callable[[], Awaitable[Answer]]) -> Answer | None:
        began, answer = time.monotonic(), None
        try:
            answer = await send()
            status = answer.status
        except HungError:
            status = HUNG
        except CutError:
            status = CUT
        self.account.outcomes.append(Outcome(kind, began, time.monotonic(), status))
        return answer

    def _tell(self, answer: Answer | None, place: str, text: str) -> bool:
        """Put a write on record. Whether it was acknowledged."""
        account, is_good = self.account, answer is not None and answer.status < 300
        told = account.acknowledged if is_good else account.refused if answer else account.unclear
        told.append(Write(place, text, self))
        return is_good

    # What strangers do

    async def read_feed(self) -> None:
        answer = await self.ask("feed", "GET", "/api/posts")
        if answer and answer.status == 200:
            self._known = [post["id"] for post in answer.json()["items"]] or self._known

    async def read_post(self) -> None:
        await self.ask("post", "GET", f"/api/posts/{self._some_post()}")

    async def read_comments(self) -> None:
        await self.ask("comments", "GET", f"/api/posts/{self._some_post()}/comments")

    # What members do

    async def write_post(self) -> None:
        text = self._text()
        answer = await self.ask("write post", "POST", "/api/posts", {"title": text, "body": text})
        self._tell(answer, "posts", text)

    async def write_comment(self) -> None:
        place, text = f"/api/posts/{self._some_post()}/comments", self._text()
        answer = await self.ask("write comment", "POST", place, {"text": text})
        self._tell(answer, place, text)

    async def like(self) -> None:
        place = f"/api/posts/{self._some_post()}"
        self._tell(await self.ask("like", "PUT", f"{place}/like"), place, "like")

    async def read_notifications(self) -> None:
        await self.ask("notifications", "GET", "/api/notifications")

    async def count_unread(self) -> None:
        await self.ask("unread", "GET", "/api/notifications/unread")

    async def read_profile(self) -> None:
        await self.ask("profile", "GET", "/api/profile")

    async def change_profile(self) -> None:
        await self.ask("change profile", "PATCH", "/api/profile", {"bio": self._text()})

    async def list_logins(self) -> None:
        await self.ask("logins", "GET", "/auth/sessions")

    async def refresh(self) -> None:
        """Renew, again at once where no answer came, as the browser package does."""
        for _ in range(2):
            answer = await self._recorded("refresh", self.browser.refresh)
            if answer is not None and answer.status == 200:
                return

    async def upload(self) -> None:
        content = self._text().encode() * self._random.randrange(1, 400)
        announced = {"name": "notes", "content_type": "text/plain", "size": len(content)}
        ticket = await self.ask("presign", "POST", "/files/upload/presign", announced)
        if ticket is None or ticket.status != 201:
            return
        told = ticket.json()
        for part in told["parts"]:
            url = urlsplit(part["url"])
            path = f"{url.path}?{url.query}"
            sent = await self.ask("part", "PUT", path, data=content, headers=part["headers"])
            if sent is None or sent.status != 204:
                return
        answer = await self.ask("commit", "POST", "/files/upload/commit", {"key": told["key"]})
        if answer is not None and answer.status == 200:
            self._tell(answer, f"/files/{answer.json()['id']}/content", content.decode())

    async def sign_in_elsewhere(self) -> None:
        """Sign in with another browser, and half of the time sign out there again."""
        other = Browser(self._port)
        answer = await self._recorded(
            "sign in", lambda: other.sign_in(email(self.number), PASSWORD)
        )
        if answer is None or answer.status != 200:
            return
        if self._random.random() < 0.5:
            self.account.logins.append(other)
            other.close()
            return
        before = other.same_login()
        answer = await self._recorded("sign out", lambda: other.send("POST", "/auth/logout"))
        if answer is not None and answer.status == 204:
            self.account.ended.append(before)
        other.close()

    def _some_post(self) -> int:
        return self._random.choice(self._known)

    def _text(self) -> str:
        return f"{self._seed} {self.number} {next(self._texts)}"


Thing = tuple["Callable[[Person], Awaitable[None]]", float]
STRANGER: list[Thing] = [(Person.read_feed, 6), (Person.read_post, 3), (Person.read_comments, 2)]
MEMBER: list[Thing] = [
    (Person.read_feed, 30),
    (Person.read_post, 10),
    (Person.read_comments, 6),
    (Person.write_post, 8),
    (Person.write_comment, 8),
    (Person.like, 6),
    (Person.read_notifications, 8),
    (Person.count_unread, 5),
    (Person.read_profile, 3),
    (Person.change_profile, 2),
    (Person.list_logins, 2),
    (Person.upload, 2),
    (Person.sign_in_elsewhere, 0.7),
]
REFRESHING: Thing = (Person.refresh, 4)


class Crowd:
    """So many people, a fifth of them strangers.

    Args:
        strategy: `session` or `token`, in which members refresh.
    """

    def __init__(self, port: int, people: int, strategy: str) -> None:
        strangers = int(people * STRANGERS)
        things = MEMBER if strategy == "session" else [*MEMBER, REFRESHING]
        self.port = port
        self.members = [Person(port, number, things) for number in range(strangers, people)]
        self.people = [
            *(Person(port, number, STRANGER) for number in range(strangers)),
            *self.members,
        ]

    async def sign_in(self) -> None:
        """Sign all members in, few at once: a password is meant to take time."""
        turns = asyncio.Semaphore(SIGNING_IN_AT_ONCE)

        async def in_turn(person: Person) -> None:
            async with turns:
                await person.sign_in()

        await asyncio.gather(*(in_turn(person) for person in self.members))

    async def renew(self) -> None:
        """Give every member who has an access token another one, so that none expires meanwhile."""
        for person in self.members:
            if person.browser.has_token:
                assert (await person.browser.refresh()).status == 200

    async def live(self, account: Account, seed: str, pause: float, stop: asyncio.Event) -> None:
        """Let everybody do things until `stop`; what is under way is waited for."""
        await asyncio.gather(*(person.live(account, seed, pause, stop) for person in self.people))
        for person in self.people:
            person.browser.close()


async def newest_post(browser: Browser) -> int:
    """The highest id in the feed."""
    items = (await _get(browser, "/api/posts?limit=1")).json()["items"]
    return items[0]["id"] if items else 0


async def look(account: Account, crowd: Crowd, since: int) -> Found:
    """Look for everything that was written, and try every login. While nobody else writes.

    Args:
        since: `newest_post` before the traffic.
    """
    writes = [*account.acknowledged, *account.refused, *account.unclear]
    there: Counter[tuple[str, str]] = Counter()
    async with Browser(crowd.port, patience=30) as reader:
        there.update(("posts", text) for text in await _posts(reader, since))
        for place in sorted({write.place for write in writes if write.place.endswith("/comments")}):
            there.update((place, text) for text in await _all(reader, place, "text"))
    lost = [write for write in account.acknowledged if not await _is_there(write, there)]
    logins = [*account.logins, *(person.browser for person in crowd.members)]
    return Found(
        lost=len(lost),
        doubled=sum(there[write.place, write.text] > 1 for write in writes),
        unwanted=sum((write.place, write.text) in there for write in account.refused),
        logins_lost=[await _is_good(login) for login in logins].count(False),
        logins_undead=[await _is_good(login) for login in account.ended].count(True),
    )


async def _is_there(write: Write, there: Counter[tuple[str, str]]) -> bool:
    if write.place == "posts" or write.place.endswith("/comments"):
        return (write.place, write.text) in there
    assert write.person is not None
    async with write.person.browser.same_login() as window:
        answer = await _get(window, write.place)
    if write.text == "like":
        return bool(answer.json()["liked"])
    return answer.status == 200 and answer.body.decode() == write.text


async def _is_good(login: Browser) -> bool:
    """Whether the login is alive; an access token that has expired is renewed."""
    async with login:
        if (await _get(login, "/api/me")).status == 200:
            return True
        is_renewed = login.has_token and (await login.refresh()).status == 200
        return is_renewed and (await _get(login, "/api/me")).status == 200


async def _get(browser: Browser, path: str) -> Answer:
    """Read, again where the server does not answer well: it is only asked what is there."""
    for _ in range(20):
        with suppress(HungError, CutError):
            answer = await browser.send("GET", path)
            if answer.status < 500:
                return answer
        await asyncio.sleep(0.5)
    raise RuntimeError(f"{path} cannot be read although no fault is played")


async def _posts(reader: Browser, since: int) -> list[str]:
    texts, path = [], "/api/posts?limit=100"
    while path:
        page = (await _get(reader, path)).json()
        new = [post["body"] for post in page["items"] if post["id"] > since]
        texts += new
        path = f"/api/posts?limit=100&cursor={page['next_cursor']}" if new else ""
        path = path if page["next_cursor"] else ""
    return texts


async def _all(reader: Browser, place: str, key: str) -> list[str]:
    texts, cursor = [], ""
    while True:
        page = (await _get(reader, f"{place}?limit=100{cursor}")).json()
        texts += [item[key] for item in page["items"]]
        if not page["next_cursor"]:
            return texts
        cursor = f"&cursor={page['next_cursor']}"
