"""Steering runs: signals, approvals, fork, terminate, and asking twice."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.journeys.house import ASKS, PASS_ON, Client, House, chain


def test_a_signal_is_kept_once_and_an_ended_run_hears_none(owner: Client) -> None:
    run = owner.run(ASKS)["id"]
    body = {"name": "news", "payload": {"a": 1}, "dedupe": "d"}
    assert owner.post(f"/runs/{run}/signals", json=body).json()["delivered"] is True
    again = owner.post(f"/runs/{run}/signals", json=body)
    assert (again.status_code, again.json()["delivered"]) == (202, False)
    owner.post(f"/runs/{run}/terminate", json={"reason": "enough"})
    owner.until(run)
    assert owner.post(f"/runs/{run}/signals", json=body).status_code == 409


@pytest.mark.parametrize("name", ["$approval/send/approve", "$settle/send/1", ""])
def test_a_signal_cannot_stand_in_for_a_decision(owner: Client, name: str) -> None:
    run = owner.run(ASKS)["id"]
    owner.until(run, "review")
    said = {"name": name, "payload": {"decision": "approve"}, "dedupe": "decision"}
    assert owner.post(f"/runs/{run}/signals", json=said).status_code == 422
    assert owner.see(run)["reason"] == "approval"


def test_a_person_sees_the_exact_arguments_and_approves(owner: Client) -> None:
    run = owner.run(ASKS)["id"]
    asked = owner.asked(run)
    assert (asked["arguments"], asked["risk"], asked["status"]) == ({"value": "hello"}, "medium", "pending")
    assert owner.see(run)["wakes_on"]["kind"] == "person"
    assert owner.get(f"/approvals/{asked['id']}").json() == asked
    decided = owner.decide(asked, "approve", reason="fine")
    assert (decided.status_code, decided.json()["status"]) == (200, "approved")
    assert owner.until(run)["output"] == "hello"
    assert owner.decide(asked, "refuse").json()["code"] == "approval_decided"


def test_a_refused_step_fails_its_run_without_having_happened(owner: Client) -> None:
    run = owner.run(ASKS)["id"]
    assert owner.decide(owner.asked(run), "refuse", reason="no").json()["status"] == "refused"
    ended = owner.until(run)
    assert (ended["status"], ended["error"]["node"]) == ("failed", "send")


def test_an_approval_with_changed_arguments_passes_those(owner: Client) -> None:
    run = owner.run(ASKS)["id"]
    assert owner.decide(owner.asked(run), "approve", arguments={"value": "changed"}).status_code == 200
    assert owner.until(run)["output"] == "changed"


def test_a_decision_on_other_arguments_does_not_count(owner: Client) -> None:
    run = owner.run(ASKS)["id"]
    asked = owner.asked(run)
    wrong = owner.decide(asked | {"arguments_hash": "0" * 64}, "approve")
    assert (wrong.status_code, wrong.json()["code"]) == (409, "arguments_changed")
    assert owner.see(run)["status"] == "review"


def test_of_two_deciders_at_once_one_decides(owner: Client) -> None:
    run = owner.run(ASKS)["id"]
    asked = owner.asked(run)
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda what: owner.decide(asked, what), ["approve", "refuse"] * 3))
    assert sorted(a.status_code for a in answers) == [200, 409, 409, 409, 409, 409]
    won = next(a for a in answers if a.status_code == 200).json()["status"]
    assert owner.until(run)["status"] == {"approved": "completed", "refused": "failed"}[won]


def test_a_fork_keeps_what_came_before_and_repeats_the_rest(owner: Client) -> None:
    run = owner.until(owner.run(PASS_ON, {"n": 1})["id"])
    answer = owner.post(f"/runs/{run['id']}/fork", json={"from_step": "two", "outputs": {"one": {"value": 41}}})
    assert answer.status_code == 202
    assert answer.headers["location"].endswith(answer.json()["id"])
    forked = owner.until(answer.json()["id"])
    assert (forked["output"], forked["origin"]) == (42, {"run_id": run["id"], "step": "two"})
    assert owner.see(run["id"]) == run


def test_a_terminated_run_ends_and_stays_so(owner: Client) -> None:
    run = owner.run(chain(50, 100))["id"]
    assert owner.post(f"/runs/{run}/terminate", json={"reason": "enough"}).status_code == 200
    ended = owner.until(run, seconds=5)
    assert ended["status"] == "terminated"
    again = owner.post(f"/runs/{run}/terminate", json={"reason": "again"})
    assert (again.status_code, again.json()) == (200, ended)


def post_once(client: Client, key: str, body: Any, path: str = "/runs") -> Any:
    return client.post(path, json=body, headers={"idempotency-key": key})


def test_the_same_key_and_body_give_the_same_run(owner: Client) -> None:
    body = {"text": PASS_ON, "input": {"n": 5}}
    first, second = (post_once(owner, "k-same", body) for _ in range(2))
    assert first.status_code == second.status_code == 202
    assert first.json() == second.json()
    assert first.headers["location"] == second.headers["location"]
    other = post_once(owner, "k-same", body | {"input": {"n": 6}})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


def test_a_refused_request_leaves_its_key_free(owner: Client) -> None:
    assert post_once(owner, "k-free", {"text": PASS_ON, "input": {}}).status_code == 422
    assert post_once(owner, "k-free", {"text": PASS_ON, "input": {"n": 1}}).status_code == 202


def test_a_key_sent_many_times_at_once_starts_one_run(house: House, owner: Client) -> None:
    body = {"text": PASS_ON, "input": {"n": 7}}
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: post_once(owner, "k-many", body), range(24)))
    assert {a.status_code for a in answers} <= {202, 409}
    assert len({a.json()["id"] for a in answers if a.status_code == 202}) == 1
    assert {a.json()["code"] for a in answers if a.status_code == 409} <= {"idempotency_key_in_use"}
