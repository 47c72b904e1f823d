"""Looking at many runs: by what they are of, by time, below another; and what they came to."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.journeys.house import ASKS, PASS_ON, Client


def test_runs_are_found_by_workflow_and_by_time(owner: Client) -> None:
    owner.post("/workflows", json={"text": PASS_ON.replace("pass_on", "looked_at")})
    start = datetime.now(UTC) - timedelta(seconds=1)
    run = owner.post("/runs", json={"workflow": "looked_at", "input": {"n": 1}}).json()
    owner.until(run["id"])
    found = owner.get("/runs", params={"workflow": "looked_at", "since": start.isoformat()}).json()["items"]
    assert [r["id"] for r in found] == [run["id"]]
    assert owner.get("/runs", params={"workflow": "looked_at", "until": start.isoformat()}).json()["items"] == []
    assert owner.get("/runs", params={"agent": "looked_at"}).json()["items"] == []
    far = {"since": "0001-01-01T00:00:00Z", "until": "9999-12-31T23:59:59Z", "workflow": "looked_at"}
    assert len(owner.get("/runs", params=far).json()["items"]) == 1
    assert owner.get("/runs", params={"parent": "nobody"}).json()["items"] == []
    assert owner.get("/runs", params={"parent": run["id"]}).json()["items"] == []


def test_approvals_of_one_run_are_asked_for(owner: Client) -> None:
    first, second = owner.run(ASKS)["id"], owner.run(ASKS)["id"]
    for run in (first, second):
        owner.asked(run)
    found = owner.get("/approvals", params={"run": first}).json()["items"]
    assert [a["run_id"] for a in found] == [first]
    assert owner.get("/approvals", params={"run": "no id"}).json()["items"] == []


def test_figures_say_what_runs_came_to(owner: Client) -> None:
    owner.post("/workflows", json={"text": PASS_ON.replace("pass_on", "counted")})
    run = owner.post("/runs", json={"workflow": "counted", "input": {"n": 1}}).json()
    owner.until(run["id"])
    now = datetime.now(UTC)
    time = {"since": (now - timedelta(days=1)).isoformat(), "until": (now + timedelta(minutes=1)).isoformat()}
    figures = owner.get("/figures", params=time).json()
    [mine] = [s for s in figures["subjects"] if s["name"] == "counted"]
    assert (mine["kind"], mine["runs"], mine["failed"]) == ("workflow", 1, 0)
    assert figures["total"]["runs"] == sum(d["runs"] for d in figures["days"])
    assert figures["whole"] is True


@pytest.mark.parametrize(
    "time",
    [
        {"since": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"},
        {"since": "2026-01-02T00:00:00", "until": "2026-01-03T00:00:00Z"},
        {"since": "0001-01-01T00:00:00Z", "until": "1960-01-01T00:00:00Z", "offset": "900"},
    ],
)
def test_figures_of_no_time_are_refused(owner: Client, time: dict[str, str]) -> None:
    assert owner.get("/figures", params=time).status_code == 422
