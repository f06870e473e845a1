"""Decide whether one JSON Schema allows everything that another allows. Pure.

The keywords that pydantic writes are compared; a difference in any other keyword goes unnoticed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_AT_LEAST = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_AT_MOST = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_EQUAL = ("pattern", "format", "multipleOf")
_WIDER = {"integer": {"integer", "number"}}


@dataclass(frozen=True)
class Excess:
    """One place where `sub` allows more than `sup`.

    Attributes:
        place: "title", "items[].id"; "" for the whole.
        keyword: the JSON Schema keyword that differs.
        sub: its value in the schema that allows too much; None where it is absent.
        sup: its value in the other.
    """

    place: str
    keyword: str
    sub: Any
    sup: Any


class Subset:
    """Compares schemas of two documents: `sub` values come from one, `sup` from the other."""

    def __init__(self, sub_document: Mapping[str, Any], sup_document: Mapping[str, Any]) -> None:
        self._sub_document = sub_document
        self._sup_document = sup_document
        self._open: set[tuple[str, str]] = set()

    def excess(self, sub: Any, sup: Any, place: str = "") -> list[Excess]:
        """Return the places where `sub` allows more than `sup`; empty if there are none."""
        pair = (repr(sub), repr(sup))
        if sup in (True, {}) or pair in self._open:
            return []
        self._open.add(pair)  # a recursive model comes back to itself: there is nothing new to find
        try:
            allowed = list(_variants(sup, self._sup_document))
            excess: list[Excess] = []
            variants = list(_variants(sub, self._sub_document))
            for variant in variants:
                tried = [self._single(variant, other, place) for other in allowed]
                if all(tried):
                    only = tried[0] if len(variants) == len(allowed) == 1 else None
                    excess += only or _nearest(place, variant, allowed, tried)
            return excess
        finally:
            self._open.discard(pair)

    def _single(self, sub: dict[str, Any], sup: dict[str, Any], place: str) -> list[Excess]:
        if sup.get("type") and sup["type"] not in _WIDER.get(
            sub.get("type", ""), {sub.get("type")}
        ):
            return [Excess(place, "type", sub.get("type"), sup["type"])]
        excess = list(_keywords(sub, sup, place))
        excess += self._properties(sub, sup, place)
        if "items" in sup:
            excess += self.excess(sub.get("items", {}), sup["items"], f"{place}[]")
        if isinstance(sup.get("additionalProperties"), dict):
            values = sub.get("additionalProperties", {})
            excess += self.excess(values, sup["additionalProperties"], _inside(place, "*"))
        return excess

    def _properties(self, sub: dict[str, Any], sup: dict[str, Any], place: str) -> list[Excess]:
        has, allowed = sub.get("properties", {}), sup.get("properties", {})
        excess = [
            Excess(_inside(place, name), "required", False, True)
            for name in sup.get("required", ())
            if name not in sub.get("required", ())
        ]
        for name, schema in has.items():
            if name in allowed:
                excess += self.excess(schema, allowed[name], _inside(place, name))
            elif sup.get("additionalProperties") is False:
                excess.append(Excess(_inside(place, name), "properties", name, None))
        if sup.get("additionalProperties") is False and sub.get("type") == "object":
            is_open = sub.get("additionalProperties") is not False
            if is_open:
                excess.append(Excess(place, "additionalProperties", True, False))
        return excess


def resolve(node: Any, document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the node behind a local `$ref` with the members beside it, each `allOf` merged."""
    merged: dict[str, Any] = dict(node) if isinstance(node, Mapping) else {}
    while "$ref" in merged:
        target: Any = document
        for part in merged.pop("$ref").removeprefix("#/").split("/"):
            target = target.get(part.replace("~1", "/").replace("~0", "~"), {})
        merged = {**target, **merged}
    for part in merged.pop("allOf", ()):
        other = resolve(part, document)
        properties = {**merged.get("properties", {}), **other.get("properties", {})}
        required = [*merged.get("required", ()), *other.get("required", ())]
        merged = {**merged, **other, "properties": properties, "required": required}
    return merged


def _variants(schema: Any, document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the alternatives of a schema, each with one `type`."""
    node = resolve(schema, document)
    for keyword in ("anyOf", "oneOf"):
        if keyword in node:
            rest = {key: value for key, value in node.items() if key != keyword}
            for variant in node[keyword]:
                yield from _variants({**resolve(variant, document), **rest}, document)
            return
    if isinstance(node.get("type"), list):
        for one in node["type"]:
            yield {**node, "type": one}
        return
    yield node


def _keywords(sub: dict[str, Any], sup: dict[str, Any], place: str) -> Iterator[Excess]:
    values, allowed = _values(sub), _values(sup)
    if allowed is not None and (values is None or [v for v in values if v not in allowed]):
        yield Excess(place, "enum", values, allowed)
    if values is not None:
        return  # the listed values decide
    for keyword in _AT_LEAST:
        if keyword in sup and sub.get(keyword, float("-inf")) < sup[keyword]:
            yield Excess(place, keyword, sub.get(keyword), sup[keyword])
    for keyword in _AT_MOST:
        if keyword in sup and sub.get(keyword, float("inf")) > sup[keyword]:
            yield Excess(place, keyword, sub.get(keyword), sup[keyword])
    for keyword in _EQUAL:
        if keyword in sup and sub.get(keyword) != sup[keyword]:
            yield Excess(place, keyword, sub.get(keyword), sup[keyword])


def _values(schema: dict[str, Any]) -> list[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    values: list[Any] | None = schema.get("enum")
    return values


def _nearest(
    place: str, variant: dict[str, Any], allowed: list[dict[str, Any]], tried: list[list[Excess]]
) -> list[Excess]:
    """Return the excess over the only alternative of the same type, else that none fits."""
    same = [
        excess
        for other, excess in zip(allowed, tried, strict=True)
        if other.get("type") == variant.get("type")
    ]
    if len(same) == 1:
        return same[0]
    name = variant.get("title") or variant.get("const") or variant.get("type") or "any value"
    return [Excess(place, "anyOf", name, None)]


def _inside(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name
