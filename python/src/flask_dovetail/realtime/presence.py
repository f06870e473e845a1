"""Who is in a room, on all processes: a hash in Valkey, whose entries their process keeps fresh.

Others see what `present_as` says of a person, and never the subject. Without Valkey, each process
knows of its own people only.
"""

from __future__ import annotations

import json
import os
import threading
import time
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

from .bus import log

if TYPE_CHECKING:
    from collections.abc import Callable

    from valkey import Valkey

FRESH_SECONDS = 30
REFRESH_SECONDS = 10
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


class Presence:
    """
    Args:
        client: gives Valkey's client; None where there is none.
        prefix: of our keys, the same for all processes of the app.

    Attributes:
        telling: held from asking who is there until they have been told, so that nobody is told
            the older answer last.
    """

    def __init__(self, client: Callable[[], Valkey] | None, prefix: str) -> None:
        self._client = client
        self._prefix = prefix
        self._app = uuid4().hex
        self._turn = threading.Lock()
        self.telling = threading.Lock()
        self._guests: dict[Place, dict[str, _Guest]] = {}
        self._told: dict[Place, Any] = {}

    @property
    def _me(self) -> str:
        """This process: an app that is preloaded is made before its workers are forked."""
        return f"{self._app}.{os.getpid()}"

    def enter(self, place: Place, subject: str, sid: str, shown: Any) -> bool:
        """Whether the person was not there before, in this process."""
        with self._turn:
            guests = self._guests.setdefault(place, {})
            guest = guests.get(subject)
            is_new = guest is None
            if guest is None:
                guest = guests[subject] = _Guest(shown)
            guest.sids.add(sid)
        if is_new:
            self._share({place: {subject: shown}}, {})
        return is_new

    def leave(self, place: Place, subject: str, sid: str) -> bool:
        """Whether the person is no longer there, in this process."""
        with self._turn:
            guests = self._guests.get(place, {})
            guest = guests.get(subject)
            if guest is None or sid not in guest.sids:
                return False
            guest.sids.discard(sid)
            if guest.sids:
                return False
            del guests[subject]
            if not guests:
                del self._guests[place]
                self._told.pop(place, None)
        self._share({}, {place: subject})
        return True

    def people(self, place: Place) -> dict[str, Any]:
        """`{"people": [shown, …], "count": n}`, in a steady order; the first hundred are named."""
        found = self._shared(place)
        with self._turn:
            for subject, guest in self._guests.get(place, {}).items():
                found[subject] = guest.shown
        shown = [found[subject] for subject in sorted(found)]
        return {"people": shown[:MAX_LISTED], "count": len(shown)}

    def changed(self, place: Place) -> dict[str, Any] | None:
        """The people, if somebody is here to be told, and they are others than were told last."""
        with self._turn:
            if place not in self._guests:
                return None
        now = self.people(place)
        with self._turn:
            if self._told.get(place) == now or place not in self._guests:
                return None
            self._told[place] = now
        return now

    def refresh(self) -> list[Place]:
        """Say of the people of this process that they are still there. The rooms they are in."""
        with self._turn:
            here = {
                place: {subject: guest.shown for subject, guest in guests.items()}
                for place, guests in self._guests.items()
            }
        self._share(here, {})
        return list(here)

    def _key(self, place: Place) -> str:
        return f"{self._prefix}:present:{place.path}:{place.room}"

    def _share(self, come: dict[Place, dict[str, Any]], gone: dict[Place, str]) -> None:
        if self._client is None or not (come or gone):
            return
        until = int(time.time()) + FRESH_SECONDS
        try:
            pipeline: Any = self._client().pipeline(transaction=False)
            for place, guests in come.items():
                key = self._key(place)
                for subject, shown in guests.items():
                    pipeline.hset(key, f"{self._me} {subject}", json.dumps([until, shown]))
                pipeline.expire(key, FRESH_SECONDS * 2)
            for place, subject in gone.items():
                pipeline.hdel(self._key(place), f"{self._me} {subject}")
            pipeline.execute()
        except Exception as error:  # away: the next refresh says it again
            log.warning("valkey does not know who is there: %s", type(error).__name__)

    def _shared(self, place: Place) -> dict[str, Any]:
        """The people of other processes."""
        if self._client is None:
            return {}
        try:
            kept: Any = self._client().hgetall(self._key(place))
        except Exception as error:
            log.warning("valkey does not say who is there: %s", type(error).__name__)
            return {}
        found = {}
        now = time.time()
        for name, text in kept.items():
            process, _, subject = name.decode().partition(" ")
            until, shown = json.loads(text)
            if process != self._me and until > now:
                found[subject] = shown
        return found
