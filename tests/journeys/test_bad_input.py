"""Bad input is answered with 4xx and a problem, whatever it is: never a crash, never a hang."""

import socket
from typing import Any
from urllib.parse import quote, urlsplit

import httpx2
import pytest

from tests.journeys.house import ASKS, PASS_ON, Client, House

SOME_ID = "0190a5d0-0000-7000-8000-000000000000"
DEEP = "[" * 100_000 + "]" * 100_000
BODIES: dict[str, bytes] = {
    "nothing": b"", "broken": b"{", "trailing": b'{"text": "a"} x', "null": b"null", "list": b"[1]", "text": b'"a"',
    "nul byte": b'{"text": "a\x00b"}', "NaN": b'{"text": "a", "input": {"n": NaN}}',
    "infinity": b'{"text": "a", "input": {"n": -Infinity}}', "1e999": b'{"text": "a", "input": {"n": 1e999}}',
    "lone surrogate": b'{"text": "a", "input": {"n": "\\ud800"}}', "bad utf-8": b'{"text": "\xff\xfe"}',
    "utf-16": '{"text": "a"}'.encode("utf-16"), "BOM": b'\xef\xbb\xbf{"text": "a"}', "deep": DEEP.encode(),
    "deep inside": b'{"text": "a", "input": ' + DEEP.encode() + b"}", "not closed": b"[" * 1_000_000,
    "deep objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000, "wrong types": b'{"text": 1, "input": 2, "budget": "x"}',
    "a field too many": b'{"text": "a", "nope": 1}', "both": b'{"text": "a", "workflow": "b"}',
    "a negative budget": b'{"text": "a", "budget": -1}', "a huge key": b'{"' + b"k" * 100_000 + b'": 1}',
}  # fmt: skip


def is_problem(answer: httpx2.Response) -> dict[str, Any]:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    body = answer.json()
    assert body["status"] == answer.status_code
    assert body["code"]
    assert body["detail"]
    assert len(body["trace_id"]) == 32
    assert answer.headers["x-trace-id"] == body["trace_id"]
    assert "Traceback" not in answer.text
    return body


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("path", ["/runs", "/workflows/check", "/expressions", "/tokens", f"/runs/{SOME_ID}/signals"])
def test_a_bad_body_is_refused_with_a_problem(owner: Client, path: str, name: str) -> None:
    answer = owner.post(path, content=BODIES[name], headers={"content-type": "application/json"})
    assert answer.status_code in (404, 422), answer.text
    is_problem(answer)


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "", "application/json; charset=utf-7", "x" * 300])
def test_a_body_of_another_type_is_refused(owner: Client, kind: str) -> None:
    answer = owner.post("/runs", content=b"<a/>", headers={"content-type": kind})
    assert answer.status_code == 422
    is_problem(answer)


NUMBERS = {"400 digits": "9" * 400, "beyond 64 bits": str(2**70), "below": str(-(2**70)),
           "a long fraction": "0." + "3" * 5000, "a small one": "1e-400", "a large one": "1e308"}  # fmt: skip


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("field", ["input", "n"])
def test_a_strange_number_is_refused_or_passed_on(owner: Client, name: str, field: str) -> None:
    text = PASS_ON.replace("type: integer", "type: number").replace("\n", "\\n").replace('"', '\\"')
    inner = NUMBERS[name] if field == "input" else f'{{"n": {NUMBERS[name]}}}'
    body = f'{{"text": "{text}", "input": {inner}}}'
    answer = owner.post("/runs", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (202, 422), answer.text
    if answer.status_code == 202:
        assert owner.until(answer.json()["id"])["status"] in ("completed", "failed")


TEXTS = {
    "nul": "a\x00b", "escape": "\x1b[2J", "direction": "\u202eabc", "emoji": "👩‍👩‍👧", "long": "x" * 200_000,
    "noncharacter": "\uffff",
    "braces": "{{ input }}", "end": "}}", "quote": "'; DROP TABLE runs; --", "format": "%(workspace)s %s {0}",
}  # fmt: skip


@pytest.mark.parametrize("name", TEXTS)
def test_any_text_passes_through_a_run(owner: Client, name: str) -> None:
    text = PASS_ON.replace("type: integer", "type: string").replace(" + 1", "")
    run = owner.run(text, {"n": TEXTS[name]})
    assert owner.until(run["id"])["output"] == TEXTS[name].replace("\x00", "")


@pytest.mark.parametrize("name", TEXTS)
def test_any_text_in_an_address_is_answered(owner: Client, name: str) -> None:
    given = TEXTS[name][:2000]
    for path in ("/runs/{}", "/workflows/{}", "/approvals/{}", "/files/{}", "/blocks/{}", "/runs/{}/events"):
        part = quote(given, safe="")
        answer = owner.get(path.format(part))
        assert answer.status_code in (404, 422), (path, answer.text)
        is_problem(answer)
    for query in ("workflow", "status", "cursor"):
        assert owner.get("/runs", params={query: given}).status_code in (200, 422)
    assert owner.get("/files", params={"prefix": given}).status_code in (200, 422)


@pytest.mark.parametrize("limit", ["-1", "0", "201", "1000000000", "99999999999999999999999", "x", "1.5", "", "NaN"])
def test_a_limit_outside_its_range_is_refused(owner: Client, limit: str) -> None:
    for path in ("/runs", "/workflows", "/tokens", "/approvals", "/files", f"/runs/{SOME_ID}/steps"):
        answer = owner.get(path, params={"limit": limit})
        assert answer.status_code == 422, path
        is_problem(answer)


@pytest.mark.parametrize("cursor", ["x", "AAAA", "=", "%00", SOME_ID, "é", "Li4vLi4v", "a" * 200, "a" * 201])
def test_a_cursor_of_ones_own_making_is_refused(owner: Client, cursor: str) -> None:
    for path in ("/runs", "/workflows", "/tokens", "/files", "/members"):
        answer = owner.get(path, params={"cursor": cursor})
        assert answer.status_code == 422, path
        is_problem(answer)


def test_times_that_no_calendar_has_are_refused(owner: Client) -> None:
    for cursor in ("yesterday", "9" * 40, "0000-00-00", "+99999-01-01T00:00:00Z", "1e400"):
        assert owner.get("/approvals", params={"cursor": cursor}).status_code == 422, cursor
    for until in ("10000-01-01T00:00:00Z", "-1", 1e300, "x", "0001-01-01T00:00:00+14:00"):
        answer = owner.post("/tokens", json={"name": "a", "role": "viewer", "expires_at": until})
        assert answer.status_code in (201, 422), (until, answer.text)


def test_ranges_of_events_are_held(owner: Client) -> None:
    run = owner.until(owner.run(PASS_ON, {"n": 1})["id"])["id"]
    for after in ("-1", str(2**31), str(2**63), "x"):
        assert owner.get(f"/runs/{run}/events", params={"after": after}).status_code == 422
    for last in ("-1", "x", "²", str(2**80), "", "٣"):
        headers = {"accept": "text/event-stream", "last-event-id": last.encode()}
        with owner.stream("GET", f"/runs/{run}/events", headers=headers, params={"after": 2**31 - 1}) as answer:
            assert answer.status_code in (200, 422), last


UNKNOWN = [
    ("GET", "/runs/{}"), ("GET", "/runs/{}/steps"), ("GET", "/runs/{}/events"), ("GET", "/workflows/{}"),
    ("GET", "/workflows/{}/versions"), ("GET", "/workflows/{}/versions/1"), ("GET", "/approvals/{}"),
    ("GET", "/files/{}"),
    ("GET", "/files/{}/content"), ("DELETE", "/tokens/{}"), ("POST", "/runs/{}/signals"),
    ("POST", "/runs/{}/terminate"),
    ("POST", "/runs/{}/fork"), ("POST", "/runs/{}/settle"), ("POST", "/runs/{}/resume"),
    ("POST", "/approvals/{}/decide"),
]  # fmt: skip
SENT = {
    "signals": {"name": "a"}, "terminate": {"reason": ""}, "fork": {"from_step": "a"}, "resume": {"note": ""},
    "settle": {"step": "a", "outcome": "happened"}, "decide": {"decision": "approve", "arguments_hash": "0"},
}  # fmt: skip


@pytest.mark.parametrize(("method", "path"), UNKNOWN)
def test_what_is_not_there_reads_the_same_however_it_is_asked_for(owner: Client, method: str, path: str) -> None:
    body = SENT.get(path.rsplit("/", 1)[-1])
    said = set()
    for id in (SOME_ID, "nobody", SOME_ID.upper(), "-1", "0"):
        answer = owner.request(method, path.format(id), json=body)
        problem = is_problem(answer)
        assert answer.status_code == 404, answer.text
        said.add((problem["code"], problem["detail"]))
    assert len(said) == 1


def test_numbers_of_versions_are_held(owner: Client) -> None:
    owner.post("/workflows", json={"text": PASS_ON.replace("pass_on", "held")})
    for number in ("0", "-1", str(2**31), str(2**63), "9" * 400, "x"):
        assert owner.get(f"/workflows/held/versions/{number}").status_code in (404, 422), number
        assert owner.get("/workflows/held/diff", params={"from": number, "to": "1"}).status_code in (404, 422), number
        named = owner.post("/runs", json={"workflow": f"held@{number}", "input": {"n": 1}})
        assert named.status_code == (404 if len(number) < 190 else 422), number
    for version in (0, -1, 2**31, 2**63, 1.5, "x", None):
        answer = owner.put("/workflows/held/aliases/production", json={"version": version})
        assert answer.status_code in (404, 422), version
    for base in (0, -1, 2**31, 2**63, 10**400):
        answer = owner.put("/workflows/held", json={"text": PASS_ON, "base_version": base})
        assert answer.status_code in (409, 422), base


def test_json_above_five_megabytes_is_too_large_told_or_not(owner: Client) -> None:
    body = b'{"text": "' + b"x" * 5_000_000 + b'"}'
    told = owner.post("/runs", content=body, headers={"content-type": "application/json"})
    untold = owner.post(
        "/runs", content=iter([body[:3_000_000], body[3_000_000:]]), headers={"content-type": "application/json"}
    )
    assert (told.status_code, untold.status_code) == (413, 413)
    assert is_problem(told)["code"] == is_problem(untold)["code"] == "too_large"


@pytest.mark.parametrize("key", ["", "x" * 256, "x" * 255, "é"])
def test_any_idempotency_key_is_taken_or_refused(owner: Client, key: str) -> None:
    headers = {"idempotency-key": key.encode()}
    answer = owner.post("/runs", json={"text": PASS_ON, "input": {"n": 1}}, headers=headers)
    assert answer.status_code == (422 if len(key) in (0, 256) else 202), answer.text


def test_wrong_methods_and_places_are_problems(owner: Client) -> None:
    assert is_problem(owner.delete("/runs"))["status"] == 405
    assert is_problem(owner.get("/nothing/here"))["status"] == 404
    assert is_problem(owner.get("/runs/%00"))["code"] == "nul_character"
    assert owner.get("/runs", params={"workflow": "x" * 20_000}).status_code == 422
    assert owner.request("BREW", "/runs").status_code in (400, 404, 405)


def test_an_odd_decision_leaves_an_approval_as_it_is(owner: Client) -> None:
    asked = owner.asked(owner.run(ASKS)["id"])
    path = f"/approvals/{asked['id']}/decide"
    deep: Any = 1
    for _ in range(300):
        deep = [deep]
    for body in (
        {}, {"decision": "maybe", "arguments_hash": asked["arguments_hash"]},
        {"decision": "approve", "arguments_hash": asked["arguments_hash"], "arguments": deep},
        {"decision": "approve", "arguments_hash": 7}, {"decision": "approve", "arguments_hash": "x" * 1000},
    ):  # fmt: skip
        assert owner.post(path, json=body).status_code == 422
    assert owner.get(f"/approvals/{asked['id']}").json() == asked


GET = b"GET /api/v1/health HTTP/1.1\r\nhost: a\r\n"
POST = b"POST /api/v1/runs HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n"
RAW = {
    "no http": b"\x16\x03\x01\x02\x00\x01\x00", "no host": b"GET /api/v1/health HTTP/1.1\r\n\r\n",
    "half a line": b"GET /api", "huge header": GET + b"x: " + b"y" * 2_000_000 + b"\r\n\r\n",
    "many headers": GET + b"x: y\r\n" * 50_000 + b"\r\n",
    "two lengths": POST + b"content-length: 5\r\ncontent-length: 6\r\n\r\nabcdef",
    "length and chunks": POST + b"content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "a negative length": POST + b"content-length: -5\r\n\r\n",
    "a bad chunk": POST + b"transfer-encoding: chunked\r\n\r\nzz\r\n",
    "cut body": POST + b"content-length: 500\r\n\r\n{\"a\":",
    "bad escapes": b"GET /api/v1/runs/%zz%ff%c0%af HTTP/1.1\r\nhost: a\r\n\r\n",
    "backwards": b"GET /api/v1/../../etc/passwd HTTP/1.1\r\nhost: a\r\n\r\n",
}  # fmt: skip


@pytest.mark.parametrize("name", RAW)
def test_raw_rubbish_harms_nobody(house: House, owner: Client, name: str) -> None:
    where = urlsplit(house.url)
    with socket.create_connection((where.hostname or "", where.port or 0), 5) as line:
        line.settimeout(3)
        answer = b""
        try:
            line.sendall(RAW[name])
            line.shutdown(socket.SHUT_WR)
            while piece := line.recv(65536):
                answer += piece
        except OSError:
            pass
    assert not answer.startswith(b"HTTP/1.1 5")
    assert owner.get("/health").status_code == 200
