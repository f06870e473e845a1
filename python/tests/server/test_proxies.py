"""The client is who a trusted proxy says it is; nobody else's word counts."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest
from flask import Flask, request
from hypothesis import given
from hypothesis import strategies as st

from flask_dovetail.server import proxies
from flask_dovetail.topology import Topology, TrustedProxies

FORWARDED = {
    "X-Forwarded-For": "198.51.100.7",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "api.example.com",
    "X-Forwarded-Port": "8443",
    "X-Forwarded-Prefix": "/app",
    "X-Forwarded-Server": "edge",
    "X-Forwarded": "x",
    "X-Real-IP": "198.51.100.7",
    "Forwarded": "for=198.51.100.7;proto=https;host=api.example.com",
}


def seen(
    *trusted: str, peer: str = "10.0.0.1", headers: Any = None, **environ: Any
) -> dict[str, Any]:
    app = Flask("example")
    proxies.init_app(app, Topology.of(trusted_proxies=trusted))

    @app.route("/")
    def index() -> dict[str, Any]:
        return {
            "address": request.remote_addr,
            "scheme": request.scheme,
            "host": request.host,
            "route": list(request.access_route),
            "script": request.script_root,
            "left": sorted(k for k in request.environ if "FORWARDED" in k or "REAL_IP" in k),
            "port": request.environ.get("REMOTE_PORT"),
        }

    answer = app.test_client().get(
        "/", headers=headers, environ_overrides={"REMOTE_ADDR": peer, **environ}
    )
    said: dict[str, Any] = answer.get_json()
    return said


PLAIN = {"scheme": "http", "host": "localhost", "script": ""}


def test_a_trusted_proxy_is_believed() -> None:
    said = seen("10.0.0.0/8", headers=FORWARDED)
    assert said == {
        "address": "198.51.100.7",
        "scheme": "https",
        "host": "api.example.com",
        "route": ["198.51.100.7"],
        "script": "/app",
        "left": [],
        "port": None,
    }


@pytest.mark.parametrize("peer", ["203.0.113.9", "11.0.0.1", "::1", "2001:db8::1", "nonsense", ""])
def test_anybody_else_is_not_and_what_they_say_is_removed(peer: str) -> None:
    said = seen("10.0.0.0/8", peer=peer, headers=FORWARDED)
    assert said["address"] == (peer or None) or peer == ""
    assert PLAIN.items() <= said.items()
    assert said["left"] == []


def test_without_declared_proxies_nothing_is_wrapped_and_headers_are_ignored() -> None:
    app = Flask("example")
    before = app.wsgi_app
    proxies.init_app(app, Topology.of())
    assert app.wsgi_app == before
    said = seen(headers=FORWARDED)
    assert said["address"] == "10.0.0.1"
    assert PLAIN.items() <= said.items()


@pytest.mark.parametrize(
    ("forwarded_for", "client"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("198.51.100.7, 10.0.0.2", "198.51.100.7"),
        ("198.51.100.7,10.0.0.2,10.9.9.9", "198.51.100.7"),
        ("1.1.1.1, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
        ("10.0.0.5, 198.51.100.7", "198.51.100.7"),
        ("127.0.0.1, 198.51.100.7", "198.51.100.7"),
        ("10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("", "10.0.0.1"),
        (",", "10.0.0.1"),
        ("unknown", "10.0.0.1"),
        ("_hidden, 10.0.0.2", "10.0.0.2"),
        ("evil', 10.0.0.2", "10.0.0.2"),
        ("198.51.100.7:4711", "198.51.100.7"),
        ("2001:db8::7", "2001:db8::7"),
        ("[2001:DB8::7]", "2001:db8::7"),
        ("[2001:db8::7]:4711", "2001:db8::7"),
        ("fe80::1%eth0", "10.0.0.1"),
        ("198.51.100.07", "10.0.0.1"),
        ("<script>", "10.0.0.1"),
        ("  198.51.100.7  ", "198.51.100.7"),
        ("::ffff:10.0.0.2", "10.0.0.2"),
        ("198.51.100.7, ::ffff:10.0.0.2", "198.51.100.7"),
    ],
)
def test_the_client_is_the_first_address_from_the_right_that_is_no_proxy(
    forwarded_for: str, client: str
) -> None:
    said = seen("10.0.0.0/8", headers={"X-Forwarded-For": forwarded_for})
    assert said["address"] == client


def test_a_dual_stack_peer_is_recognised_as_the_ipv4_proxy() -> None:
    said = seen("10.0.0.0/8", peer="::ffff:10.0.0.1", headers=FORWARDED)
    assert said["address"] == "198.51.100.7"


@pytest.mark.parametrize(
    ("trusted", "peer", "client"),
    [
        (("unix",), "", "198.51.100.7"),
        (("unix",), "unix:", "198.51.100.7"),
        (("unix",), "10.0.0.1", "10.0.0.1"),
        (("2001:db8:1::/48",), "2001:db8:1::9", "198.51.100.7"),
        (("10.0.0.1",), "10.0.0.1", "198.51.100.7"),
        (("10.0.0.1",), "10.0.0.2", "10.0.0.2"),
        (("192.168.0.0/16", "unix", "10.0.0.0/8"), "10.0.0.1", "198.51.100.7"),
    ],
)
def test_proxies_are_networks_addresses_or_a_unix_socket(
    trusted: tuple[str, ...], peer: str, client: str
) -> None:
    said = seen(*trusted, peer=peer, headers={"X-Forwarded-For": "198.51.100.7"})
    assert said["address"] == client


@pytest.mark.parametrize(
    ("forwarded_for", "proto", "scheme"),
    [
        ("198.51.100.7", "https", "https"),
        ("198.51.100.7", "HTTPS", "https"),
        ("198.51.100.7", "wss", "https"),
        ("198.51.100.7", "http", "http"),
        ("198.51.100.7", "gopher", "http"),
        ("198.51.100.7", "", "http"),
        ("198.51.100.7", "https, http", "http"),
        ("198.51.100.7, 10.0.0.2", "https, http", "https"),
        ("198.51.100.7, 10.0.0.2", "evil, https, http", "https"),
        ("198.51.100.7, 10.0.0.2", "https", "https"),
    ],
)
def test_the_scheme_is_what_the_outermost_trusted_proxy_wrote(
    forwarded_for: str, proto: str, scheme: str
) -> None:
    headers = {"X-Forwarded-For": forwarded_for, "X-Forwarded-Proto": proto}
    assert seen("10.0.0.0/8", headers=headers)["scheme"] == scheme


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("api.example.com", "api.example.com"),
        ("api.example.com:8443", "api.example.com:8443"),
        ("[::1]:5000", "[::1]:5000"),
        ("evil.example, api.example.com", "api.example.com"),
        ("api.example.com/x", "localhost"),
        ("user@api.example.com", "localhost"),
        ("api.example.com:port", "localhost"),
        ("", "localhost"),
    ],
)
def test_the_host_is_taken_when_it_is_one(host: str, shown: str) -> None:
    assert seen("10.0.0.0/8", headers={"X-Forwarded-Host": host})["host"] == shown


def test_the_peer_port_does_not_outlive_the_peer_address() -> None:
    trusted = ("10.0.0.0/8",)
    assert seen(*trusted, headers=FORWARDED, REMOTE_PORT="4711")["port"] is None
    assert seen(*trusted, REMOTE_PORT="4711")["port"] == "4711"


ADDRESSES = st.ip_addresses(v=4).map(str) | st.ip_addresses(v=6, network="2001::/16").map(str)


@given(st.lists(ADDRESSES | st.text(alphabet="0123456789.:[]x ", max_size=12)), ADDRESSES)
def test_nothing_a_client_writes_changes_which_address_it_has(
    forged: list[str], client: str
) -> None:
    """The proxy appends the address it sees; all further to the left is the client's invention."""
    trusted = TrustedProxies.parse(["10.0.0.0/8"])
    if trusted.trusts(client):
        return
    environ = {
        "REMOTE_ADDR": "10.0.0.1",
        "HTTP_X_FORWARDED_FOR": ",".join([*forged, client]),
    }
    proxies.wrap(lambda env, start: [], trusted)(environ, lambda *_: lambda _: None)
    assert environ["REMOTE_ADDR"] == client
    assert set(environ) == {"REMOTE_ADDR"}


def test_ever_new_addresses_of_strangers_fill_no_memory() -> None:
    """Who the client is, is cached; a header of many kilobytes is read each time."""
    app = Flask("example")
    proxies.init_app(app, Topology.of(trusted_proxies=["10.0.0.1"]))
    app.add_url_rule("/", "address", lambda: str(request.remote_addr))
    client = app.test_client()
    client.get("/")
    tracemalloc.start()
    try:
        for number in range(200):
            forged = f"{number}, " + "x" * 50_000 + ", 198.51.100.7"
            answer = client.get(
                "/",
                headers={"X-Forwarded-For": forged},
                environ_overrides={"REMOTE_ADDR": "10.0.0.1"},
            )
            assert answer.text == "198.51.100.7"
        assert tracemalloc.get_traced_memory()[0] < 6_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("said", "forwarded_for", "script"),
    [
        ("/app", "198.51.100.7", "/app"),
        ("/app/", "198.51.100.7", "/app"),
        ("/a/b-c_d.e~1", "198.51.100.7", "/a/b-c_d.e~1"),
        ("/", "198.51.100.7", ""),
        ("", "198.51.100.7", ""),
        # A client's own entry lies further out than the only proxy's.
        ("/evil, /app", "198.51.100.7", "/app"),
        # Two proxies: each took something off, or the inner one passed the header on.
        ("/outer, /inner", "198.51.100.7, 10.0.0.2", "/outer/inner"),
        ("/outer", "198.51.100.7, 10.0.0.2", "/outer"),
        ("/evil, /outer, /inner", "198.51.100.7, 10.0.0.2", "/outer/inner"),
    ],
)
def test_prefix_is_what_the_trusted_proxies_took_off(
    said: str, forwarded_for: str, script: str
) -> None:
    headers = {"X-Forwarded-For": forwarded_for, "X-Forwarded-Prefix": said}
    assert seen("10.0.0.0/8", headers=headers)["script"] == script


@pytest.mark.parametrize(
    "said",
    [
        "app",
        "//evil.example",
        "/a//b",
        "/..",
        "/a/../b",
        "/./a",
        "/a b",
        "/a;Domain=evil.example",
        "/a?b",
        "/a#b",
        "/a\\b",
        "/%2e%2e",
        "https://evil.example",
        "/" + "a" * 128,
    ],
)
def test_prefix_that_is_no_plain_path_counts_as_absent(said: str) -> None:
    assert seen("10.0.0.0/8", headers={"X-Forwarded-Prefix": said})["script"] == ""


def test_prefix_stands_before_the_path_of_a_mount_in_this_process() -> None:
    said = seen("10.0.0.0/8", headers={"X-Forwarded-Prefix": "/app"}, SCRIPT_NAME="/sub")
    assert said["script"] == "/app/sub"
