"""Find out which rule of the URL map answers an address, by addresses that a rule is made for."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from werkzeug.exceptions import HTTPException
from werkzeug.routing import AnyConverter, Map, ValidationError
from werkzeug.routing.exceptions import RoutingException
from werkzeug.routing.rules import parse_converter_args

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from werkzeug.routing import BaseConverter, Rule

VARIABLE = re.compile(
    r"<(?:(?P<converter>[a-zA-Z_]\w*)(?:\((?P<arguments>.*?)\))?:)?(?P<name>[a-zA-Z_]\w*)>"
)
_BUILT_IN = frozenset(Map.default_converters.values())
_ENOUGH = 3
_VALUES = (
    "sample",
    "7",
    "5f2b1f0e-6c1d-4c53-9d3e-0a7f5b6c8d9e",
    "1.5",
    "-7",
    "another",
    "8",
    "0a7f5b6c-8d9e-4c53-9d3e-5f2b1f0e6c1d",
    "2.5",
    *("x" * length for length in range(1, 65)),
    "a/b",
)


def skeleton(text: str) -> str:
    """Return a rule's text without the names and converters of its variables."""
    return VARIABLE.sub("<>", text)


def without_converters(text: str) -> str:
    """Return a rule's text with its variables as OpenAPI writes them: `{name}`."""
    return VARIABLE.sub(r"{\g<name>}", text)


class RuleText:
    """The text of a rule, or of a rule's host, that values can be put into."""

    def __init__(self, text: str, rule: Rule) -> None:
        self.text = text
        self.converters = tuple(_converter(rule, match) for match in VARIABLE.finditer(text))

    @property
    def pattern(self) -> re.Pattern[str]:
        """Matches what the rule matches, converters that refuse a value later on not counted."""
        static = map(re.escape, VARIABLE.split(self.text)[:: VARIABLE.groups + 1])
        variables = (f"(?:{converter.regex})" for converter in self.converters)
        parts = [part for pair in zip(static, (*variables, ""), strict=True) for part in pair]
        return re.compile("".join(parts))

    def samples(self) -> list[str]:
        """Return some texts that the rule matches; none where a converter takes no usual value."""
        values = [list(islice(_accepted(one), _ENOUGH)) for one in self.converters]
        if not all(values):
            return []
        texts = []
        for number in range(_ENOUGH if values else 1):
            chosen = iter([options[number % len(options)] for options in values])
            texts.append(VARIABLE.sub(lambda _, chosen=chosen: next(chosen), self.text))  # type: ignore[misc]
        return texts

    def shares_values(self, other: RuleText) -> bool:
        """Return whether a value for each variable is known that both rules take."""
        return all(
            any(value in set(_accepted(theirs)) for value in _accepted(ours))
            for ours, theirs in zip(self.converters, other.converters, strict=True)
        )


def winner(rules: Sequence[Rule], path: str, method: str) -> Rule | None:
    """Return which of some rules of one map answers `path`, on the host of the first.

    Args:
        rules: in the order of their registration.

    Returns:
        None where none of them does, or only by a redirect.
    """
    url_map = rules[0].map
    scratch = Map(
        (copies := [rule.empty() for rule in rules]),
        host_matching=url_map.host_matching,
        strict_slashes=url_map.strict_slashes,
        merge_slashes=url_map.merge_slashes,
        converters={name: _tame(kind) for name, kind in url_map.converters.items()},
    )
    first = copies[0]
    host = (RuleText(first.host or "", first).samples() or [""])[0]
    adapter = (
        scratch.bind(host)
        if url_map.host_matching
        else scratch.bind("localhost", subdomain=first.subdomain or "")
    )
    try:
        found, _ = adapter.match(path, method, return_rule=True)
    except (HTTPException, RoutingException):
        return None
    return next(rule for rule, copy in zip(rules, copies, strict=True) if copy is found)


def _tame(kind: type[BaseConverter]) -> type[BaseConverter]:
    """Return the kind of converter without what it does with a value: it may ask a database."""
    if kind in _BUILT_IN:
        return kind
    return type(kind.__name__, (kind,), {"to_python": lambda _, value: value})


def _converter(rule: Rule, match: re.Match[str]) -> BaseConverter:
    args, given = parse_converter_args(match["arguments"] or "")
    return rule.get_converter(match["name"], match["converter"] or "default", args, given)


def _accepted(converter: BaseConverter) -> Iterator[str]:
    """Yield the values of ours that a converter takes."""
    own = converter.items if isinstance(converter, AnyConverter) else ()
    for value in (*map(str, own), *_VALUES):
        if re.fullmatch(converter.regex, value) and _is_valid(converter, value):
            yield value


def _is_valid(converter: BaseConverter, value: str) -> bool:
    """Return whether a converter of werkzeug's takes the value: a bound may refuse it."""
    if type(converter) in _BUILT_IN:
        try:
            converter.to_python(value)
        except ValidationError:
            return False
    return True
