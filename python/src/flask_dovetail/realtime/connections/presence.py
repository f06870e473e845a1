"""The people in each room, on all processes: a hash in Valkey with entries that processes refresh.

Others see what `present_as` returns for a person, never the subject. Without Valkey, each process
knows only its own people.

Entering and leaving change only this process's memory, and wait for nothing. One thread does the
rest, at most twice a second for each room: it shares the changes, and sends the new list to the
room.
"""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from ..bus import PAUSE_SECONDS, Process
from ..rules import WIRE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from valkey import Valkey

    from ...core.outages import Outages
    from ..bus import Message
    from ..sockets.server import Sockets

FRESH_SECONDS = 30
REFRESH_SECONDS = 10
EVERY_SECONDS = 0.5
BUSY_SHARE = 0.25
"""Sending lists takes no more than this part of the time: people who join and leave all the time
make every list a new one, for everybody in the room."""
MAX_LISTED = 100
"""At most so many people are listed; the count beside them is of everybody."""


class Place(NamedTuple):
    """A room of a namespace."""

    path: str
    room: str


class _Guest:
    """A person in a room of this process: their presented form and their connections."""

    def __init__(self, presented: Any) -> None:
        self.presented = presented
        self.sids: set[str] = set()


class _Work(NamedTuple):
    """The changes since the last round.

    Attributes:
        changed: the people to share, by room: their presented form, None if they have gone.
        stale: rooms whose list may differ from the last one that was sent.
        joined: connections that get the list in any case.
    """

    changed: dict[Place, dict[str, Any]]
    stale: set[Place]
    joined: dict[Place, set[str]]


class Presence:
    """The people in the rooms of one process.

    Args:
        client: returns Valkey's client; None without Valkey.
        prefix: the prefix of our keys, the same for all processes of the app.
        outages: of the app.
    """

    def __init__(self, client: Callable[[], Valkey] | None, prefix: str, outages: Outages) -> None:
        self._client = client
        self._outages = outages
        self._prefix = prefix
        self._me = Process()
        self._lock = threading.Lock()
        self._guests: dict[Place, dict[str, _Guest]] = {}
        self._work = _Work({}, set(), {})
        self._last_sent: dict[Place, Any] = {}
        self._pause_until = 0.0

    def enter(self, place: Place, subject: str, sid: str, presented: Any) -> None:
        """Add a connection of a person to a room."""
        with self._lock:
            guests = self._guests.setdefault(place, {})
            guest = guests.get(subject)
            if guest is None:
                guest = guests[subject] = _Guest(presented)
                self._note(place, subject, presented)
            guest.sids.add(sid)

    def leave(self, place: Place, subject: str, sid: str) -> None:
        """Remove a connection of a person from a room."""
        with self._lock:
            guests = self._guests.get(place, {})
            guest = guests.get(subject)
            if guest is None or sid not in guest.sids:
                return
            guest.sids.discard(sid)
            if not guest.sids:
                del guests[subject]
                self._note(place, subject, None)
            if not guests:
                del self._guests[place]

    def send_to(self, place: Place, sid: str) -> None:
        """Send the people of a room to a connection that has just joined."""
        with self._lock:
            self._work.joined.setdefault(place, set()).add(sid)

    def mark_stale(self, place: Place) -> None:
        """Mark a room as stale: its people have changed on another process."""
        with self._lock:
            self._work.stale.add(place)

    def run(self, sockets: Sockets, publish: Callable[[Message], None]) -> None:
        """Share changes and send lists until the process stops.

        Args:
            publish: sends a message to the other processes.
        """
        refresh_at = 0.0
        while not sockets.is_stopping:
            threading.Event().wait(EVERY_SECONDS)
            now = time.monotonic()
            if now >= refresh_at:
                refresh_at = now + REFRESH_SECONDS
                self._refresh()
            try:
                self._round(sockets, publish)
            except Exception as error:  # a bug here: the next round may be better
                self._outages.caught(error, during="telling who is there")

    def _note(self, place: Place, subject: str, presented: Any) -> None:
        self._work.changed.setdefault(place, {})[subject] = presented
        self._work.stale.add(place)

    def _refresh(self) -> None:
        """Share everybody here again, and read who else is there."""
        with self._lock:
            for place, guests in self._guests.items():
                for subject, guest in guests.items():
                    self._note(place, subject, guest.presented)

    def _round(self, sockets: Sockets, publish: Callable[[Message], None]) -> None:
        with self._lock:
            work, self._work = self._work, _Work({}, set(), {})
        self._share(work.changed)
        for place in work.changed:
            publish({"kind": "presence", "path": place.path, "room": place.room})
        for place in work.stale | work.joined.keys():
            began = time.monotonic()
            self._send(sockets, place, work.joined.get(place, ()))
            threading.Event().wait((time.monotonic() - began) * (1 / BUSY_SHARE - 1))

    def _send(self, sockets: Sockets, place: Place, joined: Iterable[str]) -> None:
        """Send the list of a room to all of it if it is another one, else to who has joined."""
        with self._lock:
            if place not in self._guests:
                self._last_sent.pop(place, None)
                return
        people = self.people(place)
        if self._last_sent.get(place) != people:
            self._last_sent[place] = people
            self._emit(sockets, place, people, to=place.room)
        else:
            for sid in joined:
                self._emit(sockets, place, people, to=sid)

    def _emit(self, sockets: Sockets, place: Place, people: dict[str, Any], *, to: str) -> None:
        sockets.emit(
            WIRE["presence_event"], {"room": place.room, **people}, to=to, namespace=place.path
        )

    def people(self, place: Place) -> dict[str, Any]:
        """Return `{"people": [presented, …], "count": n}` in a stable order.

        At most the first hundred are listed.
        """
        by_subject = self._read_others(place)
        with self._lock:
            for subject, guest in self._guests.get(place, {}).items():
                by_subject[subject] = guest.presented
        presented = [by_subject[subject] for subject in sorted(by_subject)]
        return {"people": presented[:MAX_LISTED], "count": len(presented)}

    def _key(self, place: Place) -> str:
        return f"{self._prefix}:present:{place.path}:{place.room}"

    def _share(self, changed: dict[Place, dict[str, Any]]) -> None:
        """Write the changes to Valkey; after a failure, the next refresh writes them again."""
        if not changed or self._client is None or self._is_paused():
            return
        try:
            client: Any = self._client()
            until = client.time()[0] + FRESH_SECONDS
            pipeline = client.pipeline(transaction=False)
            for place, guests in changed.items():
                key = self._key(place)
                for subject, presented in guests.items():
                    name = f"{self._me} {subject}"
                    if presented is None:
                        pipeline.hdel(key, name)
                    else:
                        pipeline.hset(key, name, json.dumps([until, presented]))
                pipeline.expire(key, FRESH_SECONDS * 2)
            pipeline.execute()
        except Exception as error:
            self._note_failure(error)

    def _read_others(self, place: Place) -> dict[str, Any]:
        """Return the people of other processes, by Valkey's clock, which all of them share."""
        if self._client is None or self._is_paused():
            return {}
        try:
            client = self._client()
            pipeline: Any = client.pipeline(transaction=False)
            entries, (now, _) = pipeline.hgetall(self._key(place)).time().execute()
        except Exception as error:
            self._note_failure(error)
            return {}
        others, me, dead = {}, str(self._me), []
        for name, text in entries.items():
            process, _, subject = name.decode().partition(" ")
            until, presented = json.loads(text)
            if process != me and until > now:
                others[subject] = presented
            elif until + FRESH_SECONDS < now:
                dead.append(name)
        self._drop(client, place, dead)
        return others

    def _drop(self, client: Valkey, place: Place, names: list[bytes]) -> None:
        """Drop the entries of a killed process: a room that is never empty never expires."""
        if not names:
            return
        try:
            client.hdel(self._key(place), *names)  # type: ignore[arg-type]
        except Exception as error:
            self._note_failure(error)

    def _is_paused(self) -> bool:
        return time.monotonic() < self._pause_until

    def _note_failure(self, error: Exception) -> None:
        self._pause_until = time.monotonic() + PAUSE_SECONDS
        self._outages.failed("valkey", error, during="sharing who is there")
