"""Whatever is declared: what is accepted is safe, what is refused says why."""

from __future__ import annotations

from typing import Any

from hypothesis import given, reject
from hypothesis import strategies as st

from flask_dovetail.core.errors import ConfigurationError
from flask_dovetail.topology import Topology
from flask_dovetail.topology.same_site import registrable_domain

PRIVATE = ["localhost", "app.localhost", "127.0.0.1", "[::1]", "192.168.0.1", "web"]
INTERNAL = ["shop.internal", "api.shop.internal", "www.shop.internal"]
EXAMPLE = ["example.com", "api.example.com", "www.example.com", "a.b.example.com"]
OTHERS = ["example.co.uk", "co.uk", "one.github.io", "two.github.io", "bücher.de", "8.8.8.8", "com"]
REFUSED = ["*", "*.example.com", "user@example.com", "example.com/"]


@st.composite
def declarations(draw: st.DrawFn) -> dict[str, Any]:
    """Mostly of one scheme and one neighbourhood, so that many are accepted; at times anything."""
    hosts = draw(st.sampled_from([EXAMPLE, EXAMPLE, EXAMPLE + OTHERS, INTERNAL, PRIVATE]))
    hosts = hosts if draw(st.integers(0, 9)) else hosts + REFUSED
    scheme = "https" if draw(st.integers(0, 3)) else "http"
    port = st.sampled_from(["", "", ":443", ":80", ":5173"])
    origin = st.builds(f"{scheme}://{{}}{{}}".format, st.sampled_from(hosts), port)
    return {
        "api_origin": draw(origin),
        "frontend_origins": draw(st.lists(origin, max_size=3)),
        "ssr_origins": draw(st.lists(origin, max_size=2)),
        "cookie_domain": draw(st.none() | st.none() | st.sampled_from(hosts)),
    }


def accepted(declared: dict[str, Any]) -> Topology:
    try:
        topology = Topology.of(**declared)
    except ConfigurationError:
        reject()
    return topology


@given(declarations(), st.sampled_from(["/", "/auth"]))
def test_a_cookie_of_an_accepted_topology_is_one_that_browsers_keep(
    declared: dict[str, Any], path: str
) -> None:
    topology = accepted(declared)
    cookie = topology.cookie("sid", path=path)
    assert cookie.httponly
    if cookie.samesite == "None" or cookie.partitioned:
        assert cookie.secure
    if cookie.name.startswith("__Host-"):
        assert cookie.secure
        assert cookie.domain is None
        assert cookie.path == "/"
    elif cookie.secure:
        assert cookie.name.startswith("__Secure-")
        assert cookie.domain is not None or path != "/"
    if cookie.domain is not None:
        api = topology.api_origin.host
        assert api == cookie.domain or api.endswith("." + cookie.domain)
        assert registrable_domain(cookie.domain) is not None
    assert cookie.secure is topology.api_origin.secure


@given(declarations())
def test_an_accepted_topology_names_every_origin_exactly(declared: dict[str, Any]) -> None:
    topology = accepted(declared)
    for origin in topology.allowed_origins | set(topology.connect_src) - {"'self'"}:
        assert "*" not in origin
        assert "null" not in origin
        assert origin.count("/") == 2
    schemes = {origin.partition(":")[0] for origin in topology.allowed_origins}
    assert len(schemes) == 1
    assert topology.cors.origins == topology.allowed_origins - {str(topology.api_origin)}


@given(declarations())
def test_every_renderer_of_an_accepted_topology_receives_the_cookie(
    declared: dict[str, Any],
) -> None:
    topology = accepted(declared)
    domain = topology.cookie("sid").domain
    for origin in topology.ssr_origins:
        if domain is None:
            assert origin.host == topology.api_origin.host
        else:
            assert origin.host == domain or origin.host.endswith("." + domain)


@given(declarations())
def test_the_order_of_the_origins_does_not_matter(declared: dict[str, Any]) -> None:
    topology = accepted(declared)
    turned = {
        key: list(reversed(value)) if isinstance(value, list) else value
        for key, value in declared.items()
    }
    other = Topology.of(**turned)
    assert other.cookie("sid") == topology.cookie("sid")
    assert other.relation == topology.relation
    assert other.allowed_origins == topology.allowed_origins
