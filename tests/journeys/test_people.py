"""People whom an OpenID provider vouches for: let in as members, with their role, in the workspace they name."""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from tests.journeys.house import House, running

KEY = ec.generate_private_key(ec.SECP256R1())
OPEN = {"id": "00000000-0000-7000-8000-000000000001", "name": "My workspace", "role": "owner"}
ELSEWHERE = "00000000-0000-7000-8000-0000000000ff"


class Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        at = f"http://{self.headers['host']}"
        ends = {"authorization_endpoint": f"{at}/authorize?a=1", "token_endpoint": f"{at}/token"}
        said: dict[str, Any] = {"issuer": at, "jwks_uri": f"{at}/keys", **ends}
        if self.path == "/keys":
            said = {"keys": [{**ECAlgorithm.to_jwk(KEY.public_key(), as_dict=True), "kid": "one"}]}
        self._say(200, said)

    def do_POST(self) -> None:
        """A code is all that was asked for it; the verifier must be the challenge's."""
        form = dict(parse_qsl(self.rfile.read(int(self.headers["content-length"])).decode()))
        asked = json.loads(base64.urlsafe_b64decode(form["code"]))
        digest = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=")
        same = all(form[name] == asked[name] for name in ("client_id", "redirect_uri"))
        if not same or digest.decode() != asked["code_challenge"]:
            self._say(400, {"error": "invalid_grant"})
            return
        at = f"http://{self.headers['host']}"
        self._say(200, {"access_token": "x", "id_token": token(at, asked["email"], nonce=asked["nonce"])})

    def _say(self, status: int, said: dict[str, Any]) -> None:
        body = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def issuer() -> Generator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def home(issuer: str) -> Generator[House]:
    with running(TROUPE_OIDC_ISSUER=issuer, TROUPE_OIDC_AUDIENCE="web, cli") as house:
        yield house


def token(issuer: str, email: str, **more: Any) -> str:
    now = time.time()
    claims = {"iss": issuer, "aud": "web", "iat": now, "exp": now + 300, "email": email, "email_verified": True}
    return jwt.encode({**claims, **more}, KEY, algorithm="ES256", headers={"kid": "one"})


def test_a_member_acts_with_their_own_role_and_a_stranger_not_at_all(home: House, issuer: str) -> None:
    with home.client() as owner:
        assert owner.post("/members", json={"email": "Vera@Example.org", "role": "viewer"}).status_code == 201
        mine = owner.get("/me").json()
        assert (mine["kind"], mine["role"], mine["workspaces"]) == ("token", "owner", [OPEN])
        with home.client(token(issuer, "vera@example.org")) as vera:
            me = vera.get("/me").json()
            assert (me["kind"], me["name"], me["role"]) == ("member", "vera@example.org", "viewer")
            assert me["workspaces"] == [{**OPEN, "role": "viewer"}]
            assert vera.get("/runs").status_code == 200
            assert vera.post("/workflows", json={"text": "a"}).json()["code"] == "forbidden"
    with home.client(token(issuer, "stranger@example.org")) as stranger:
        answer = stranger.get("/runs")
        assert (answer.status_code, answer.json()["code"]) == (403, "no_member")
    with home.client(token(issuer, "vera@example.org", exp=1)) as late:
        answer = late.get("/runs")
        assert (answer.status_code, answer.json()["code"]) == (401, "bad_token")


def test_a_workspace_that_somebody_is_no_member_of_stays_closed(home: House, issuer: str) -> None:
    with home.client() as owner:
        owner.post("/members", json={"email": "ben@example.org", "role": "admin"})
        own = owner.get("/me").json()["workspace_id"]
        for who in (token(issuer, "ben@example.org"), owner.headers["authorization"].removeprefix("Bearer ")):
            with home.client(who) as caller:
                assert caller.get("/runs", headers={"x-troupe-workspace": own}).status_code == 200
                refused = caller.get("/runs", headers={"x-troupe-workspace": ELSEWHERE})
                assert (refused.status_code, refused.json()["code"]) == (403, "no_member")


class Browser(httpx2.Client):
    """What a person signs in with: it keeps its cookies."""

    def __init__(self, home: House) -> None:
        super().__init__(base_url=home.url, timeout=30, trust_env=False)

    def leave(self) -> dict[str, str]:
        """Go to the issuer; what it is asked."""
        away = self.get("/login/issuer")
        assert away.status_code == 303, away.text
        return dict(parse_qsl(urlsplit(away.headers["location"]).query))

    def come_back(self, asked: dict[str, str], **changed: str) -> str:
        """Bring a code for what was asked; where that leads."""
        code = base64.urlsafe_b64encode(json.dumps(asked | changed).encode()).decode()
        back = self.get("/login/back", params={"code": code, "state": changed.get("state", asked["state"])})
        assert back.status_code == 303, back.text
        return back.headers["location"]

    def me(self) -> httpx2.Response:
        return self.get("/api/v1/me")


def test_a_browser_signs_in_by_the_issuer_and_follows_what_its_person_may_do(home: House) -> None:
    with home.client() as owner, Browser(home) as browser:
        assert browser.get("/api/v1/sign-in").json() == {"password": False, "issuer": True}
        ida = owner.post("/members", json={"email": "ida@example.org", "role": "viewer"}).json()
        asked = browser.leave()
        assert (asked["response_type"], asked["code_challenge_method"], asked["client_id"]) == ("code", "S256", "web")
        assert asked["redirect_uri"] == f"{home.url}/login/back"
        assert browser.come_back(asked, email="ida@example.org") == "/"
        me = browser.me().json()
        assert (me["kind"], me["name"], me["role"]) == ("member", "ida@example.org", "viewer")
        assert [(one["name"], one["role"]) for one in me["workspaces"]] == [("My workspace", "viewer")]
        assert owner.put(f"/members/{ida['id']}", json={"role": "admin"}).json()["role"] == "admin"
        assert browser.me().json()["role"] == "admin"
        assert owner.delete(f"/members/{ida['id']}").status_code == 204
        assert browser.me().status_code == 401


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"state": "another"}, "sign_in_lost"),
        ({"code_challenge": "another"}, "sign_in_lost"),
        ({"nonce": "another"}, "bad_token"),
        ({"email": "stranger@example.org"}, "no_member"),
    ],
)
def test_what_was_not_begun_here_or_is_nobodys_lets_nobody_in(home: House, changed: dict[str, str], code: str) -> None:
    with home.client() as owner, Browser(home) as browser:
        owner.post("/members", json={"email": "vera@example.org", "role": "viewer"})
        assert browser.come_back(browser.leave(), **{"email": "vera@example.org", **changed}) == f"/?sign_in={code}"
        assert browser.me().status_code == 401


def test_an_api_token_signs_a_browser_in_as_long_as_it_is_good(home: House) -> None:
    with home.client() as owner, Browser(home) as browser:
        made = owner.post("/tokens", json={"name": "mine", "role": "viewer"}).json()
        assert browser.post("/login", json={"token": "trp_nothing"}).json()["code"] == "unauthorized"
        assert browser.post("/login", data={"token": made["token"]}).headers["location"] == "/"
        assert browser.me().json()["role"] == "viewer"
        assert owner.delete(f"/tokens/{made['id']}").status_code == 204
        assert browser.me().status_code == 401


def test_nobody_rises_above_who_changes_them_and_an_owner_stays(home: House) -> None:
    with home.client() as owner:
        (first,) = [m for m in owner.get("/members").json()["items"] if m["role"] == "owner"]
        for refused in (
            owner.put(f"/members/{first['id']}", json={"role": "admin"}),
            owner.delete(f"/members/{first['id']}"),
        ):
            assert (refused.status_code, refused.json()["code"]) == (409, "last_owner")
        token = owner.post("/tokens", json={"name": "admin", "role": "admin"}).json()["token"]
        lea = owner.post("/members", json={"email": "lea@example.org", "role": "editor"}).json()
        with home.client(token) as admin:
            assert admin.put(f"/members/{lea['id']}", json={"role": "owner"}).status_code == 403
            assert admin.delete(f"/members/{first['id']}").status_code == 403
            assert admin.delete(f"/members/{lea['id']}").status_code == 204
            assert admin.delete(f"/members/{lea['id']}").status_code == 404
            assert admin.delete("/members/nobody").status_code == 404
