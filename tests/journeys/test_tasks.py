"""Tasks: a text summarized, data extracted, a mail classified, in one call."""

from tests.journeys.house import Client

TEXT = "Sales rose by 4 %. Costs fell. The board is pleased. Nobody was dismissed. The outlook is good."


def test_a_text_is_summarized_in_one_call(owner: Client) -> None:
    answer = owner.post("/tasks/summarize", json={"text": TEXT, "sentences": 1})
    assert answer.status_code == 200, answer.text
    done = answer.json()
    assert (done["status"], answer.headers["x-run-id"]) == ("completed", done["run_id"])
    assert done["output"]["summary"]
    assert owner.steps(done["run_id"])["task"]["block"] == "ai.summarize"


def test_a_mail_is_classified_and_data_extracted(owner: Client) -> None:
    given = {"text": "The app crashes when I open it.", "labels": ["bug", "praise"]}
    assert owner.post("/tasks/classify", json=given).json()["output"]["label"] == "bug"
    schema = {"type": "object", "properties": {"email": {"type": "string"}}, "required": ["email"]}
    given = {"text": "Write to ann@example.com.", "schema": schema, "model": "best"}
    assert owner.post("/tasks/extract", json=given).json()["output"]["data"] == {"email": "ann@example.com"}


def test_the_same_key_pays_once(owner: Client) -> None:
    headers = {"idempotency-key": "task-1"}
    first = owner.post("/tasks/summarize", json={"text": TEXT}, headers=headers).json()
    again = owner.post("/tasks/summarize", json={"text": TEXT}, headers=headers).json()
    assert again == first
    other = owner.post("/tasks/summarize", json={"text": "Other."}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


def test_who_does_not_wait_gets_the_run(owner: Client) -> None:
    answer = owner.post("/tasks/summarize", json={"text": TEXT}, params={"wait": 0})
    assert answer.status_code in (200, 202)
    assert owner.until(answer.json()["run_id"])["status"] == "completed"


def test_what_does_not_fit_is_told_with_its_place(owner: Client) -> None:
    answer = owner.post("/tasks/classify", json={"text": "x", "labels": "one", "more": 1})
    assert answer.status_code == 422
    assert {"/labels", "/more"} <= {e["path"] for e in answer.json()["errors"]}
    assert owner.post("/tasks/classify", json=[1]).status_code == 422
    failed = owner.post("/tasks/summarize", json={"text": TEXT, "model": "nobody/nothing"})
    assert (failed.status_code, failed.json()["code"]) == (422, "unknown_model")
