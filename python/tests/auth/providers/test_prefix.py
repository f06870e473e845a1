"""Outside sign-in of an app below a path: the way there, back, and to the page."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.exceptions import NotFound
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from support.provider_site import API, APP, Browser, IdentityProvider, MakeSite, query_of


@pytest.fixture(params=["session", "token"])
def browser(request: pytest.FixtureRequest, make_site: MakeSite) -> Browser:
    """At an app whose page has its origin, and is below its prefix, too."""
    return browser_of(make_site, DOVETAIL_AUTH_STRATEGY=request.param)


def browser_of(make_site: MakeSite, **config: Any) -> Browser:
    site = make_site(**{"DOVETAIL_FRONTEND_ORIGINS": [API], **config})
    mounted = DispatcherMiddleware(NotFound(), {"/app": site.app.wsgi_app})
    site.app.wsgi_app = mounted  # type: ignore[method-assign]
    return site.browser()


def start(browser: Browser, **query: str) -> Any:
    return browser.get("/app/auth/providers/starter/start", query_string=query)


def test_sign_in_goes_and_comes_below_the_prefix(browser: Browser, idp: IdentityProvider) -> None:
    away = start(browser, next="/notes?tab=1#new").location
    assert query_of(away)["redirect_uri"] == f"{API}/app/auth/providers/starter/callback"
    answer = browser.get(idp.consent(away, "ada"))
    assert (answer.status_code, answer.location) == (303, f"{API}/app/notes?tab=1#new")
    assert browser.get("/app/auth/session").json["login"]["subject"] == "account-1"


def test_list_names_the_address_below_the_prefix(browser: Browser) -> None:
    items = browser.get("/app/auth/providers").json["items"]
    assert items[0]["url"] == f"{API}/app/auth/providers/starter/start"


@pytest.mark.parametrize("wanted", ["/notes", f"{API}/app/notes"])
def test_problem_lands_on_the_page_and_names_its_path(
    browser: Browser, idp: IdentityProvider, wanted: str
) -> None:
    """`next` is handed on as the page knows it: without the prefix."""
    away = start(browser, next=wanted).location
    answer = browser.get(idp.consent(away, "ada", decision="cancel"))
    assert answer.location == f"{API}/app/sign-in?problem=PROVIDER_DECLINED&next=%2Fnotes"


def test_flow_that_is_unknown_lands_on_the_page(browser: Browser) -> None:
    answer = browser.get("/app/auth/providers/starter/callback?state=unknown")
    assert answer.location == f"{API}/app/sign-in?problem=STALE_SIGN_IN"


def test_page_of_another_origin_is_not_below_the_prefix_of_the_api(
    make_site: MakeSite, idp: IdentityProvider
) -> None:
    browser = browser_of(make_site, DOVETAIL_FRONTEND_ORIGINS=[APP])
    answer = browser.get(idp.consent(start(browser, next="/notes").location, "ada"))
    assert answer.location == f"{APP}/notes"
