"""The changes between two OpenAPI documents, and which of them break a client. Pure.

A changed input breaks when a value that was accepted is not any more. A changed answer breaks when
a value may arrive that could not before, or no longer arrives. New problems do not break: a client
must expect any problem.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .schema_subset import Excess, Subset, resolve

Json = Mapping[str, Any]
Findings = Iterator[tuple[str, str]]
METHODS = ("get", "put", "post", "patch", "delete", "head", "options", "trace")


@dataclass(frozen=True)
class Change:
    """One breaking change.

    Attributes:
        operation: "POST /api/posts".
        place: "query.limit", "body.title", "200.items[].id"; "" for the operation itself.
        what: in words.
    """

    operation: str
    place: str
    what: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.operation, self.place, self.what) if part)


def drift(old: Json, new: Json) -> list[str]:
    """Return every difference on a line of its own, by operation; empty for equal documents."""
    before, after = _operations(old), _operations(new)
    lines = [f"- {name}" for name in before if name not in after]
    lines += [f"+ {name}" for name in after if name not in before]
    for name in before:
        if name in after:
            lines += [f"~ {name}: {key}" for key in _changed_keys(before[name], after[name])]
    for kind in ("schemas", "securitySchemes"):
        was, now = (document.get("components", {}).get(kind, {}) for document in (old, new))
        lines += [f"~ {kind}: {key}" for key in _changed_keys(was, now)]
    lines += [f"~ {key}" for key in _changed_keys(old, new) if key not in ("paths", "components")]
    return lines or ([] if old == new else ["~ the order, or what no operation uses"])


def breaking(old: Json, new: Json) -> list[Change]:
    """Return the changes from `old` to `new` that can break a client written against `old`."""
    before, after = _operations(old), _operations(new)
    changes = [Change(name, "", "is gone") for name in before if name not in after]
    for name in before:
        if name in after:
            comparison = _Comparison(old, new, before[name], after[name])
            changes += [Change(name, place, what) for place, what in comparison.breaking()]
    return changes


def _operations(document: Json) -> dict[str, dict[str, Any]]:
    """Return each operation as "METHOD /path", with the parameters of its path item."""
    return {
        f"{method.upper()} {path}": {
            **item[method],
            "parameters": [*item.get("parameters", ()), *item[method].get("parameters", ())],
        }
        for path, item in document.get("paths", {}).items()
        for method in METHODS
        if method in item
    }


def _changed_keys(was: Json, now: Json) -> list[str]:
    keys = [*was, *(key for key in now if key not in was)]
    return [key for key in keys if was.get(key) != now.get(key)]


@dataclass(frozen=True)
class _Comparison:
    """One operation in two documents."""

    old: Json
    new: Json
    was: Json
    now: Json

    def breaking(self) -> Findings:
        """Yield each breaking change as its place and its description."""
        yield from self._security()
        yield from self._parameters()
        yield from self._body()
        yield from self._answers()

    def _security(self) -> Findings:
        if self.now.get("security") and not self.was.get("security"):
            yield "", "needs signing in now"
        had, needs = (set(o.get("x-dovetail-scopes", ())) for o in (self.was, self.now))
        if needs - had:
            yield "", f"needs the scope {', '.join(sorted(needs - had))} now"
        could, can = (set(o.get("x-dovetail-roles", ())) for o in (self.was, self.now))
        if can and (not could or could - can):
            yield "", f"is only for the role {', '.join(sorted(can))} now"

    def _parameters(self) -> Findings:
        before = _by_place(self.was, self.old)
        after = _by_place(self.now, self.new)
        for (kind, name), parameter in before.items():
            if (kind, name) in after:
                now = after[kind, name]
                if now.get("required") and not parameter.get("required"):
                    yield f"{kind}.{name}", "is required now"
                yield from self._input(parameter, now, f"{kind}.{name}")
            elif kind == "query":  # unknown query keys are refused, unknown headers ignored
                yield f"{kind}.{name}", "is gone"
        for (kind, name), parameter in after.items():
            if (kind, name) not in before and parameter.get("required"):
                yield f"{kind}.{name}", "is new and required"

    def _body(self) -> Findings:
        old = resolve(self.was.get("requestBody"), self.old)
        new = resolve(self.now.get("requestBody"), self.new)
        if new.get("required") and not old.get("required"):
            yield "body", "is required now"
        for media in old.get("content", {}):
            if media in new.get("content", {}):
                yield from self._input(old["content"][media], new["content"][media], "body")
            else:
                yield "body", f"{media} is not taken any more"

    def _answers(self) -> Findings:
        for status, answer in self.was.get("responses", {}).items():
            if not status.startswith("2"):
                continue
            if status not in self.now.get("responses", {}):
                yield status, "is gone"
                continue
            old = resolve(answer, self.old).get("content", {})
            new = resolve(self.now["responses"][status], self.new).get("content", {})
            for media in old:
                if media in new:
                    yield from self._output(old[media], new[media], status)
                else:
                    yield status, f"{media} does not arrive any more"

    def _input(self, was: Json, now: Json, place: str) -> Findings:
        schemas = was.get("schema", {}), now.get("schema", {})
        for excess in Subset(self.old, self.new).excess(*schemas):
            yield _join(place, excess.place), _describe_narrower(excess)

    def _output(self, was: Json, now: Json, place: str) -> Findings:
        schemas = now.get("schema", {}), was.get("schema", {})
        for excess in Subset(self.new, self.old).excess(*schemas):
            yield _join(place, excess.place), _describe_wider(excess)


def _by_place(operation: Json, document: Json) -> dict[tuple[str, str], Json]:
    resolved = [resolve(parameter, document) for parameter in operation["parameters"]]
    return {(parameter["in"], parameter["name"]): parameter for parameter in resolved}


def _join(place: str, inner: str) -> str:
    return place + inner if inner.startswith("[") or not inner else f"{place}.{inner}"


def _describe_narrower(excess: Excess) -> str:
    if excess.keyword == "required":
        return "is required now"
    if excess.keyword == "properties":
        return "is not taken any more"
    if excess.keyword == "additionalProperties":
        return "refuses unknown fields now"
    if excess.keyword == "anyOf":
        return f"no longer takes {excess.sub}"
    return f"takes less: {excess.keyword} was {_text_of(excess.sub)}, is {_text_of(excess.sup)}"


def _describe_wider(excess: Excess) -> str:
    if excess.keyword == "required":
        return "may be absent now"
    if excess.keyword == "properties":
        return "is new where nothing new could be"
    if excess.keyword == "additionalProperties":
        return "may have unknown fields now"
    if excess.keyword == "anyOf":
        return f"may be {excess.sub} now"
    return f"may be more: {excess.keyword} was {_text_of(excess.sup)}, is {_text_of(excess.sub)}"


def _text_of(value: Any) -> str:
    if value is None:
        return "open"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
