"""A real OpenID Connect provider for tests, on Authlib's server parts.

    python python/tests/support/oidc_server.py PORT [--redirect-uri URI]...

It prints `ready` when it listens on 127.0.0.1:PORT, and stops by SIGTERM. Its issuer is
`http://127.0.0.1:PORT`; its one client has the id `starter` and the secret `starter-secret`, and
may be sent to the given redirect URIs only, by default to
http://localhost:5000/auth/providers/starter/callback.

`/authorize` is a page with one select (`person`) and two buttons (`Continue`, `Decline`), whatever
`login_hint` names being selected. The people:

    ada    ada@example.com, verified            eve    ada@example.com, not verified
    bob    bob@example.com, verified            text   ada@example.com, email_verified: "true"
    cyd    cyd@example.com, not verified        mute   ada@example.com, email_verified left out
                                                anon   no email, no name

Discovery, JWKS (RS256), userinfo, PKCE (S256 only, required), `iss` in the answer (RFC 9207).
Without the scope `openid` it is a plain OAuth 2 server whose /userinfo says the same.

Faults: `POST /control` with a JSON object replaces all of them, `{}` heals. All optional:

    claims          merged into the ID token; null removes:    {"nonce": "other"}, {"exp": 1}
    header          merged into the ID token's header
    sign            "none", "HS256" (under the client secret) or "stranger" (an unpublished key)
    metadata        merged into the discovery document; null removes
    token           merged into the answer of /token; null removes
    userinfo        merged into the answer of /userinfo; null removes
    redirect        merged into the parameters of the answer to the browser; null removes
    status          {"token": 500}; the names are discovery, jwks, token, userinfo
    body            {"token": "garbage"}: what is answered instead
    delay_seconds   {"token": 6}
    rotate_key      true: from now on, sign with a new key and publish that one alone

`GET /control` tells how often each of the four has been asked since the last `POST /control`.
"""

from __future__ import annotations

import argparse
import base64
import json
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from authlib.integrations.flask_oauth2 import AuthorizationServer, ResourceProtector
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import ClientMixin, InvalidRequestError, TokenMixin
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc6750 import BearerTokenValidator
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc9207 import IssuerParameter
from authlib.oidc.core import AuthorizationCodeMixin, UserInfo
from authlib.oidc.core.grants import OpenIDCode
from authlib.oidc.core.util import create_half_hash
from flask import Flask, Response, jsonify, render_template_string, request
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from joserfc.jws import JWSRegistry
from werkzeug.serving import WSGIRequestHandler, make_server

CLIENT_ID = "starter"
CLIENT_SECRET = "starter-secret"
REDIRECT_URI = "http://localhost:5000/auth/providers/starter/callback"

PEOPLE: dict[str, dict[str, Any]] = {
    "ada": {"email": "ada@example.com", "email_verified": True, "name": "Ada Lovelace"},
    "bob": {"email": "bob@example.com", "email_verified": True, "name": "Bob"},
    "cyd": {"email": "cyd@example.com", "email_verified": False, "name": "Cyd"},
    "eve": {"email": "ada@example.com", "email_verified": False, "name": "Eve"},
    "text": {"email": "ada@example.com", "email_verified": "true", "name": "Text"},
    "mute": {"email": "ada@example.com", "name": "Mute"},
    "anon": {},
}

PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Example ID</title>
<style>body{font:1rem system-ui;max-width:24rem;margin:4rem auto}
button,select{font:inherit;min-height:44px}</style>
<h1>Example ID</h1>
<form method="post">
<p><label>Person <select name="person">
{% for name in people %}<option{{ " selected" if name == hint }}>{{ name }}</option>{% endfor %}
</select></label></p>
<button name="decision" value="continue">Continue</button>
<button name="decision" value="decline">Decline</button>
</form></html>"""


class Client(ClientMixin):
    """The one client; confidential, and bound to its redirect URIs."""

    id_token_signed_response_alg = "RS256"

    def __init__(self, redirect_uris: list[str]) -> None:
        self.redirect_uris = redirect_uris

    def get_client_id(self) -> str:
        return CLIENT_ID

    def get_default_redirect_uri(self) -> None:
        return None

    def get_allowed_scope(self, scope: str | None) -> str:
        allowed = ("openid", "profile", "email")
        return " ".join(s for s in (scope or "").split() if s in allowed)

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri in self.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == CLIENT_SECRET

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method in ("client_secret_basic", "client_secret_post")

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


@dataclass
class Code(AuthorizationCodeMixin):
    """An authorization code that has not been redeemed."""

    value: str
    person: str
    redirect_uri: str
    scope: str
    nonce: str | None
    code_challenge: str
    code_challenge_method: str

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str | None:
        return self.nonce

    def get_auth_time(self) -> int:
        return int(time.time())

    def get_acr(self) -> None:
        return None

    def get_amr(self) -> None:
        return None


@dataclass
class Token(TokenMixin):
    """An access token."""

    person: str
    scope: str

    def get_scope(self) -> str:
        return self.scope

    def is_expired(self) -> bool:
        return False

    def is_revoked(self) -> bool:
        return False


@dataclass
class Provider:
    """Everything that the server remembers."""

    issuer: str
    client: Client
    key: RSAKey = field(default_factory=lambda: _new_key())
    codes: dict[str, Code] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    faults: dict[str, Any] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)

    def fault(self, kind: str) -> dict[str, Any]:
        found: dict[str, Any] = self.faults.get(kind, {})
        return found


def _new_key() -> RSAKey:
    return RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)


def merged(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """`base` with `changes`; what is null there is left out."""
    return {k: v for k, v in {**base, **changes}.items() if k not in changes or v is not None}


def create_app(issuer: str, redirect_uris: list[str]) -> Flask:
    app = Flask(__name__)
    provider = Provider(issuer, Client(redirect_uris))

    class Pkce(CodeChallenge):
        SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)

        def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
            if not grant.request.payload.data.get("code_challenge"):
                raise InvalidRequestError("Missing 'code_challenge'")
            if grant.request.payload.data.get("code_challenge_method") != "S256":
                raise InvalidRequestError("Only S256 is supported")
            super().validate_code_challenge(grant, redirect_uri)

    class CodeGrant(AuthorizationCodeGrant):
        def save_authorization_code(self, code: str, asked: Any) -> None:
            sent = asked.payload.data
            provider.codes[code] = Code(
                code,
                asked.user,
                asked.payload.redirect_uri,
                asked.scope,
                sent.get("nonce"),
                sent["code_challenge"],
                sent["code_challenge_method"],
            )

        def query_authorization_code(self, code: str, client: Client) -> Code | None:
            return provider.codes.get(code)

        def delete_authorization_code(self, authorization_code: Code) -> None:
            provider.codes.pop(authorization_code.value, None)

        def authenticate_user(self, authorization_code: Code) -> str:
            return authorization_code.person

    class IdToken(OpenIDCode):
        def exists_nonce(self, nonce: str, asked: Any) -> bool:
            return any(code.nonce == nonce for code in provider.codes.values())

        def get_client_claims(self, client: Client) -> dict[str, Any]:
            return {"iss": issuer}

        def generate_user_info(self, user: str, scope: str) -> UserInfo:
            return UserInfo(sub=f"{user}-0001", **PEOPLE[user]).filter(scope)

        def encode_id_token(self, token: dict[str, Any], asked: Any) -> str:
            claims = self.get_compatible_claims(asked)
            claims.update(self.get_authorization_code_claims(asked.authorization_code))
            half = create_half_hash(token["access_token"], "RS256")
            claims["at_hash"] = half.decode()
            claims.update(self.generate_user_info(asked.user, token["scope"]))
            return signed(provider, merged(claims, provider.fault("claims")))

    class Issuer(IssuerParameter):
        def get_issuer(self) -> str:
            return issuer

    class Bearer(BearerTokenValidator):
        def authenticate_token(self, token_string: str) -> Token | None:
            return provider.tokens.get(token_string)

    def save_token(token: dict[str, Any], asked: Any) -> None:
        provider.tokens[token["access_token"]] = Token(asked.user, token.get("scope", ""))

    server = AuthorizationServer(app, lambda _: provider.client, save_token)
    server.query_client = lambda name: provider.client if name == CLIENT_ID else None
    server.register_grant(CodeGrant, [IdToken(), Pkce()])
    server.register_extension(Issuer())
    protector = ResourceProtector()
    protector.register_token_validator(Bearer())

    def answered(name: str, usual: Any) -> Response:
        """What is asked for, or what the faults make of it."""
        provider.asked[name] += 1
        time.sleep(provider.fault("delay_seconds").get(name, 0))
        status = provider.fault("status").get(name, 200)
        if name in provider.fault("body"):
            return Response(provider.fault("body")[name], status, content_type="application/json")
        if status != 200:
            return Response("the provider is out of order", status)
        response: Response = usual()
        changes = provider.fault({"discovery": "metadata"}.get(name, name))
        if changes and response.status_code == 200:
            response.data = json.dumps(merged(response.get_json(), changes))
        return response

    @app.get("/.well-known/openid-configuration")
    def discovery() -> Response:
        return answered(
            "discovery",
            lambda: jsonify(
                issuer=issuer,
                authorization_endpoint=f"{issuer}/authorize",
                token_endpoint=f"{issuer}/token",
                userinfo_endpoint=f"{issuer}/userinfo",
                jwks_uri=f"{issuer}/jwks",
                response_types_supported=["code"],
                subject_types_supported=["public"],
                scopes_supported=["openid", "profile", "email"],
                id_token_signing_alg_values_supported=["RS256", "HS256", "none"],
                token_endpoint_auth_methods_supported=[
                    "client_secret_basic",
                    "client_secret_post",
                ],
                code_challenge_methods_supported=["S256"],
                authorization_response_iss_parameter_supported=True,
            ),
        )

    @app.get("/jwks")
    def jwks() -> Response:
        return answered("jwks", lambda: jsonify(keys=[provider.key.as_dict(private=False)]))

    @app.route("/authorize", methods=["GET", "POST"])
    def authorize() -> Any:
        try:
            grant = server.get_consent_grant()
        except OAuth2Error as error:
            return server.handle_error_response(request, error)
        if request.method == "GET":
            hint = request.args.get("login_hint")
            return render_template_string(PAGE, people=PEOPLE, hint=hint)
        person = request.form.get("person")
        granted = person if request.form["decision"] == "continue" else None
        response = server.create_authorization_response(grant=grant, grant_user=granted)
        parts = urlsplit(response.location)
        sent = merged(dict(parse_qsl(parts.query)), provider.fault("redirect"))
        response.location = urlunsplit(parts._replace(query=urlencode(sent)))
        return response

    @app.post("/token")
    def token() -> Response:
        return answered("token", server.create_token_response)

    @app.get("/userinfo")
    def userinfo() -> Response:
        def usual() -> Response:
            with protector.acquire() as token:
                return jsonify(sub=f"{token.person}-0001", **PEOPLE[token.person])

        return answered("userinfo", usual)

    @app.get("/control")
    def asked() -> dict[str, int]:
        return dict(provider.asked)

    @app.post("/control")
    def control() -> dict[str, Any]:
        provider.faults = request.get_json()
        provider.asked.clear()
        if provider.faults.get("rotate_key"):
            provider.key = _new_key()
        return provider.faults

    return app


def signed(provider: Provider, claims: dict[str, Any]) -> str:
    """The ID token, signed as it should be or as the faults say."""
    how = provider.faults.get("sign")
    key: Any = provider.key
    header = {"alg": "RS256", "kid": provider.key.kid}
    if how == "stranger":
        key = _new_key()
    elif how == "HS256":
        header["alg"] = "HS256"
        key = OctKey.import_key(CLIENT_SECRET.ljust(32, "."))
    elif how == "none":
        return f"{_part({'alg': 'none', 'typ': 'JWT'})}.{_part(claims)}."
    header = merged(header, provider.fault("header"))
    algorithms = [header["alg"]]
    return jwt.encode(header, claims, key, registry=JWSRegistry(algorithms=algorithms))


def _part(members: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(members).encode()).rstrip(b"=").decode()


class Quiet(WSGIRequestHandler):
    """No line for each request."""

    def log_request(self, code: object = "-", size: object = "-") -> None:
        pass


def main() -> None:
    parser = argparse.ArgumentParser(description="An OpenID Connect provider for tests.")
    parser.add_argument("port", type=int)
    parser.add_argument("--redirect-uri", action="append", dest="redirect_uris")
    given = parser.parse_args()
    app = create_app(f"http://127.0.0.1:{given.port}", given.redirect_uris or [REDIRECT_URI])
    server = make_server("127.0.0.1", given.port, app, threaded=True, request_handler=Quiet)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
