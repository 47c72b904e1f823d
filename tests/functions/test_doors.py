"""The doors of the serverless form, called as Lambda calls them."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from functions import advance, jobs
from functions.api import handler
from functions.kept import kept
from tests.functions.context import CONTEXT
from tests.servers.aws import ask
from tests.servers.sqs import record_of
from tests.statemachines.machine import executions
from troupe.adapters.aws._client import Aws
from troupe.adapters.aws.turn import LAST_TURN
from troupe.base.db import Database
from troupe.base.errors import BadInput
from troupe.base.ids import WorkspaceId, new_id
from troupe.features.accounts import store as accounts
from troupe.features.accounts.service import LAPTOP, hash_of_secret

TEXT = """\
troupe: workflow/v1
name: twice
nodes:
  one: {block: test.noop, with: {value: 1}}
  two: {block: test.noop, with: {value: "{{ one.value + 1 }}"}}
output: "{{ two.value }}"
"""
ASKS = TEXT.replace('+ 1 }}"}', '+ 1 }}"}, approve: {by: [editor], expires: 1d}')


def gateway(method: str, path: str, body: Any = None, token: str = "") -> dict[str, Any]:
    """An event of an HTTP API, payload format 2.0."""
    return {
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": "", "isBase64Encoded": False,
        "headers": {"authorization": f"Bearer {token}", "content-type": "application/json", "host": "api.test"},
        "requestContext": {"http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1"}},
        "body": None if body is None else json.dumps(body),
    }  # fmt: skip


def call(cloud: str, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    answer = handler(gateway(method, f"/api/v1{path}", body, cloud), CONTEXT)
    return answer["statusCode"], json.loads(answer["body"])


def start(cloud: str, text: str = TEXT) -> str:
    status, run = call(cloud, "POST", "/runs", {"text": text})
    assert status == 202, run
    assert run["status"] == "queued"
    return run["id"]


def test_the_api_door_answers_and_refuses_as_the_one_process_does(cloud: str) -> None:
    assert call(cloud, "GET", "/health")[0] == 200
    status, problem = call("wrong", "GET", "/runs")
    assert (status, problem["code"]) == (401, "unauthorized")
    assert call(cloud, "POST", "/runs", {"text": "not a workflow"})[0] == 422


def turn(run: str, leg: int = 1, **last: Any) -> dict[str, Any]:
    """An event of the state machine."""
    given = {"run": run, "leg": leg}
    return given | {"last": given | last, "began": datetime.now(UTC).isoformat()}


def wakes(aws: Aws, environment: dict[str, str]) -> list[dict[str, Any]]:
    """The records that Lambda would bring to `jobs` now."""
    found = ask(aws, "sqs", "receive_message", QueueUrl=environment["TROUPE_QUEUE_URL"], MaxNumberOfMessages=10,
                MessageSystemAttributeNames=["All"])  # fmt: skip
    return [record_of(message) for message in found.get("Messages", [])]


def test_a_run_started_at_the_api_door_is_sent_to_the_queue_before_the_answer_leaves(
    cloud: str, account: Aws, environment: dict[str, str]
) -> None:
    run = start(cloud)
    [record] = wakes(account, environment)
    message = json.loads(record["body"])
    assert (message["kind"], message["body"], message["workspace"]) == ("run.advance", {"run": run, "leg": 1}, LAPTOP)
    assert jobs.handler({"Records": [record]}, CONTEXT) == {"batchItemFailures": []}
    assert call(cloud, "GET", f"/runs/{run}")[1]["output"] == 2
    assert executions(account, environment["TROUPE_STATE_MACHINE"]) == {}


def test_where_first_slices_come_from_the_machine_a_start_is_an_execution(
    cloud: str, account: Aws, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TROUPE_FIRST_SLICE", "machine")
    kept.close()
    run = start(cloud)
    assert list(executions(account, environment["TROUPE_STATE_MACHINE"])) == [f"{run}-1"]
    assert wakes(account, environment) == []


def test_a_run_ends_by_one_turn(cloud: str) -> None:
    run = start(cloud)
    assert advance.handler(turn(run), CONTEXT) == {"run": run, "leg": 1, "turn": 1, "kind": "done"}
    assert call(cloud, "GET", f"/runs/{run}")[1]["output"] == 2


def test_a_run_that_waits_says_for_how_long_and_a_turn_that_comes_too_soon_says_the_same(cloud: str) -> None:
    run = start(cloud, ASKS)
    said = advance.handler(turn(run), CONTEXT)
    assert (said["kind"], said["turn"]) == ("wait", 1)
    assert 86_390 < said["seconds"] <= 86_400
    again = advance.handler(turn(run, turn=1), CONTEXT)
    assert (again["kind"], again["turn"]) == ("wait", 2)
    assert abs(again["seconds"] - said["seconds"]) <= 2


def test_a_turn_of_a_run_that_is_over_is_the_last(cloud: str) -> None:
    run = start(cloud)
    advance.handler(turn(run), CONTEXT)
    assert advance.handler(turn(run, turn=1), CONTEXT)["kind"] == "done"
    stopped = start(cloud, ASKS)
    assert call(cloud, "POST", f"/runs/{stopped}/terminate", {"reason": "enough"})[0] == 200
    assert advance.handler(turn(stopped), CONTEXT)["kind"] == "failed"
    assert advance.handler(turn(stopped, turn=1), CONTEXT)["kind"] == "failed"


def test_a_leg_that_was_long_enough_is_followed_by_another(
    cloud: str, account: Aws, environment: dict[str, str]
) -> None:
    run = start(cloud, ASKS)
    assert advance.handler(turn(run, turn=LAST_TURN - 1), CONTEXT)["kind"] == "next_leg"
    legs = sorted((json.loads(r["body"])["body"]["leg"], r) for r in wakes(account, environment))
    assert [leg for leg, _ in legs] == [1, 2]
    assert jobs.handler({"Records": [legs[1][1]]}, CONTEXT) == {"batchItemFailures": []}
    assert list(executions(account, environment["TROUPE_STATE_MACHINE"])) == [f"{run}-2"]
    assert advance.handler(turn(run), CONTEXT)["kind"] == "done"  # the first leg has nothing to do any more
    assert advance.handler(turn(run, leg=2), CONTEXT)["kind"] == "wait"


BAD_EVENTS = [{}, {"run": 7}, {"run": "x"}, [], None, {"run": "\x00"}, turn("x"), turn(new_id()) | {"began": "soon"},
              turn(new_id()) | {"last": None}, turn(new_id()) | {"leg": "1"}]  # fmt: skip


@pytest.mark.parametrize("event", BAD_EVENTS)
def test_an_event_without_a_run_is_refused(cloud: str, event: Any) -> None:
    with pytest.raises(BadInput):
        advance.handler(event, CONTEXT)


def record(id: str, kind: str, **body: Any) -> dict[str, Any]:
    """A message as SQS brings it."""
    message = {"id": new_id(), "workspace": LAPTOP, "kind": kind, "body": body}
    return raw(id, json.dumps(message))


def raw(id: str, body: str) -> dict[str, Any]:
    return {"messageId": id, "receiptHandle": "of-the-test", "body": body,
            "attributes": {"ApproximateReceiveCount": "1"}}  # fmt: skip


def test_of_a_batch_only_what_failed_is_delivered_again(cloud: str, account: Aws, environment: dict[str, str]) -> None:
    good, asks = start(cloud), start(cloud, ASKS)
    records = [
        record("1", "run.advance", run=good, leg=1),
        raw("2", "{broken"),
        record("3", "run.advance", run=asks, leg=1),
        record("4", "run.advance", run="nobody"),
        record("5", "nothing.known"),
        raw("6", json.dumps({"run": good, "leg": 1})),
        record("7", "run.advance", run=good, leg=True),
    ]
    answer = jobs.handler({"Records": records}, CONTEXT)
    assert [f["itemIdentifier"] for f in answer["batchItemFailures"]] == ["2", "4", "5", "6", "7"]
    assert call(cloud, "GET", f"/runs/{good}")[1]["status"] == "completed"
    assert call(cloud, "GET", f"/runs/{asks}")[1]["reason"] == "approval"
    assert list(executions(account, environment["TROUPE_STATE_MACHINE"])) == [f"{asks}-1"]  # nobody waits in the queue


def test_the_same_message_again_changes_nothing(cloud: str) -> None:
    run = start(cloud)
    again = record("1", "run.advance", run=run, leg=1)
    assert jobs.handler({"Records": [again]}, CONTEXT) == {"batchItemFailures": []}
    events = call(cloud, "GET", f"/runs/{run}/events")[1]
    assert jobs.handler({"Records": [again]}, CONTEXT) == {"batchItemFailures": []}
    assert call(cloud, "GET", f"/runs/{run}/events")[1] == events


@pytest.mark.parametrize("security", [True, False], ids=["both", "without row-level security"])
def test_what_is_foreign_reads_like_what_is_not_there(cloud: str, database_url: str, security: bool) -> None:
    run = start(cloud, ASKS)
    advance.handler(turn(run), CONTEXT)
    asked = call(cloud, "GET", "/approvals")[1]["items"][0]["id"]
    stranger = "trp_of-a-stranger"
    kept.run(lambda troupe: a_stranger(troupe.parts.database, stranger))
    if not security:
        with psycopg.connect(database_url, autocommit=True) as owner:
            for table in ("runs", "steps", "steps_default", "run_events", "signals", "versions", "definitions"):
                owner.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")  # pyright: ignore
    bodies = {"terminate": {"reason": ""}, "signals": {"name": "a"}, "fork": {"from_step": "one"}, "resume": {}}
    decision = {"decision": "approve", "arguments_hash": "0"}
    asks = [("GET", f"/runs/{{}}{tail}", None) for tail in ("", "/steps", "/events")]
    asks += [("POST", f"/runs/{{}}/{verb}", body) for verb, body in bodies.items()]
    for method, path, body in asks:
        foreign, missing = (call(stranger, method, path.format(id), body) for id in (run, new_id()))
        assert foreign[0] == missing[0] == 404, path
        assert foreign[1]["detail"] == missing[1]["detail"]
    assert call(stranger, "GET", f"/approvals/{asked}")[0] == 404
    assert call(stranger, "POST", f"/approvals/{asked}/decide", decision)[0] == 404
    for path in ("/runs", "/approvals", "/workflows"):
        assert call(stranger, "GET", path)[1]["items"] == []
    assert call(cloud, "GET", f"/runs/{run}")[1]["reason"] == "approval"


async def a_stranger(database: Database, token: str) -> None:
    async with database.workspace(WorkspaceId(new_id())) as db:
        await accounts.ensure_workspace(db, "another", new_id())
        await accounts.insert_token(db, new_id(), "token", "t", "owner", "trp_", hash_of_secret(token), None)


def test_every_reference_in_the_apis_document_leads_somewhere() -> None:
    document = json.loads((Path(__file__).parents[2] / "docs/reference/openapi.json").read_text())
    found = re.findall(r'"\$ref": "([^"]+)"', json.dumps(document))
    assert found
    for reference in set(found):
        at: Any = document
        for step in reference.removeprefix("#/").split("/"):
            at = at.get(step.replace("~1", "/").replace("~0", "~"))
            assert at is not None, reference
