"""Secrets and email addresses never survive masking; ordinary text does."""

from __future__ import annotations

import base64
import re
import time
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flask_dovetail.telemetry.masking import (
    EMAIL,
    MASK,
    MAX_DEPTH,
    TOKEN,
    mask_text,
    mask_value,
    sane_request_id,
)

SESSION_ID = "Zk3x-9QmB7vW_2hYtLc0RpEaUdNfGjS5oKiXw8Tz1qM"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0MiJ9.dBjftJeZ4CVPmB92K27uhbUJU1p1r_wW1gFWFOEjXk0"
ARGON = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"Cookie: theme=dark; sid={SESSION_ID}", SESSION_ID),
        ("Cookie: short=abc; sid=xyz", "xyz"),
        ("cookie='sid=xyz; a=b'", "xyz"),
        ("Set-Cookie: __Host-sid=xyz; Path=/; HttpOnly", "xyz"),
        ("{'Cookie': 'sid=xyz', 'Accept': '*/*'}", "xyz"),
        ("[('Cookie', 'sid=xyz')]", "xyz"),
        ('{"cookie": "sid=\\"xyz\\""}', "xyz"),
        ("Authorization: Bearer abc.def", "abc.def"),
        ("Authorization: Basic ZGVtbzpodW50ZXIy", "ZGVtbzpodW50ZXIy"),
        ("{'HTTP_AUTHORIZATION': 'Digest hunter2'}", "hunter2"),
        ("sent bearer abcdef123 upstream", "abcdef123"),
        ("X-CSRF-Token: xyz", "xyz"),
        ("csrf=xyz", "xyz"),
        ('{"csrf": "xyz"}', "xyz"),
        ("password=hunter2", "hunter2"),
        ("new_password=hunter2&x=1", "hunter2"),
        ("password: hunter2", "hunter2"),
        ('{"password": "hunter2"}', "hunter2"),
        ('{"password": "correct horse battery"}', "horse"),
        ('{"password": "quo\\"ted hunter2"}', "hunter2"),
        ("{'password': 'hunter2'}", "hunter2"),
        ('"{\\"password\\": \\"hunter2\\"}"', "hunter2"),
        ("Credentials(email=None, password='hunter2')", "hunter2"),
        ('form["password"] = "hunter2"', "hunter2"),
        ("{b'password': b'hunter2'}", "hunter2"),
        ("PASSWD=hunter2", "hunter2"),
        ("DB_PWD=hunter2", "hunter2"),
        ("SECRET_KEY='hunter2'", "hunter2"),
        ("api_key=hunter2", "hunter2"),
        ("apiKey: hunter2", "hunter2"),
        ("client_secret=hunter2", "hunter2"),
        ("refresh_token=hunter2", "hunter2"),
        ("sid=xyz", "xyz"),
        ("__Host-sid=xyz", "xyz"),
        ("session_id=xyz", "xyz"),
        ("postgresql+psycopg://app:hunter2@db/app", "hunter2"),
        ("valkey://:hunter2@cache:6379/0", "hunter2"),
        (f"hash {ARGON} does not match", "RdescudvJCsgt3ub"),
        ("hash $2b$12$abcdefghijklmnopqrstuu is old", "abcdefghijklmnopqrstuu"),
        (f"got {JWT}", "eyJzdWIiOiI0MiJ9"),
        ("got eyJhIjoxfQ.Z.x", "eyJhIjoxfQ"),
        (f"/reset/{SESSION_ID}/confirm", SESSION_ID),
        (f"digest {'0123456789abcdef' * 4}", "0123456789abcdef"),
        ("[SQL: INSERT ...]\n[parameters: ('a body', 'hunter2')]\n(Background on", "hunter2"),
        ("(x) [SQL: SELECT]\\n[parameters: {'a': ['hunter2']}]\\n(Background", "hunter2"),
        ("[SQL: x]\n[parameters: ('a] (b', 'hunter2')]\n(Background", "hunter2"),
        ("[SQL: x]\n[parameters: (\"a]'\\n\", 'hunter2')]", "hunter2"),
        ("DETAIL:  Key (name, (a = b))=(x, hunter2) already exists.", "hunter2"),
        ("DETAIL:  Key (lower(name::text))=(hunter2) already exists.", "hunter2"),
        ("DETAIL:  Failing row contains (1, a\n\n(b).\nhunter2).\n[SQL: x]", "hunter2"),
        ("DETAIL:  Failing row contains (1, hunter2, (x)).", "hunter2"),
        ("Key (email)=(demo@example.com) already exists", "demo"),
        ("/api/people/demo%40example.com", "demo"),
        ("email=demo@example.com", "demo@"),
        ("<demo@example.com>", "demo"),
        ("user@localhost", "user"),
        ("user@[192.168.0.1]", "user"),
        ('"john doe"@example.com', "john doe"),
        ("사용자@예시.한국", "사용자"),
        ("a@b.example'c@d.example", "c@d"),
    ],
)
def test_a_secret_does_not_survive(text: str, secret: str) -> None:
    assert secret not in mask_text(text)


@pytest.mark.parametrize(
    "form",
    [
        "GET /file?expires=1&signature={}&x=1",
        "GET /file?X-Amz-Signature={}&X-Amz-Date=1",
        "GET /file?X-Amz-Credential={}",
        "GET /file?X-Goog-Signature={}",
        "GET /blob?sv=1&sig={}&se=2",
        '"sig": "{}"',
        "GET /callback?code={}&state=x",
        "GET /callback?a=1&state={}",
        "GET /callback#id_token={}",
        "/next?to=%2Fcallback%3Fcode%3D{}%26state%3Dx",
        "/next?to=%2Ffile%3Fsignature%3D{}",
        "/next?to=%252Ffile%253Fsignature%253D{}",
        "%7B%22token%22%3A%22{}%22%7D",
        "{{'code': '{}'}}",
        '{{"code": "{}"}}',
        '{{\\"code\\": \\"{}\\"}}',
        "otp={}",
        "{{'totp': '{}'}}",
        "recovery_code={}",
        "verification-code: {}",
        "api_key={}",
        "client_assertion={}",
        "code_verifier={}",
        "SAMLResponse={}",
        "Authorization: Basic {}",
        "authorization%3A%20Basic%20{}",
        "Proxy-Authorization: Digest {}",
        "DPoP {}",
        "Set-Cookie: sid={}; Path=/",
        "https://ada:{}@example.com/x",
        "https://ada:p@{}@example.com/x",
        "https%3A%2F%2Fada%3A{}%40example.com",
    ],
)
@given(
    st.text(alphabet=st.characters(codec="ascii", categories=["L", "N"]), min_size=7, max_size=9)
)
@example("hunter2")
@example("123456")
def test_a_credential_in_an_address_or_a_message_does_not_survive(form: str, secret: str) -> None:
    if re.fullmatch("[A-Za-z]+", secret):
        secret += "1"  # a code of letters alone is the name of an error
    assert secret not in mask_text(form.format(secret))


BASE64 = st.binary(min_size=32, max_size=64).map(lambda raw: base64.b64encode(raw).decode())


@given(BASE64, st.sampled_from(["got {}", "x={}&y=1", '"{}"', "/{}/x", "a/b/{}"]))
def test_base64_does_not_survive(secret: str, form: str) -> None:
    """In both alphabets, with and without padding; also URL-encoded."""
    assert secret.rstrip("=") not in mask_text(form.format(secret)).replace("%2B", "+")
    assert quote(secret, safe="") not in mask_text(form.format(quote(secret, safe="")))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "GET /api/posts",
        "/api/posts/123/comments",
        "/posts/how-to-configure-a-very-long-slug-with-words-in-2026",
        "test_that_a_very_long_function_name_survives_2",
        "ConnectionDoesNotExistHandlerFactory",
        "DOVETAIL_AUTH_LOGIN_LIMIT_PER_ACCOUNT",
        "/usr/lib/python3.11/site-packages/flask_dovetail/telemetry/rules.py",
        'File "/srv/app/views.py", line 12, in create_post\n    @app.route("/posts")',
        "request 550e8400-e29b-41d4-a716-446655440000 took 12.5 ms",
        "2026-11-22T15:14:00.123456+00:00 worker 12 [INFO] started",
        "http://localhost:5000/api/posts?limit=20",
        "the monkey passes a hockey session",
        "costs $20 a month",
        "sqlite3.OperationalError: no such table: posts",
        "안녕하세요, 세계",
        "refused with code=QUOTA_EXCEEDED, 'code': 'string_too_short'",
        '{"code":"NOT_FOUND","status":404}',
        "closed with code 1006, exit code: 137, status_code=404",
        "the state is running, state=running",
        "GET /api/posts/42/comments/likes/people?sort=newest",
        "/srv/www/releases/2026/backend/app/models/user/profile.py",
        "search?q=how+to+write+a+very+long+question+here",
        "design significant signal",
    ],
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert mask_text(text) == text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("login of demo@example.com failed", f"login of {EMAIL} failed"),
        ("email=demo@example.com&limit=5", f"email={EMAIL}&limit=5"),
        ("{'email': 'demo@example.com', 'n': 1}", f"{{'email': '{EMAIL}', 'n': 1}}"),
        ("Cookie: sid=x\nAccept: */*", f"Cookie: {MASK}\nAccept: */*"),
        ('{"password": "x", "name": "Kim"}', f'{{"password": "{MASK}", "name": "Kim"}}'),
        ("postgresql://app:x@db:5432/app", f"postgresql://{MASK}@db:5432/app"),
        (f"reset/{SESSION_ID}/now", f"reset/{TOKEN}/now"),
        ("[parameters: ('a',)]\n(Background on", f"[parameters: {MASK}\n(Background on"),
        ("Key (a, (b))=(x, y) exists\n[SQL: z]", f"Key (a, (b))={MASK}\n[SQL: z]"),
    ],
)
def test_text_around_a_secret_stays_readable(text: str, masked: str) -> None:
    assert mask_text(text) == masked


AROUND = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=30) | st.sampled_from(
    [
        "",
        "x",
        "'",
        '"',
        "=",
        "user=",
        "<",
        "{'email': '",
        "a@b.c'",
        "%40",
        "://",
        "@",
        "\n",
        "/",
        "-",
    ]
)
TOKENS = st.binary(min_size=32, max_size=64).map(
    lambda raw: base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
)


@given(AROUND, st.emails(), AROUND)
@example("", "a=@b.com", "")
@example("a@b.c'", "d@e.fr", "")
@example('"', "a@b.com", '"')
def test_an_email_never_survives_wherever_it_stands(before: str, email: str, after: str) -> None:
    assert email not in mask_text(before + email + after)


@given(AROUND, TOKENS, AROUND)
def test_a_token_never_survives_wherever_it_stands(before: str, token: str, after: str) -> None:
    assert token not in mask_text(before + token + after)


@given(
    st.sampled_from(["password", "csrf", "Cookie", "authorization", "refresh_token", "api_key"]),
    st.text(alphabet=st.characters(codec="ascii", categories=["L", "N"]), min_size=6, max_size=12),
    st.sampled_from(
        ["{}={}", "{}: {}", '{{"{}": "{}"}}', "{{'{}': '{}'}}", "('{}', '{}')", "X({}='{}')"]
    ),
)
def test_a_named_secret_never_survives_in_any_notation(name: str, value: str, form: str) -> None:
    masked = mask_text("seen: " + form.format(name, value + "!"))
    assert value + "!" not in masked


@given(st.text())
def test_any_text_can_be_masked(text: str) -> None:
    assert isinstance(mask_text(text), str)


@pytest.mark.parametrize(
    "piece",
    [
        *("a", "@", "a@", "%40", "=", "'", '"', "\\", "password=", "cookie:", "eyJ.", "$2b$", "//"),
        *("code=", "code:", "?state=", "%3A%2F%2F", "a/", "a1+", "%2Fa", "sig"),
        *("[parameters: ", "[parameters: ]x", "Key (", "Failing row contains (", "Key (a)=(\n"),
    ],
)
def test_masking_hostile_text_takes_linear_time(piece: str) -> None:
    """A quadratic rule would need minutes for it."""
    text = piece * (200_000 // len(piece))
    began = time.perf_counter()
    mask_text(text)
    mask_text(rf"password={text}\"{text}")
    mask_text(rf"{text}password={text}")
    assert time.perf_counter() - began < 2


class Opaque:
    """Its repr holds a secret."""

    def __repr__(self) -> str:
        return "Opaque(password='hunter2')"


@pytest.mark.parametrize(
    ("name", "value", "masked"),
    [
        ("n", 1, 1),
        ("flag", True, True),
        ("ratio", 0.5, 0.5),
        ("nothing", None, None),
        ("pin_secret", 1234, MASK),
        ("otp", 123456, MASK),
        ("X-Amz-Signature", "abc", MASK),
        ("code", "QUOTA_EXCEEDED", "QUOTA_EXCEEDED"),
        ("code", "4/0AX4XfWh", MASK),
        ("password", "hunter2", MASK),
        ("password", ["hunter2"], MASK),
        ("token", None, None),
        ("note", "from demo@example.com", f"from {EMAIL}"),
        ("headers", {"Cookie": "sid=x", "n": 1}, {"Cookie": MASK, "n": 1}),
        ("rows", [("demo@example.com", 1)], [[EMAIL, 1]]),
        ("by_email", {"demo@example.com": 1}, {EMAIL: 1}),
        ("thing", Opaque(), f"Opaque(password='{MASK}')"),
        ("raw", b"password=hunter2", f"b'password={MASK}"),
    ],
)
def test_structured_values_are_masked_by_name_and_inside(
    name: str, value: Any, masked: Any
) -> None:
    assert mask_value(name, value) == masked


def test_a_value_that_contains_itself_ends() -> None:
    endless: dict[str, Any] = {}
    endless["again"] = endless
    depth, walked = 0, mask_value("x", endless)
    while isinstance(walked, dict):
        depth, walked = depth + 1, walked["again"]
    assert depth == MAX_DEPTH


@pytest.mark.parametrize("given", ["a", "0", "abc-123_X.y", "A" * 128])
def test_a_sane_request_id_is_taken(given: str) -> None:
    assert sane_request_id(given) == given


@pytest.mark.parametrize(
    "given",
    [
        None,
        "",
        " ",
        "-a",
        ".a",
        "a b",
        "a\n",
        "a\r\nX: y",
        "A" * 129,
        "é",
        "<script>",
        "a@b",
        "a;b",
    ],
)
def test_any_other_request_id_is_not(given: str | None) -> None:
    assert sane_request_id(given) is None
