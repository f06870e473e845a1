"""Who is in a room, on all processes: a hash in Valkey, whose entries their process keeps fresh.

Others see what `present_as` says of a person, and never the subject. Without Valkey, each process
knows of its own people only.

Whoever comes or goes changes what this process remembers, and waits for nothing. One thread does
the rest, at most twice a second for each room: shares it, and tells the people who are there.
"""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from .bus import PAUSE_SECONDS, Process
from .rules import WIRE

if TYPE_CHECKING:
    from collections.abc import Callable

    from valkey import Valkey

    from ..outages import Outages
    from .bus import Message
    from .server import Sockets

FRESH_SECONDS = 30
REFRESH_SECONDS = 10
EVERY_SECONDS = 0.5
MAX_LISTED = 100
"""So many people are named; how many there are is told beside them."""


class Place(NamedTuple):
    """A room of a namespace."""

    path: str
    room: str


class _Guest:
    """A person in a room of this process: what is shown of them, and their connections."""

    def __init__(self, shown: Any) -> None:
        self.shown = shown
        self.sids: set[str] = set()


class _Work(NamedTuple):
    """What has happened since the last round.

    Attributes:
        changed: whom to share (what is shown of them; None: they have gone), by room.
        stale: rooms whose people may be others than were told last.
        come: connections that are to be told in any case.
    """

    changed: dict[Place, dict[str, Any]]
    stale: set[Place]
    come: dict[Place, set[str]]


class Presence:
    """
    Args:
        client: gives Valkey's client; None where there is none.
        prefix: of our keys, the same for all processes of the app.
        outages: of the app.
    """

    def __init__(self, client: Callable[[], Valkey] | None, prefix: str, outages: Outages) -> None:
        self._client = client
        self._outages = outages
        self._prefix = prefix
        self._me = Process()
        self._turn = threading.Lock()
        self._guests: dict[Place, dict[str, _Guest]] = {}
        self._work = _Work({}, set(), {})
        self._told: dict[Place, Any] = {}
        self._pause_until = 0.0

    def enter(self, place: Place, subject: str, sid: str, shown: Any) -> None:
        """Somebody is in a room, by one connection more."""
        with self._turn:
            guests = self._guests.setdefault(place, {})
            guest = guests.get(subject)
            if guest is None:
                guest = guests[subject] = _Guest(shown)
                self._note(place, subject, shown)
            guest.sids.add(sid)

    def leave(self, place: Place, subject: str, sid: str) -> None:
        """Somebody is in a room by one connection less."""
        with self._turn:
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

    def tell(self, place: Place, sid: str) -> None:
        """Tell a connection that has just come in who is there."""
        with self._turn:
            self._work.come.setdefault(place, set()).add(sid)

    def stale(self, place: Place) -> None:
        """The people of a room have changed on another process."""
        with self._turn:
            self._work.stale.add(place)

    def run(self, sockets: Sockets, publish: Callable[[Message], None]) -> None:
        """Share and tell, for ever.

        Args:
            publish: tells the other processes.
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
            except Exception as error:  # a fault of ours: the next round may be better
                self._outages.caught(error, during="telling who is there")

    def _note(self, place: Place, subject: str, shown: Any) -> None:
        self._work.changed.setdefault(place, {})[subject] = shown
        self._work.stale.add(place)

    def _refresh(self) -> None:
        """Say again of everybody here that they are, and look who else is."""
        with self._turn:
            for place, guests in self._guests.items():
                for subject, guest in guests.items():
                    self._note(place, subject, guest.shown)

    def _round(self, sockets: Sockets, publish: Callable[[Message], None]) -> None:
        with self._turn:
            work, self._work = self._work, _Work({}, set(), {})
        self._share(work.changed)
        for place in work.changed:
            publish({"kind": "presence", "path": place.path, "room": place.room})
        for place in work.stale | work.come.keys():
            with self._turn:
                if place not in self._guests:
                    self._told.pop(place, None)
                    continue
            people = self.people(place)
            if self._told.get(place) != people:
                self._told[place] = people
                self._emit(sockets, place, people, to=place.room)
            else:
                for sid in work.come.get(place, ()):
                    self._emit(sockets, place, people, to=sid)

    def _emit(self, sockets: Sockets, place: Place, people: dict[str, Any], *, to: str) -> None:
        sockets.emit(
            WIRE["presence_event"], {"room": place.room, **people}, to=to, namespace=place.path
        )

    def people(self, place: Place) -> dict[str, Any]:
        """`{"people": [shown, …], "count": n}`, in a steady order; the first hundred are named."""
        found = self._shared(place)
        with self._turn:
            for subject, guest in self._guests.get(place, {}).items():
                found[subject] = guest.shown
        shown = [found[subject] for subject in sorted(found)]
        return {"people": shown[:MAX_LISTED], "count": len(shown)}

    def _key(self, place: Place) -> str:
        return f"{self._prefix}:present:{place.path}:{place.room}"

    def _share(self, changed: dict[Place, dict[str, Any]]) -> None:
        """Write what has changed. What cannot be written is said again by the next refresh."""
        if not changed or not self._is_there():
            return
        assert self._client is not None
        try:
            client: Any = self._client()
            until = client.time()[0] + FRESH_SECONDS
            pipeline = client.pipeline(transaction=False)
            for place, guests in changed.items():
                key = self._key(place)
                for subject, shown in guests.items():
                    name = f"{self._me} {subject}"
                    if shown is None:
                        pipeline.hdel(key, name)
                    else:
                        pipeline.hset(key, name, json.dumps([until, shown]))
                pipeline.expire(key, FRESH_SECONDS * 2)
            pipeline.execute()
        except Exception as error:
            self._is_away(error)

    def _shared(self, place: Place) -> dict[str, Any]:
        """The people of other processes, by the clock that all of them share."""
        if not self._is_there():
            return {}
        assert self._client is not None
        try:
            pipeline: Any = self._client().pipeline(transaction=False)
            kept, (now, _) = pipeline.hgetall(self._key(place)).time().execute()
        except Exception as error:
            self._is_away(error)
            return {}
        found, me, dead = {}, str(self._me), []
        for name, text in kept.items():
            process, _, subject = name.decode().partition(" ")
            until, shown = json.loads(text)
            if process != me and until > now:
                found[subject] = shown
            elif until + FRESH_SECONDS < now:
                dead.append(name)
        self._drop(place, dead)
        return found

    def _drop(self, place: Place, names: list[bytes]) -> None:
        """Drop what a process left that was killed: a room that is never empty never expires."""
        if not names:
            return
        assert self._client is not None
        try:
            self._client().hdel(self._key(place), *names)  # type: ignore[arg-type]
        except Exception as error:
            self._is_away(error)

    def _is_there(self) -> bool:
        return self._client is not None and time.monotonic() >= self._pause_until

    def _is_away(self, error: Exception) -> None:
        self._pause_until = time.monotonic() + PAUSE_SECONDS
        self._outages.failed("valkey", error, during="sharing who is there")
