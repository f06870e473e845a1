"""Write typescript/contract/: the documents from which the browser package's own types are made.

`auth.json` and `files.json` say what Dovetail itself answers below `/auth` and `/files`, in an app
with nothing of its own. Each covers both strategies: where a success differs between them, its
schema is either of the two. Refusals are left out, since the package knows every problem by its
code. `sign-in-session.json` and `sign-in-token.json` have the sign-in of an app with credentials
and refusals of its own, refusals included, for the tests of the package's types. `--check` writes
nothing, and fails when one of the documents is stale.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from flask import Flask

from flask_dovetail import Credentials, Dovetail, Problem
from flask_dovetail.files import FilePolicy

STRATEGIES = ("session", "token")
ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "typescript" / "contract"
FEATURES = {"auth": "/auth/", "files": "/files"}
METHODS = {"delete", "get", "head", "patch", "post", "put"}

Document = dict[str, Any]


class TenantCredentials(Credentials):
    """Credentials with a tenant, and with the answers to what a refusal asks for."""

    tenant: str
    captcha: str | None = None
    code: str | None = None


class CaptchaRequired(Problem, code="CAPTCHA_REQUIRED", status=403, title="Solve the captcha"):
    """A refusal with the status of a failed CSRF check."""


class CodeRequired(Problem, code="CODE_REQUIRED", status=401, title="Enter the code"):
    """A refusal with the status of a wrong password."""


def nobody(_: object) -> None:
    """Know no account."""


def document_of(strategy: str, **of_the_app: Any) -> Document:
    """Build the document of an app that has everything of Dovetail's and little of its own."""
    app = Flask("dovetail")
    app.config.update(
        SECRET_KEY="a key that signs nothing: no request is ever served",
        DOVETAIL_AUTH_STRATEGY=strategy,
        DOVETAIL_AUTH_PROVIDERS={
            "example": {
                "issuer": "https://id.example.com",
                "client_id": "example",
                "client_secret": "example",
            }
        },
    )
    dovetail = Dovetail(
        authenticate=nobody,
        load_identity=nobody,
        identify_external=nobody,
        files={"file": FilePolicy()},
        **of_the_app,
    )
    dovetail.init_app(app)
    exported = app.test_cli_runner().invoke(args=["dovetail", "contract", "export"])
    if exported.exception:
        raise exported.exception
    document: Document = json.loads(exported.stdout)
    return document


def successes_of(operation: Document) -> Document:
    """Return the operation with its successes only."""
    kept = {"operationId", "parameters", "requestBody", "responses", "summary"}
    responses = {
        status: {key: value for key, value in response.items() if key != "headers"}
        for status, response in operation["responses"].items()
        if status.startswith("2")
    }
    return {key: operation[key] for key in kept & operation.keys()} | {"responses": responses}


def merged(documents: list[Document], prefix: str) -> Document:
    """Join what the documents say of the paths below `prefix`.

    Raises:
        ValueError: two documents have different schemas of one name.
    """
    paths: dict[str, Document] = {}
    schemas: Document = {}
    for document in documents:
        for path, item in document["paths"].items():
            if not path.startswith(prefix):
                continue
            known = paths.setdefault(path, {})
            for method in METHODS & item.keys():
                operation = successes_of(item[method])
                known[method] = joined(known[method], operation) if method in known else operation
        for name, schema in document["components"]["schemas"].items():
            if schemas.setdefault(name, schema) != schema:
                raise ValueError(f"The strategies disagree on {name}: name the two differently.")
    return {
        "openapi": "3.1.0",
        "info": {"title": "dovetail", "version": "1"},
        "paths": paths,
        "components": {"schemas": used(schemas, paths)},
    }


def joined(one: Document, other: Document) -> Document:
    """Return `one`, whose successes may also be those of `other`."""
    for status, response in other["responses"].items():
        known = one["responses"].setdefault(status, response)
        for media_type, body in response.get("content", {}).items():
            if known["content"][media_type] != body:
                either = [known["content"][media_type]["schema"], body["schema"]]
                known["content"][media_type] = {"schema": {"anyOf": either}}
    return one


def used(schemas: Document, start: Any) -> Document:
    """Return the schemas that `start` refers to, directly or through others."""
    found: Document = {}
    waiting = [start]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            name = str(node.get("$ref", "")).rpartition("/")[2]
            if name and name not in found:
                found[name] = schemas[name]
                waiting.append(schemas[name])
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)
    return found


def sign_in_of(strategy: str) -> Document:
    """Return what the document of an app with credentials of its own says of the sign-in."""
    document = document_of(
        strategy, credentials=TenantCredentials, login_problems=[CaptchaRequired, CodeRequired]
    )
    path = "/auth/login"
    paths = {path: document["paths"][path]}
    return {
        "openapi": document["openapi"],
        "info": {"title": "dovetail", "version": "1"},
        "paths": paths,
        "components": {"schemas": used(document["components"]["schemas"], paths)},
    }


def main() -> None:
    """Write or check one document for each feature, and one of a sign-in for each strategy."""
    documents = [document_of(strategy) for strategy in STRATEGIES]
    targets = {
        FOLDER / f"{feature}.json": merged(documents, prefix)
        for feature, prefix in FEATURES.items()
    } | {FOLDER / f"sign-in-{strategy}.json": sign_in_of(strategy) for strategy in STRATEGIES}
    for target, document in targets.items():
        text = json.dumps(document, indent=2, sort_keys=True) + "\n"
        if "--check" not in sys.argv:
            target.write_text(text, encoding="utf-8")
        elif not target.exists() or target.read_text(encoding="utf-8") != text:
            sys.exit(f"{target.relative_to(ROOT)} is stale: run `make contract`.")


if __name__ == "__main__":
    main()
