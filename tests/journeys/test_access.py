"""Who may do what, and what is kept: roles, revoked tokens, files."""

from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.journeys.house import PASS_ON, Client, House


def token(owner: Client, role: str, **more: Any) -> dict[str, Any]:
    answer = owner.post("/tokens", json={"name": "of a test", "role": role, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.fixture
def viewer(house: House, owner: Client) -> Generator[Client]:
    with house.client(token(owner, "viewer")["token"]) as client:
        yield client


def test_a_viewer_sees_everything_and_changes_nothing(owner: Client, viewer: Client) -> None:
    run = owner.until(owner.run(PASS_ON, {"n": 1})["id"])["id"]
    for path in (
        "/runs",
        f"/runs/{run}",
        f"/runs/{run}/steps",
        "/workflows",
        "/approvals",
        "/blocks",
        "/files",
        "/members",
    ):
        assert viewer.get(path).status_code == 200, path
    bodies = {
        "/runs": {"text": PASS_ON, "input": {"n": 1}}, "/workflows": {"text": PASS_ON}, "/apply": {"files": []},
        f"/runs/{run}/terminate": {"reason": ""}, f"/runs/{run}/signals": {"name": "a"},
        f"/runs/{run}/fork": {"from_step": "one"}, f"/runs/{run}/resume": {"note": ""},
        f"/runs/{run}/settle": {"step": "one", "outcome": "happened"},
        "/tokens": {"name": "a", "role": "viewer"}, "/members": {"email": "a@b.c"}, "/login-codes": None,
    }  # fmt: skip
    for path, body in bodies.items():
        answer = viewer.post(path, json=body)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), path
    assert viewer.post("/files", files={"file": ("a.txt", b"a")}).status_code == 403
    assert viewer.get("/tokens").status_code == 403


def test_nobody_makes_a_token_or_a_member_above_themselves(house: House, owner: Client) -> None:
    with house.client(token(owner, "admin")["token"]) as admin:
        assert admin.post("/tokens", json={"name": "a", "role": "owner"}).status_code == 403
        assert admin.post("/members", json={"email": "x@y.z", "role": "owner"}).status_code == 403
        assert admin.post("/tokens", json={"name": "a", "role": "editor"}).status_code == 201
        assert admin.post("/login-codes").status_code == 403


def test_a_member_is_added_once(owner: Client) -> None:
    body = {"email": "Once@Example.com", "name": "Once", "role": "editor"}
    assert owner.post("/members", json=body).json()["email"] == "once@example.com"
    assert owner.post("/members", json=body).json()["code"] == "member_exists"
    assert [m["name"] for m in owner.get("/members").json()["items"]].count("Once") == 1


def test_a_revoked_token_is_worth_nothing_at_once(house: House, owner: Client) -> None:
    made = token(owner, "editor")
    with house.client(made["token"]) as editor:
        assert editor.get("/runs").status_code == 200
        assert owner.delete(f"/tokens/{made['id']}").status_code == 204
        refused = editor.get("/runs")
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
    assert owner.delete(f"/tokens/{made['id']}").status_code == 404
    shown = next(t for t in owner.get("/tokens", params={"limit": 200}).json()["items"] if t["id"] == made["id"])
    assert shown["revoked_at"] is not None
    assert made["token"] not in str(shown)


def test_an_expired_token_lets_nobody_in(house: House, owner: Client) -> None:
    past = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
    with house.client(token(owner, "editor", expires_at=past)["token"]) as late:
        assert late.get("/runs").status_code == 401


@pytest.mark.parametrize("shown", ["", "Bearer", "Basic abc", "Bearer a b", "Bearer \xff", "bearer " + "x" * 5000])
def test_what_is_no_token_lets_nobody_in(house: House, shown: str) -> None:
    with house.client("") as client:
        answer = client.get("/runs", headers={"authorization": shown.encode("latin-1")})
    assert answer.status_code == 401


def test_a_file_comes_back_as_it_was_and_only_as_an_attachment(owner: Client) -> None:
    content = bytes(range(256)) * 1000
    name = "../../etc/<script>\u202ecod.html"
    answer = owner.post("/files", files={"file": (name, content, "text/html")})
    assert answer.status_code == 201
    file = answer.json()
    assert (file["size"], len(file["sha256"])) == (256_000, 64)
    assert "/" not in file["name"]
    assert "\u202e" not in file["name"]
    back = owner.get(f"/files/{file['id']}/content")
    assert back.content == content
    assert back.headers["content-disposition"].startswith("attachment;")
    assert back.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in back.headers["content-security-policy"]
    assert owner.get(f"/files/{file['id']}").json() == file


def test_an_upload_without_a_file_is_refused(owner: Client) -> None:
    assert owner.post("/files", files={"other": ("a", b"a")}).status_code == 422
    assert owner.post("/files", json={"a": 1}).status_code == 422
    assert owner.post("/files", content=b"--x\r\n", headers={"content-type": "multipart/form-data"}).status_code < 500
    broken = {"content-type": "multipart/form-data; boundary=x"}
    assert owner.post("/files", content=b"--x\r\nno header", headers=broken).status_code < 500


def test_lists_go_on_where_a_page_ended(owner: Client) -> None:
    made = [owner.run(PASS_ON, {"n": i})["id"] for i in range(5)]
    seen: list[str] = []
    cursor = None
    while len(seen) < 5:
        page = owner.get("/runs", params={"limit": 2} | ({"cursor": cursor} if cursor else {})).json()
        seen += [r["id"] for r in page["items"]]
        cursor = page["next_cursor"]
    assert seen[:5] == made[::-1]
