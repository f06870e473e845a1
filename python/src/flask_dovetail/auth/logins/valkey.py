"""Logins in Valkey: one key per login, one index per subject, every step one script.

    dovetail:login:<token hash>   "<last_seen_at, 12 digits><the other fields as JSON>", with a TTL
    dovetail:logins:<subject>     hash of login id -> token hash, lives as long as any of its logins
    dovetail:login-cutoff:<subject>   ms, for an hour: sign-ins that began before begin no login;
                                  or "<ms> <random>": until then none does, unless it is settled

The value of a token login has a second line, "<refresh hash> <ms>.<key> <ms>.<key>…": the current
secret and the latest rotations; and one JSON field more, the bound key.

A login's key expires by itself, and its index entry does not. So whatever prolongs an index (a
sign-in, a touch, a rotation of tokens) also looks at some entries and drops those whose key has
gone: at all of them in an index of up to `_LOOKED_AT`, at a random choice in a longer one. For
somebody who keeps signing in, that drops more than comes.

A script is atomic, so a login is never there without its index entry. The keys of a script are not
all known beforehand, so it wants a single primary (replicas and Sentinel are fine), not a cluster.
"""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Any

from ...core.identity import Login
from ..log import log
from .rules import CLOCK_SKEW_SECONDS, SIGN_IN_MS, UNCOMMITTED_MS
from .store import (
    Family,
    KeptLoginEnded,
    OutdatedProof,
    log_displaced,
    read_rotations,
    write_rotations,
)
from .transactions import when_over

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from sqlalchemy.orm import Session
    from valkey import Valkey

    from .store import KeptLogin, Rotation

_LOGIN = "dovetail:login:"
_INDEX = "dovetail:logins:"
_CUTOFF = "dovetail:login-cutoff:"
_CUTOFF_MS = SIGN_IN_MS + UNCOMMITTED_MS
_PENDING = -1
_NOT_THERE = -1
_SEEN_DIGITS = 12
_AT_ONCE = 500
"""The logins in one script, during which the server does nothing else."""

_LOOKED_AT = 32
"""The entries of an index checked at once: more than a person has logins, some 20 µs."""

_KEEP_INDEX = """
local function keep_index(index, seconds, prefix, looked_at)
  if redis.call('TTL', index) <= tonumber(seconds) then redis.call('EXPIRE', index, seconds) end
  local some = redis.call('HRANDFIELD', index, looked_at, 'WITHVALUES')
  for i = 1, #some, 2 do
    if redis.call('EXISTS', prefix .. some[i + 1]) == 0 then redis.call('HDEL', index, some[i]) end
  end
end
"""

# The beginning of the scripts that use cutoffs: the time, the cutoff, and whether it is pending.
_CLOCK = r"""
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
"""
_READ_CUTOFF = (
    _CLOCK
    + r"""
local cutoff = redis.call('GET', KEYS[1])
local moment = cutoff and tonumber(cutoff:match('^%d+'))
local pending = cutoff and cutoff:find(' ', 1, true) and now < moment
local function ms(number) return string.format('%.0f', number) end
"""
)

_CREATE = (
    _READ_CUTOFF
    + r"""
local proved = tonumber(ARGV[8])
if proved then
  if pending then return {-1, 0} end
  if moment and moment >= proved then return {moment + 1, 0} end
  if now - proved > tonumber(ARGV[9]) then return {now, 0} end
end
for i = 11, #ARGV do
  local old = redis.call('GET', ARGV[5] .. ARGV[i])
  if old then
    local gone = cjson.decode(old:sub(13, (old:find('\n', 13, true) or 0) - 1))
    redis.call('DEL', ARGV[5] .. ARGV[i])
    redis.call('HDEL', ARGV[6] .. gone[2], gone[1])
  end
end
local most, displaced = tonumber(ARGV[10]), 0
if most and redis.call('HLEN', KEYS[3]) >= most then
  local index, theirs = redis.call('HGETALL', KEYS[3]), {}
  for i = 1, #index, 2 do
    local seen = redis.call('GETRANGE', ARGV[5] .. index[i + 1], 0, 11)
    if seen == '' then redis.call('HDEL', KEYS[3], index[i])
    else theirs[#theirs + 1] = {seen, index[i], index[i + 1]} end
  end
  table.sort(theirs, function(a, b)
    if a[1] == b[1] then return a[2] > b[2] end
    return a[1] < b[1]
  end)
  for i = 1, #theirs - most + 1 do
    redis.call('HDEL', KEYS[3], theirs[i][2])
    displaced = displaced + redis.call('DEL', ARGV[5] .. theirs[i][3])
  end
end
redis.call('SET', KEYS[2], ARGV[1], 'EX', ARGV[2])
redis.call('HSET', KEYS[3], ARGV[3], ARGV[7])
keep_index(KEYS[3], ARGV[2], ARGV[5], ARGV[4])
return {0, displaced}
"""
)

_TOUCH = """
local kept = redis.call('GET', KEYS[1])
if not kept then return 0 end
if kept:sub(1, 12) < ARGV[1] then
  redis.call('SET', KEYS[1], ARGV[1] .. kept:sub(13), 'EX', ARGV[2])
  keep_index(KEYS[2], ARGV[2], ARGV[3], ARGV[4])
end
return 1
"""

_ROTATE = """
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('RENAME', KEYS[1], KEYS[2])
redis.call('HSET', KEYS[3], ARGV[1], ARGV[2])
return 1
"""

_FAMILY = """
return {redis.call('GET', KEYS[1]), redis.call('TIME')}
"""

_ADVANCE = r"""
local kept = redis.call('GET', KEYS[1])
local line = kept and kept:find('\n', 13, true)
if not line or kept:sub(line + 1, line + 64) ~= ARGV[1] then return 0 end
local seen = kept:sub(1, 12)
if seen < ARGV[2] then seen = ARGV[2] end
local fields = ARGV[6] == '' and kept:sub(13, line - 1) or ARGV[6]
local time = redis.call('TIME')
local at = time[1] .. string.format('%03d', math.floor(time[2] / 1000))
redis.call('SET', KEYS[1], seen .. fields .. '\n' .. ARGV[3] .. at .. ARGV[4], 'EX', ARGV[5])
keep_index(KEYS[2], ARGV[5], ARGV[7], ARGV[8])
return 1
"""

_ROTATE_FAMILY = r"""
local token_hash = redis.call('HGET', KEYS[1], ARGV[1])
local kept = token_hash and redis.call('GET', ARGV[2] .. token_hash)
local line = kept and kept:find('\n', 13, true)
if not line then return 0 end
local left = redis.call('PTTL', ARGV[2] .. token_hash)
redis.call('DEL', ARGV[2] .. token_hash)
redis.call('SET', KEYS[2], kept:sub(1, line) .. ARGV[3], 'PX', left)
redis.call('HSET', KEYS[1], ARGV[1], ARGV[4])
return 1
"""

_END = """
local token_hash = redis.call('HGET', KEYS[1], ARGV[1])
if not token_hash then return 0 end
redis.call('HDEL', KEYS[1], ARGV[1])
return redis.call('DEL', ARGV[2] .. token_hash)
"""

_END_ALL = (
    _READ_CUTOFF
    + """
local keep, sent, prefix = ARGV[1], ARGV[2], ARGV[3]
if keep ~= '' then
  local token_hash = redis.call('HGET', KEYS[2], keep)
  if not token_hash or redis.call('EXISTS', prefix .. token_hash) == 0 then return -1 end
  if sent ~= '' and sent ~= token_hash then return -1 end
end
if ARGV[4] ~= '' then
  redis.call('SET', KEYS[1], ms(now + ARGV[5]) .. ' ' .. ARGV[4], 'PX', ARGV[6])
elseif not pending then
  redis.call('SET', KEYS[1], ms(math.max(now, (moment or 0) + 1)), 'PX', ARGV[6])
end
local ended = 0
local index = redis.call('HGETALL', KEYS[2])
for i = 1, #index, 2 do
  if index[i] ~= keep then
    ended = ended + redis.call('DEL', prefix .. index[i + 1])
    redis.call('HDEL', KEYS[2], index[i])
  end
end
return ended
"""
)

_SETTLE = (
    _READ_CUTOFF
    + """
if cutoff and cutoff:match(' (.*)$') == ARGV[1] then
  redis.call('SET', KEYS[1], ms(now), 'PX', ARGV[2])
end
"""
)

_FIND_ALL = """
local found = {}
for at, index in ipairs(KEYS) do
  local token_hash = redis.call('HGET', index, ARGV[at + 1])
  local kept = token_hash and redis.call('GET', ARGV[1] .. token_hash)
  if kept then table.insert(found, kept) end
end
return found
"""

_LIST = """
local found = {}
local index = redis.call('HGETALL', KEYS[1])
for i = 1, #index, 2 do
  local kept = redis.call('GET', ARGV[1] .. index[i + 1])
  if kept then found[#found + 1] = kept else redis.call('HDEL', KEYS[1], index[i]) end
end
return found
"""


class ValkeyLogins:
    """The Valkey implementation of `Logins`.

    Args:
        client: gives the client; asked at the first use.
        idle_seconds: the idle limit of sessions, which is also how long a key lives untouched.
        refresh_idle_seconds: the same of token logins.
        per_person: how many logins one person may have; None: any number.
    """

    def __init__(
        self,
        client: Callable[[], Valkey],
        *,
        idle_seconds: int,
        refresh_idle_seconds: int,
        per_person: int | None = None,
    ) -> None:
        self._get_client = client
        self._idle_seconds = {"session": idle_seconds, "token": refresh_idle_seconds}
        self._per_person = per_person
        self._client: Valkey | None = None
        self._scripts: dict[str, Any] = {}

    def now_ms(self) -> int:
        """See `Logins.now_ms`."""
        now: Any = (self._client or self._bound()).time()
        seconds, micros = now
        return int(seconds) * 1000 + int(micros) // 1000

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
        """See `Logins.create`."""
        refused, displaced = self._run(
            _CREATE,
            [_CUTOFF + login.subject, _LOGIN + token_hash, _INDEX + login.subject],
            [
                _value(login, refresh_hash, bound_key),
                self._key_seconds(login, login.created_at),
                login.id,
                _LOOKED_AT,
                _LOGIN,
                _INDEX,
                token_hash,
                "" if proved_at is None else proved_at,
                SIGN_IN_MS,
                "" if self._per_person is None else self._per_person,
                *replaces,
            ],
        )
        if refused:
            raise OutdatedProof(None if refused == _PENDING else int(refused))
        log_displaced(login.subject, int(displaced))

    def find(self, token_hash: str) -> Login | None:
        """See `Logins.find`."""
        stored: Any = (self._client or self._bound()).get(_LOGIN + token_hash)
        return None if stored is None else _read(stored)

    def find_family(self, token_hash: str) -> Family | None:
        """See `Logins.find_family`."""
        stored, time = self._run(_FAMILY, [_LOGIN + token_hash], [])
        if stored is None or b"\n" not in stored:
            return None
        refresh_hash, _, rotations = stored.partition(b"\n")[2].decode().partition(" ")
        return Family(
            login=_read(stored),
            refresh_hash=refresh_hash,
            rotations=read_rotations(rotations),
            bound_key=_fields(stored)[6],
            read_at=int(time[0]) * 1000 + int(time[1]) // 1000,
        )

    def exists(self, subject: str, login_id: str) -> bool:
        """See `Logins.exists`."""
        return bool((self._client or self._bound()).hexists(_INDEX + subject, login_id))

    def find_all(self, named: Collection[tuple[str, str]]) -> list[Login]:
        """See `Logins.find_all`."""
        wanted = list(named)
        values: list[bytes] = []
        for first in range(0, len(wanted), _AT_ONCE):
            some = wanted[first : first + _AT_ONCE]
            indexes = [_INDEX + subject for subject, _ in some]
            values += self._run(_FIND_ALL, indexes, [_LOGIN, *(login_id for _, login_id in some)])
        return [_read(value) for value in values]

    def touch(self, login: Login, token_hash: str, *, now: int) -> bool:
        """See `Logins.touch`."""
        seconds = self._key_seconds(login, now)
        keys = [_LOGIN + token_hash, _INDEX + login.subject]
        return bool(self._run(_TOUCH, keys, [_seen(now), seconds, _LOGIN, _LOOKED_AT]))

    def rotate(self, login: Login, token_hash: str, *, successor: str) -> bool:
        """See `Logins.rotate`."""
        keys = [_LOGIN + token_hash, _LOGIN + successor, _INDEX + login.subject]
        return bool(self._run(_ROTATE, keys, [login.id, successor]))

    def rotate_family(self, login: Login, token_hash: str, *, refresh_hash: str) -> bool:
        """See `Logins.rotate_family`."""
        keys = [_INDEX + login.subject, _LOGIN + token_hash]
        return bool(self._run(_ROTATE_FAMILY, keys, [login.id, _LOGIN, refresh_hash, token_hash]))

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
        """See `Logins.advance`."""
        values = [
            family.refresh_hash,
            _seen(now),
            f"{refresh_hash}{write_rotations(kept)} ",
            f".{key}",
            self._key_seconds(family.login, now),
            "" if bind is None else _fields_text(family.login, bind),
            _LOGIN,
            _LOOKED_AT,
        ]
        keys = [_LOGIN + token_hash, _INDEX + family.login.subject]
        return bool(self._run(_ADVANCE, keys, values))

    def end(self, subject: str, login_id: str) -> bool:
        """See `Logins.end`."""
        return bool(self._run(_END, [_INDEX + subject], [login_id, _LOGIN]))

    def end_all(self, subject: str, *, keep: KeptLogin | None = None) -> int:
        """See `Logins.end_all`."""
        return self._end_all(subject, keep, pending="")

    def end_all_within(
        self, session: Session, subject: str, *, keep: KeptLogin | None = None
    ) -> int:
        """See `Logins.end_all_within`."""
        session.flush()  # locks the application's rows first: the same order for everybody
        pending = secrets.token_urlsafe(16)
        when_over(session, lambda: self._settle(subject, pending))
        return self._end_all(subject, keep, pending=pending)

    def _end_all(self, subject: str, keep: KeptLogin | None, *, pending: str) -> int:
        login_id, sent = ("", None) if keep is None else keep
        values = [login_id, sent or "", _LOGIN, pending, UNCOMMITTED_MS, _CUTOFF_MS]
        ended = int(self._run(_END_ALL, [_CUTOFF + subject, _INDEX + subject], values))
        if ended == _NOT_THERE:
            raise KeptLoginEnded
        return ended

    def _settle(self, subject: str, pending: str) -> None:
        from valkey.exceptions import ValkeyError

        try:
            self._run(_SETTLE, [_CUTOFF + subject], [pending, _CUTOFF_MS])
        except ValkeyError:
            # Nothing is lost: it settles by itself, and nobody signs in to this account until then.
            log.warning("login cutoff unsettled", extra={"subject": subject})

    def of_subject(self, subject: str) -> list[Login]:
        """See `Logins.of_subject`."""
        logins = [_read(value) for value in self._run(_LIST, [_INDEX + subject], [_LOGIN])]
        return sorted(logins, key=lambda login: (-login.last_seen_at, login.id))

    def sweep(self, *, now: int, limit: int = 1000) -> int:  # noqa: ARG002
        """Do nothing: each key lives as long as its login could."""
        return 0

    def ping(self) -> None:
        """See `Logins.ping`."""
        self._bound().ping()

    def _key_seconds(self, login: Login, now: int) -> int:
        left = min(login.expires_at - now, self._idle_seconds[login.strategy])
        return max(1, left + CLOCK_SKEW_SECONDS)

    def _run(self, script: str, keys: list[str], values: list[Any]) -> Any:
        client = self._bound()
        if script not in self._scripts:
            self._scripts[script] = client.register_script(_KEEP_INDEX + script)
        return self._scripts[script](keys=keys, args=values)

    def _bound(self) -> Valkey:
        if self._client is None:
            self._client = self._get_client()
        return self._client


def _seen(now: int) -> str:
    return f"{now:0{_SEEN_DIGITS}d}"


def _value(login: Login, refresh_hash: str | None, bound_key: str | None) -> str:
    if refresh_hash is None:
        return _seen(login.last_seen_at) + _fields_text(login)
    return f"{_seen(login.last_seen_at)}{_fields_text(login, bound_key)}\n{refresh_hash}"


def _fields_text(login: Login, *bound_key: str | None) -> str:
    fields: list[Any] = [login.id, login.subject, login.created_at, login.expires_at]
    return json.dumps([*fields, login.user_agent, login.address, *bound_key])


def _fields(value: bytes) -> list[Any]:
    fields: list[Any] = json.loads(value[_SEEN_DIGITS:].partition(b"\n")[0])
    return fields


def _read(value: bytes) -> Login:
    login_id, subject, created_at, expires_at, user_agent, address, *bound = _fields(value)
    seen = int(value[:_SEEN_DIGITS])
    return Login(
        login_id,
        subject,
        created_at,
        seen,
        expires_at,
        user_agent,
        address,
        "token" if bound else "session",
    )
