"""People whom an OpenID provider vouches for: let in as members, with their role, in the workspace they name."""

import json
import threading
import time
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from tests.journeys.house import House

KEY = ec.generate_private_key(ec.SECP256R1())
ELSEWHERE = "00000000-0000-7000-8000-0000000000ff"


class Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        at = f"http://{self.headers['host']}"
        said: dict[str, Any] = {"issuer": at, "jwks_uri": f"{at}/keys"}
        if self.path == "/keys":
            said = {"keys": [{**ECAlgorithm.to_jwk(KEY.public_key(), as_dict=True), "kid": "one"}]}
        body = json.dumps(said).encode()
        self.send_response(200)
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
    running = House(TROUPE_OIDC_ISSUER=issuer, TROUPE_OIDC_AUDIENCE="web, cli")
    try:
        running.start()
        yield running
        assert running.end() == 0, running.log()
    finally:
        running.remove()


def token(issuer: str, email: str, **more: Any) -> str:
    now = time.time()
    claims = {"iss": issuer, "aud": "web", "iat": now, "exp": now + 300, "email": email, "email_verified": True}
    return jwt.encode({**claims, **more}, KEY, algorithm="ES256", headers={"kid": "one"})


def test_a_member_acts_with_their_own_role_and_a_stranger_not_at_all(home: House, issuer: str) -> None:
    with home.client() as owner:
        assert owner.post("/members", json={"email": "Vera@Example.org", "role": "viewer"}).status_code == 201
        mine = owner.get("/me").json()
        assert (mine["kind"], mine["role"], mine["workspaces"]) == ("token", "owner", [mine["workspace_id"]])
        with home.client(token(issuer, "vera@example.org")) as vera:
            me = vera.get("/me").json()
            assert (me["kind"], me["name"], me["role"]) == ("member", "vera@example.org", "viewer")
            assert me["workspaces"] == [mine["workspace_id"]]
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
