"""The routes of outside sign-in: the way to a provider and back, and the list of connections."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID  # noqa: TC003 - read by @operation

from flask import Response, request

from ...contract.operations import operation
from ...contract.problem import Problem
from ...contract.problems import (
    CsrfFailed,
    NotFound,
    OriginNotAllowed,
    ProviderDeclined,
    ProviderFailed,
    ServiceUnavailable,
    StaleSignIn,
    TooManyRequests,
    ValidationFailed,
)
from ...contract.runtime import ContractState
from ...contract.validation_errors import error_entry
from ...core import state
from ...core.addresses import address_key
from ...core.own_routes import OwnBlueprint
from ...core.times import utc
from ..authority import Auth
from ..log import log
from ..request.caller import require_caller
from ..request.guard import signed_in
from . import models, rules
from .flow_cookie import Flow, new_flow
from .listing import TAGS, Providers
from .metadata import ProviderFault
from .sign_in import connect, sign_in

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from .client import ProviderClient
    from .external import ExternalAccount

UNSAFE = [CsrfFailed, OriginNotAllowed]
RECENT = timedelta(minutes=10)
HOME = models.Next()


blueprint: OwnBlueprint = OwnBlueprint("dovetail_providers", __name__)


@blueprint.get("/auth/providers/<name>/start")
@operation(returns={303: Response}, problems=[NotFound], tags=TAGS)
def start(name: str, query: models.Next) -> Response:
    """Send the browser to the provider. For navigation, not for fetch."""
    client = _client(name)
    flow = new_flow(name, landing=_landing(query.next, "query"), now=state.get(Auth).now())
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        # Providers often ask nothing, so a foreign page could replace the login of anybody who
        # opens it.
        log.warning("provider sign-in refused", extra={"provider": name, "reason": "cross-site"})
        return _redirect_to_problem(OriginNotAllowed(), flow)
    try:
        url = _begin_flow(client, flow)
    except Problem as problem:
        return _redirect_to_problem(problem, flow)
    return _redirect(url)


@blueprint.post("/auth/providers/<name>/connect")
@signed_in(within=RECENT)
@operation(
    returns=models.Away, problems=[NotFound, ProviderFailed, ServiceUnavailable, *UNSAFE], tags=TAGS
)
def begin_connecting(name: str, body: models.Next = HOME) -> models.Away:
    """Where to send the browser, to connect an outside identity to one's own account."""
    client = _client(name)
    login = require_caller().login
    assert login is not None
    flow = new_flow(
        name,
        landing=_landing(body.next, "body"),
        now=state.get(Auth).now(),
        login_id=login.id,
        subject=login.subject,
    )
    return models.Away(url=_begin_flow(client, flow))


@blueprint.get("/auth/providers/<name>/callback")
@operation(returns={303: Response}, problems=[NotFound], tags=TAGS)
def callback(name: str) -> Response:
    """Where the provider sends the browser back to; goes on to the frontend, whatever happens."""
    client = _client(name)
    providers = state.get(Providers)
    sent = _read_answer()
    flow = providers.flows.take(sent.get("state", ""), now=state.get(Auth).now())
    if flow is None or flow.provider != name:
        log.warning("provider sign-in refused", extra={"provider": name, "reason": "stale"})
        return _redirect_to_problem(StaleSignIn(), None)
    try:
        _finish(client, flow, sent)
    except Problem as problem:
        return _redirect_to_problem(problem, flow)
    except Exception as exc:  # show a browser that navigates a page, even when a store is away
        if not state.get(ContractState).outages.report(exc):
            raise
        return _redirect_to_problem(ServiceUnavailable(), flow)
    return _redirect(flow.landing)


@blueprint.get("/auth/connections")
@signed_in
@operation(returns=models.ConnectionItems, tags=TAGS)
def list_connections() -> models.ConnectionItems:
    """The outside identities of one's own account, the oldest first."""
    providers = state.get(Providers)
    login = require_caller().login
    assert login is not None
    return models.ConnectionItems(
        items=[
            models.ConnectionItem(
                id=connection.id,
                provider=connection.provider,
                title=_title(providers, connection.provider),
                connected_at=utc(connection.connected_at),
            )
            for connection in providers.connections.of_subject(login.subject)
        ]
    )


@blueprint.delete("/auth/connections/<connection_id>")
@signed_in(within=RECENT)
@operation(returns={204: None}, problems=[NotFound, *UNSAFE], tags=TAGS)
def disconnect(connection_id: UUID) -> None:
    """Take an outside identity from one's own account. Logins that it began go on."""
    login = require_caller().login
    assert login is not None
    if not state.get(Providers).connections.end(login.subject, str(connection_id)):
        raise NotFound
    log.info("provider disconnected", extra={"subject": login.subject})


def _client(name: str) -> ProviderClient:
    client = state.get(Providers).clients.get(name)
    if client is None:
        raise NotFound
    return client


def _title(providers: Providers, name: str) -> str:
    client = providers.clients.get(name)
    return name if client is None else client.provider.title


def _landing(wanted: str, place: str) -> tuple[str, str]:
    providers = state.get(Providers)
    origins = providers.origins
    landing = rules.landing(wanted, origins, providers.page_prefix(origins[0]))
    if landing is None:
        detail = "Not a path of the frontend, nor an address on one of its origins"
        raise ValidationFailed(
            errors=[error_entry(place, "next", code="not_allowed", detail=detail)]
        )
    return landing


def _begin_flow(client: ProviderClient, flow: Flow) -> str:
    try:
        with _exchange():
            url = client.authorization_url(flow)
    except ProviderFault as fault:
        raise _log_fault(client, fault) from None
    state.get(Providers).flows.set(flow)
    return url


def _read_answer() -> dict[str, str]:
    """Return the provider's answer through the browser; a parameter sent twice counts as absent."""
    names = ("state", "code", "error", "iss")
    values = {name: request.args.getlist(name) for name in names}
    return {name: sent[0] for name, sent in values.items() if len(sent) == 1}


def _finish(client: ProviderClient, flow: Flow, sent: Mapping[str, str]) -> None:
    providers = state.get(Providers)
    _count_attempt()
    try:
        with _exchange():
            account = _account(client, flow, sent)
    except ProviderFault as fault:
        raise _log_fault(client, fault) from None
    if flow.login_id is not None:
        connect(account, providers.connections, flow)
        return
    assert providers.identify_external is not None
    sign_in(account, providers.connections, providers.identify_external)


def _exchange() -> AbstractContextManager[None]:
    """Take one of the process's places for talking with providers, shared between addresses."""
    return state.get(Providers).exchanges.for_client(address_key(request.remote_addr))


def _count_attempt() -> None:
    """Count a sign-in of this address: an answer can be replayed, and each asks the provider.

    Raises:
        TooManyRequests: too many attempts from this address, those by password included.
    """
    wait = state.get(Auth).limiter.attempt(None, request.remote_addr)
    if wait is not None:
        log.warning("login refused", extra={"reason": "too many attempts"})
        raise TooManyRequests("Too many attempts to sign in.", retry_after=wait)


def _account(client: ProviderClient, flow: Flow, sent: Mapping[str, str]) -> ExternalAccount:
    client.check_issuer(sent.get("iss"))
    if sent.get("error") == "access_denied":
        log.info("provider declined", extra={"provider": flow.provider})
        raise ProviderDeclined
    if "error" in sent or "code" not in sent:
        raise ProviderFault(f"callback: {rules.error_code(sent.get('error'))}")
    return client.redeem(sent["code"], flow)


def _log_fault(client: ProviderClient, fault: ProviderFault) -> ProviderFailed:
    log.warning("provider failed", extra={"provider": client.provider.name, "reason": str(fault)})
    return ProviderFailed()


def _redirect_to_problem(problem: Problem, flow: Flow | None) -> Response:
    """Redirect to the frontend with the code: to the sign-in page, or to where connecting began."""
    providers = state.get(Providers)
    if flow is None:
        home = providers.origins[0] + providers.page_prefix(providers.origins[0])
        return _redirect(rules.with_query(home + providers.sign_in_path, problem=problem.code))
    if flow.login_id is not None:
        return _redirect(rules.with_query(flow.landing, problem=problem.code))
    prefix = providers.page_prefix(flow.origin)
    page = flow.origin + prefix + providers.sign_in_path
    path = rules.path_below(flow.landing[len(flow.origin) :], prefix)
    return _redirect(rules.with_query(page, problem=problem.code, next=path))


def _redirect(url: str) -> Response:
    """Make a redirect that is not cached, and whose target does not learn where it comes from."""
    return Response(
        status=303,
        headers={"Location": url, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"},
    )
