"""The client of one provider: where to send the browser, and who came back.

Authlib does the protocol, joserfc the signatures. Every answer of a provider is bounded in time and
size, and redirects are not followed. Anything that is not as it must be is a `ProviderFault`, whose
reason holds no secret.
"""

from __future__ import annotations

import io
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ..logins.rules import CLOCK_SKEW_SECONDS
from . import rules
from .config import is_safe_url
from .external import ExternalAccount
from .metadata import METADATA_SECONDS, Metadata, MetadataCache, ProviderFault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import requests
    from authlib.integrations.requests_client import OAuth2Session  # type: ignore[import-untyped]

    from .config import Provider
    from .flow_cookie import Flow

TIMEOUT_SECONDS = 5.0
MAX_ANSWER_BYTES = 256 * 1024


class ProviderClient:
    """The client of one provider of one app. Safe for threads: a cache is replaced, never changed.

    Args:
        redirect_uri: returns the address exactly as it is registered with the provider.
        clock: seconds that never go back, for the cache.
    """

    def __init__(
        self,
        provider: Provider,
        redirect_uri: Callable[[], str],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.provider = provider
        self._redirect_uri = redirect_uri
        self._clock = clock
        self._metadata = MetadataCache(
            provider.name, self._fetch_metadata, clock=clock, wait_seconds=TIMEOUT_SECONDS
        )
        self._keys: tuple[float, Any] | None = None

    def authorization_url(self, flow: Flow) -> str:
        """Return the address to send the browser to: the code flow with PKCE S256, state and nonce.

        Raises:
            ProviderFault: discovery failed.
        """
        with _as_provider_fault("discovery"), self._session() as session:
            metadata = self._metadata.get()
            nonce = {} if metadata.jwks_uri is None else {"nonce": flow.nonce}
            url, _ = session.create_authorization_url(
                metadata.authorize_url,
                state=flow.state,
                code_verifier=flow.verifier,
                scope=" ".join(self.provider.scopes) or None,
                **nonce,
            )
        return str(url)

    def check_issuer(self, sent: str | None) -> None:
        """Refuse an answer that another provider gave (RFC 9207 section 2.4).

        Raises:
            ProviderFault: `iss` is another's, or absent where the provider promises it.
        """
        if self.provider.endpoints is not None:
            return  # a plain OAuth 2 provider has no issuer to compare; its callback is its own
        promised = self._metadata.get().sends_issuer
        if sent != self.provider.issuer and (sent is not None or promised):
            raise ProviderFault("callback: iss is missing or another's")

    def redeem(self, code: str, flow: Flow) -> ExternalAccount:
        """Return the account of the person who came back with `code`.

        Raises:
            ProviderFault: anything is not as it must be.
        """
        metadata = self._metadata.get()
        with self._session() as session:
            session.token_endpoint_auth_method = metadata.auth_method
            with _as_provider_fault("token"):
                token = session.fetch_token(
                    metadata.token_url,
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=flow.verifier,
                )
                if not isinstance(token["access_token"], str):
                    raise TypeError("access_token")
            if metadata.jwks_uri is None:
                with _as_provider_fault("userinfo"):
                    claims = _json(session, metadata.userinfo_url)
                return self._plain_account(claims)
            with _as_provider_fault("id token"):
                id_claims = self._verify_id_token(session, token, metadata, flow.nonce)
            with _as_provider_fault("userinfo"):
                more = self._userinfo(session, metadata, id_claims)
        return self._account(rules.external_subject(id_claims["sub"]), more)

    def _userinfo(
        self, session: OAuth2Session, metadata: Metadata, id_claims: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """Return the source of email and name: the ID token or userinfo, never some of each."""
        wanted = {"email", "profile"} & set(self.provider.scopes)
        if not wanted or metadata.userinfo_url is None or "email" in id_claims:
            return id_claims
        claims = _json(session, metadata.userinfo_url)
        if claims.get("sub") != id_claims["sub"]:
            raise ProviderFault("userinfo: sub is another's")  # OpenID Connect Core 5.3.2
        return claims

    def _plain_account(self, claims: Mapping[str, Any]) -> ExternalAccount:
        assert self.provider.endpoints is not None
        subject = rules.external_subject(claims.get(self.provider.endpoints.subject_field))
        return self._account(subject, claims)

    def _account(self, subject: str | None, claims: Mapping[str, Any]) -> ExternalAccount:
        if subject is None:
            raise ProviderFault("claims: the subject is missing or no id")
        return ExternalAccount(
            provider=self.provider.name,
            issuer=self.provider.issuer,
            subject=subject,
            email=rules.verified_email(claims),
            name=rules.display_name(claims),
        )

    def _verify_id_token(
        self, session: OAuth2Session, token: Mapping[str, Any], metadata: Metadata, nonce: str
    ) -> Mapping[str, Any]:
        """Return the claims of the ID token (OpenID Connect Core section 3.1.3.7)."""
        from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]
        from joserfc import jwt
        from joserfc.errors import InvalidKeyIdError
        from joserfc.jws import JWSRegistry

        if not metadata.algorithms:
            raise ProviderFault("discovery: no algorithm for ID tokens that can be relied on")
        registry = JWSRegistry(algorithms=metadata.algorithms, strict_check_header=False)
        signed = token["id_token"]
        try:
            decoded = jwt.decode(signed, self._key_set(session, metadata), registry=registry)
        except InvalidKeyIdError:
            # The provider has changed its keys since they were cached.
            keys = self._key_set(session, metadata, again=True)
            decoded = jwt.decode(signed, keys, registry=registry)
        claims = CodeIDToken(
            decoded.claims,
            decoded.header,
            {
                "iss": {"essential": True, "value": self.provider.issuer},
                "aud": {"essential": True, "value": self.provider.client_id},
            },
            {
                "nonce": nonce,
                "client_id": self.provider.client_id,
                "access_token": token["access_token"],
            },
        )
        claims.validate(leeway=CLOCK_SKEW_SECONDS)
        return dict(claims)

    def _fetch_metadata(self) -> Metadata:
        """Return what the provider says of its endpoints, or the settings where it says nothing."""
        endpoints = self.provider.endpoints
        if endpoints is None:
            with _as_provider_fault("discovery"), self._session() as session:
                return self._discover(session)
        return Metadata(
            authorize_url=endpoints.authorize_url,
            token_url=endpoints.token_url,
            userinfo_url=endpoints.userinfo_url,
            jwks_uri=None,
            algorithms=(),
            auth_method="client_secret_basic",
            sends_issuer=False,
        )

    def _discover(self, session: OAuth2Session) -> Metadata:
        from authlib.oidc.discovery import get_well_known_url  # type: ignore[import-untyped]

        issuer = self.provider.issuer
        document = _json(session, get_well_known_url(issuer, external=True), anonymous=True)
        if document.get("issuer") != issuer:
            raise ProviderFault("discovery: issuer is another's")  # OpenID Connect Discovery 4.3
        needed = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        optional = ("userinfo_endpoint",) if "userinfo_endpoint" in document else ()
        for member in (*needed, *optional):
            if not is_safe_url(document.get(member)):
                raise ProviderFault(f"discovery: {member} is missing or no https address")
        return Metadata(
            authorize_url=document["authorization_endpoint"],
            token_url=document["token_endpoint"],
            userinfo_url=document.get("userinfo_endpoint"),
            jwks_uri=document["jwks_uri"],
            algorithms=rules.signing_algorithms(
                document.get("id_token_signing_alg_values_supported")
            ),
            auth_method=rules.token_auth_method(
                document.get("token_endpoint_auth_methods_supported")
            ),
            sends_issuer=document.get("authorization_response_iss_parameter_supported") is True,
        )

    def _key_set(self, session: OAuth2Session, metadata: Metadata, *, again: bool = False) -> Any:
        from joserfc.jwk import KeySet

        cached = self._keys
        if again or cached is None or self._clock() - cached[0] >= METADATA_SECONDS:
            document: Any = _json(session, metadata.jwks_uri, anonymous=True)
            cached = self._keys = (self._clock(), KeySet.import_key_set(document))
        return cached[1]

    @contextmanager
    def _session(self) -> Iterator[OAuth2Session]:
        from authlib.integrations.requests_client import OAuth2Session

        from .deadline import DeadlineAdapter

        with OAuth2Session(
            client_id=self.provider.client_id,
            client_secret=self.provider.client_secret,
            redirect_uri=self._redirect_uri(),
            code_challenge_method="S256",
            default_timeout=TIMEOUT_SECONDS,
            leeway=0,
        ) as session:
            session.headers["Accept-Encoding"] = "identity"  # count the bytes that are parsed
            session.stream = True
            adapter = DeadlineAdapter(TIMEOUT_SECONDS)
            for scheme in ("http://", "https://"):
                session.mount(scheme, adapter)
            session.hooks["response"].append(_read_bounded)
            yield session


def _json(session: OAuth2Session, url: str | None, *, anonymous: bool = False) -> Mapping[str, Any]:
    assert url is not None
    answer = session.get(url, withhold_token=anonymous, headers={"Accept": "application/json"})
    answer.raise_for_status()
    document = answer.json()
    if not isinstance(document, dict):
        raise TypeError("not a JSON object")
    return document


def _read_bounded(answer: requests.Response, **_: Any) -> requests.Response:
    """Read the whole body of an answer at once, within the limit on its size."""
    body = b""
    with answer.raw as raw:
        while part := raw.read1(65536):
            body += part
            if len(body) > MAX_ANSWER_BYTES:
                raise ProviderFault(f"an answer of more than {MAX_ANSWER_BYTES} bytes")
    if 300 <= answer.status_code <= 399:
        raise ProviderFault("a redirect, which is not followed")
    answer.raw = io.BytesIO(body)
    return answer


@contextmanager
def _as_provider_fault(step: str) -> Iterator[None]:
    """Turn every failure of a step into a `ProviderFault` without the data that was sent."""
    from authlib.common.errors import AuthlibBaseError  # type: ignore[import-untyped]
    from joserfc.errors import JoseError
    from requests import RequestException
    from urllib3.exceptions import HTTPError

    try:
        yield
    except AuthlibBaseError as error:
        code = rules.error_code(error.error)
        raise ProviderFault(f"{step}: {type(error).__name__} {code}") from None
    # A provider may send anything: libraries fail on it in these ways.
    except (
        JoseError,
        RequestException,
        HTTPError,
        ValueError,
        TypeError,
        LookupError,
        AttributeError,
        RecursionError,
        OSError,
    ) as error:
        raise ProviderFault(f"{step}: {_describe(error)}") from None


def _describe(error: Exception) -> str:
    """Return the kind of an error, with what cannot be a secret."""
    kind = type(error).__name__
    status = getattr(getattr(error, "response", None), "status_code", None)
    claim = getattr(error, "claim", None)
    return f"{kind} {status or claim}" if status or claim else kind
