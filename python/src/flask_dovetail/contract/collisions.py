"""Find routes of the app's that collide with Dovetail's own, when the app starts.

werkzeug lets whichever was registered first answer, and the other one is lost in silence. So an
app with such routes does not start. A rule that is more general than ours, such as a catch-all,
collides with nothing: werkzeug prefers ours, as it prefers the app's own more special rules.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from ..core import own_routes
from ..core.errors import ConfigurationError
from .operation_routes import METHODS
from .rule_samples import VARIABLE, RuleText, skeleton, winner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask
    from werkzeug.routing import Rule

log = logging.getLogger("flask_dovetail")

_SLASHES = re.compile("/{2,}")
_IMPLIED = frozenset({"HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Collision:
    """A rule of the app's that is in the way of one of ours.

    Attributes:
        own: Dovetail's path.
        methods: those that both answer.
    """

    rule: Rule
    own: str
    methods: tuple[str, ...]

    @property
    def moves(self) -> bool:
        """Whether the prefix moves Dovetail's side."""
        return not own_routes.stays(self.own)


def refuse(app: Flask) -> None:
    """Refuse routes of the app's that collide with Dovetail's.

    Raises:
        ConfigurationError: there are some; the message names both sides of each.
    """
    _refuse(app, _Rules(app))


def settle(app: Flask) -> None:
    """Do the same as `refuse`, and warn of rules some of whose addresses Dovetail answers.

    Raises:
        ConfigurationError: see `refuse`.
    """
    rules = _Rules(app)
    _refuse(app, rules)
    for rule, paths in rules.partly_covered():
        log.warning(
            "Dovetail answers %s, which the app's rule %s (%s) matches, too.\n"
            "  key:  %s\n"
            '  cure: if those were the app\'s, set the key to a path such as "/_dovetail", which '
            "moves Dovetail's routes.",
            ", ".join(paths),
            rule.rule,
            rule.endpoint,
            own_routes.KEY,
        )


def _refuse(app: Flask, rules: _Rules) -> None:
    found = list(rules.collisions())
    if not found:
        return
    moving = [one for one in found if one.moves]
    cures = []
    if moving:
        taken = own_routes.of(app).prefix
        cures.append(
            f"Set {own_routes.KEY} to "
            + (f'another path than "{taken}"' if taken else '"/_dovetail"')
            + ", which moves Dovetail's, or give the app's another path."
        )
    if any(skeleton(one.own).startswith(own_routes.of(app).path("/docs")) for one in moving):
        cures.append("DOVETAIL_CONTRACT_DOCS = False leaves out /docs.")
    if len(moving) < len(found):
        stay = sorted({one.own for one in found if not one.moves})
        cures.append(f"{', '.join(stay)} cannot move: give the app's another path.")
    lines = "".join(f"\n    {_line(app, one)}" for one in found)
    raise ConfigurationError(
        f"The app and Dovetail answer the same addresses, so one of both would be lost:{lines}",
        key=own_routes.KEY if moving else found[0].own,
        cure=" ".join(cures),
    )


def _line(app: Flask, collision: Collision) -> str:
    view = app.view_functions.get(collision.rule.endpoint)
    place = getattr(view, "__module__", ""), getattr(view, "__qualname__", "")
    rule, name = collision.rule, ".".join(filter(None, place))
    theirs = f"{', '.join(collision.methods)} {rule.rule}: the view {rule.endpoint!r} ({name})"
    return f"{theirs}, and Dovetail's {collision.own}"


class _Own:
    """One rule of Dovetail's, and addresses that it is made for."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.text = RuleText(rule.rule, rule)
        self.samples = self.text.samples()
        self.start = _start(rule)
        self.methods = _methods(rule)


class _Rules:
    """The rules of one app, each side by itself.

    Of an app with `host_matching`, those that answer on the API's host.
    """

    def __init__(self, app: Flask) -> None:
        self.routes = own_routes.of(app)
        host = self.routes.hosts[0]
        self.own: list[_Own] = []
        self.theirs: list[Rule] = []
        for rule in app.url_map.iter_rules():
            if rule.endpoint.startswith(own_routes.ENDPOINTS):
                if rule.host == host:
                    self.own.append(_Own(rule))
            elif not (rule.build_only or rule.websocket) and _is_on(rule, host):
                self.theirs.append(rule)
        self._by_skeleton: dict[str, list[_Own]] = {}
        for own in self.own:
            self._by_skeleton.setdefault(_key(own.rule), []).append(own)

    def collisions(self) -> Iterator[Collision]:
        """Yield each pair of rules of which one would be lost."""
        for rule in self.theirs:
            for path in self.routes.taken:
                if rule.rule == path or rule.rule.startswith(f"{path}/"):
                    yield Collision(rule, path, tuple(sorted(_methods(rule))))
            text = None
            for own in self._by_skeleton.get(_key(rule), ()):
                text = text or RuleText(rule.rule, rule)
                methods = own.methods & _methods(rule)
                if methods and own.text.shares_values(text):
                    yield Collision(rule, own.rule.rule, tuple(sorted(methods)))
        for rule, own, shared in self._overlaps:
            both = [own.rule, rule]
            if any(winner(both, path, shared[0]) is rule for path in own.samples):
                yield Collision(rule, own.rule.rule, shared)

    def partly_covered(self) -> Iterator[tuple[Rule, list[str]]]:
        """Yield rules of the app's that are more general than ours, catch-alls left out."""
        paths: dict[int, tuple[Rule, list[str]]] = {}
        for rule, own, methods in self._overlaps:
            if _start(rule) != "/" and not _is_catch_all(rule):
                _, covered = paths.setdefault(id(rule), (rule, []))
                covered.append(f"{', '.join(methods)} {own.rule.rule}")
        yield from paths.values()

    @cached_property
    def _overlaps(self) -> list[tuple[Rule, _Own, tuple[str, ...]]]:
        """The rules of the app's with variables that match an address of ours."""
        found = []
        for rule in self.theirs:
            start = _start(rule)
            if start == rule.rule:
                continue
            pattern = None
            for own in self.own:
                if not (own.start.startswith(start) or start.startswith(own.start)):
                    continue
                methods = own.methods & _methods(rule)
                if not methods or _key(own.rule) == _key(rule):
                    continue
                pattern = pattern or RuleText(rule.rule, rule).pattern
                if any(map(pattern.fullmatch, own.samples)):
                    found.append((rule, own, tuple(sorted(methods))))
        return found


def _start(rule: Rule) -> str:
    """Return the text in front of the first variable."""
    return VARIABLE.split(rule.rule, maxsplit=1)[0]


def _key(rule: Rule) -> str:
    text = skeleton(rule.rule)
    if rule.merge_slashes:  # as werkzeug does with what a rule says
        text = _SLASHES.sub("/", text)
    return text.rstrip("/")


def _methods(rule: Rule) -> frozenset[str]:
    return frozenset(rule.methods or METHODS) - _IMPLIED


def _is_on(rule: Rule, host: str | None) -> bool:
    if host is None:
        return not rule.subdomain
    return RuleText(rule.host or "", rule).pattern.fullmatch(host) is not None


def _is_catch_all(rule: Rule) -> bool:
    return any(not one.part_isolating for one in RuleText(rule.rule, rule).converters)
