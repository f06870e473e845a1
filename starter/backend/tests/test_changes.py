"""How much one person may change in a minute, over all views together."""

from __future__ import annotations

import re

from flask import Flask

from starter_support.settings import PASSWORD
from starter_support.visitor import Visitor

OURS = {"accounts", "posts", "comments", "likes"}
UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}


def unsafe_views(app: Flask) -> list[tuple[str, str]]:
    """The method and path of every view of the starter that changes something for a person."""
    return [
        (method, re.sub(r"<[^>]+>", "1", rule.rule))
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) & UNSAFE)
        if rule.endpoint.partition(".")[0] in OURS and rule.rule != "/api/signup"
    ]


def test_every_view_that_changes_something_has_the_limit(app: Flask, member: Visitor) -> None:
    """What is over it costs neither a query of the view nor a message to others."""
    app.config["STARTER_CHANGES_PER_MINUTE"] = 2
    assert member.patch("/api/profile", {"bio": "Hello"}).status_code == 200
    assert member.put("/api/posts/1/like", None).status_code == 200
    views = unsafe_views(app)
    assert len(views) >= 10
    document = app.test_client().get("/openapi.json").json["paths"]
    for method, path in views:
        refused = member.send(method, path, {"not": "looked at"})
        assert (refused.status_code, refused.json["code"]) == (429, "TOO_MANY_REQUESTS"), path
        assert 0 < int(refused.headers["Retry-After"]) <= 60
        (declared,) = (
            each for each in document if re.fullmatch(re.sub(r"{\w+}", r"\\w+", each), path)
        )
        assert "429" in document[declared][method.lower()]["responses"]
    assert member.get("/api/posts").status_code == 200


def test_others_have_their_own(app: Flask, member: Visitor) -> None:
    app.config["STARTER_CHANGES_PER_MINUTE"] = 1
    for expected in (200, 429):
        assert member.patch("/api/profile", {"bio": "Hello"}).status_code == expected
    staff = Visitor(app).sign_in("staff@example.com", PASSWORD)
    assert staff.patch("/api/profile", {"bio": "Hello"}).status_code == 200


def test_a_stranger_is_refused_as_one(app: Flask, visitor: Visitor) -> None:
    app.config["STARTER_CHANGES_PER_MINUTE"] = 1
    for _ in range(2):
        assert visitor.put("/api/posts/1/like", None).json["code"] == "UNAUTHENTICATED"
