"""The way to a provider and back; and the list of what is connected."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID  # noqa: TC003 - read by @operation

from flask import Blueprint, Response, request

from ... import state
from ...contract.errors import (
    CsrfFailed,
    NotFound,
    OriginNotAllowed,
    ProviderDeclined,
    ProviderFailed,
    ServiceUnavailable,
    StaleSignIn,
    ValidationFailed,
)
from ...contract.invalid import listed
from ...contract.operation import operation
from ...contract.problem import Problem
from ...contract.runtime import ContractState
from ...core.times import utc
from ..authority import Auth
from ..guard import signed_in
from ..log import log
from ..visit import required
from . import models, rules
from .flow_cookie import Flow, new_flow
from .listing import TAGS, Providers
from .metadata import ProviderFault
from .sign_in import connect, sign_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .client import ProviderClient
    from .external import ExternalAccount

UNSAFE = [CsrfFailed, OriginNotAllowed]
RECENT = timedelta(minutes=10)
HOME = models.Next()


blueprint = Blueprint("dovetail_providers", __name__)


@blueprint.get("/auth/providers/<name>/start")
@operation(returns={303: Response}, problems=[NotFound], tags=TAGS)
def start(name: str, query: models.Next) -> Response:
    """Send the browser to the provider. For navigation, not for fetch."""
    client = _client(name)
    flow = new_flow(name, landing=_landing(query.next, "query"), now=state.get(Auth).now())
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        # Providers often ask nothing: a foreign page would exchange the login of whoever opens it.
        log.warning("provider sign-in refused", extra={"provider": name, "reason": "cross-site"})
        return _failed(OriginNotAllowed(), flow)
    try:
        url = _sent_away(client, flow)
    except Problem as problem:
        return _failed(problem, flow)
    return _redirect(url)


@blueprint.post("/auth/providers/<name>/connect")
@signed_in(within=RECENT)
@operation(
    returns=models.Away, problems=[NotFound, ProviderFailed, ServiceUnavailable, *UNSAFE], tags=TAGS
)
def begin_connecting(name: str, body: models.Next = HOME) -> models.Away:
    """Where to send the browser, to connect an outside identity to one's own account."""
    client = _client(name)
    login = required().login
    assert login is not None
    flow = new_flow(
        name,
        landing=_landing(body.next, "body"),
        now=state.get(Auth).now(),
        login_id=login.id,
        subject=login.subject,
    )
    return models.Away(url=_sent_away(client, flow))


@blueprint.get("/auth/providers/<name>/callback")
@operation(returns={303: Response}, problems=[NotFound], tags=TAGS)
def callback(name: str) -> Response:
    """Where the provider sends the browser back to; goes on to the frontend, whatever happens."""
    client = _client(name)
    kept = state.get(Providers)
    sent = _answer()
    flow = kept.flows.take(sent.get("state", ""), now=state.get(Auth).now())
    if flow is None or flow.provider != name:
        log.warning("provider sign-in refused", extra={"provider": name, "reason": "stale"})
        return _failed(StaleSignIn(), None)
    try:
        _finish(client, flow, sent)
    except Problem as problem:
        return _failed(problem, flow)
    except Exception as exc:  # a browser that navigates is shown a page also when a store is away
        if not state.get(ContractState).outages.report(exc):
            raise
        return _failed(ServiceUnavailable(), flow)
    return _redirect(flow.landing)


@blueprint.get("/auth/connections")
@signed_in
@operation(returns=models.ConnectionItems, tags=TAGS)
def list_connections() -> models.ConnectionItems:
    """The outside identities of one's own account, the oldest first."""
    kept = state.get(Providers)
    login = required().login
    assert login is not None
    return models.ConnectionItems(
        items=[
            models.ConnectionItem(
                id=found.id,
                provider=found.provider,
                title=_title(kept, found.provider),
                connected_at=utc(found.connected_at),
            )
            for found in kept.connections.of_subject(login.subject)
        ]
    )


@blueprint.delete("/auth/connections/<connection_id>")
@signed_in(within=RECENT)
@operation(returns={204: None}, problems=[NotFound, *UNSAFE], tags=TAGS)
def disconnect(connection_id: UUID) -> None:
    """Take an outside identity from one's own account. Logins that it began go on."""
    login = required().login
    assert login is not None
    if not state.get(Providers).connections.end(login.subject, str(connection_id)):
        raise NotFound
    log.info("provider disconnected", extra={"subject": login.subject})


def _client(name: str) -> ProviderClient:
    client = state.get(Providers).clients.get(name)
    if client is None:
        raise NotFound
    return client


def _title(kept: Providers, name: str) -> str:
    client = kept.clients.get(name)
    return name if client is None else client.provider.title


def _landing(wanted: str, place: str) -> tuple[str, str]:
    found = rules.landing(wanted, state.get(Providers).origins)
    if found is None:
        detail = "Not a path of the frontend, nor an address on one of its origins"
        raise ValidationFailed(errors=[listed(place, "next", code="not_allowed", detail=detail)])
    return found


def _sent_away(client: ProviderClient, flow: Flow) -> str:
    try:
        with state.get(Providers).exchanges:
            url = client.authorization_url(flow)
    except ProviderFault as fault:
        raise _refused(client, fault) from None
    state.get(Providers).flows.set(flow)
    return url


def _answer() -> dict[str, str]:
    """What the provider says through the browser. A parameter that is there twice is not there."""
    names = ("state", "code", "error", "iss")
    values = {name: request.args.getlist(name) for name in names}
    return {name: found[0] for name, found in values.items() if len(found) == 1}


def _finish(client: ProviderClient, flow: Flow, sent: Mapping[str, str]) -> None:
    kept = state.get(Providers)
    try:
        with kept.exchanges:
            account = _account(client, flow, sent)
    except ProviderFault as fault:
        raise _refused(client, fault) from None
    if flow.login_id is not None:
        connect(account, kept.connections, flow)
        return
    assert kept.identify_external is not None
    sign_in(account, kept.connections, kept.identify_external)


def _account(client: ProviderClient, flow: Flow, sent: Mapping[str, str]) -> ExternalAccount:
    client.check_issuer(sent.get("iss"))
    if sent.get("error") == "access_denied":
        log.info("provider declined", extra={"provider": flow.provider})
        raise ProviderDeclined
    if "error" in sent or "code" not in sent:
        raise ProviderFault(f"callback: {rules.error_code(sent.get('error'))}")
    return client.redeem(sent["code"], flow)


def _refused(client: ProviderClient, fault: ProviderFault) -> ProviderFailed:
    log.warning("provider failed", extra={"provider": client.provider.name, "reason": str(fault)})
    return ProviderFailed()


def _failed(problem: Problem, flow: Flow | None) -> Response:
    """Back to the frontend with the code: to the sign-in page, or to where connecting began."""
    kept = state.get(Providers)
    if flow is None:
        return _redirect(
            rules.with_query(kept.origins[0] + kept.sign_in_path, problem=problem.code)
        )
    if flow.login_id is not None:
        return _redirect(rules.with_query(flow.landing, problem=problem.code))
    page = flow.origin + kept.sign_in_path
    path = flow.landing[len(flow.origin) :] or "/"
    return _redirect(rules.with_query(page, problem=problem.code, next=path))


def _redirect(url: str) -> Response:
    """A redirect that is kept nowhere, and whose target is not told where it comes from."""
    return Response(
        status=303,
        headers={"Location": url, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"},
    )
