"""The examples of agents: applied as the documentation says, and played offline by the demo model."""

import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.house import Client, House, running
from tests.journeys.test_examples import EXAMPLES, ROOT, serving

PAYMENTS, DOCS, ROOMS = 9200, 9300, 9400  # as the examples say


@pytest.fixture(scope="module")
def home() -> Generator[House]:
    allowed = ",".join(f"127.0.0.1:{port}" for port in (PAYMENTS, DOCS, ROOMS))
    with running(TROUPE_REAL_MODELS="off", TROUPE_EGRESS_ALLOW=allowed) as house:
        yield house


def apply(owner: Client, folder: Path) -> list[str]:
    files = [{"path": f.name, "text": f.read_text()} for f in sorted(folder.glob("*.yaml"))]
    answer = owner.post("/apply", json={"files": files})
    assert answer.status_code == 200, answer.text
    return [change["action"] for change in answer.json()["changes"]]


def ask(owner: Client, agent: str, message: str) -> str:
    return owner.post(f"/agents/{agent}/runs", json={"message": message}).json()["id"]


def test_a_person_is_asked_before_money_moves(owner: Client) -> None:
    assert apply(owner, EXAMPLES / "refund") == ["create", "create"]
    assert apply(owner, EXAMPLES / "refund") == ["none", "none"]
    with serving(sys.executable, "docs/examples/order/payments.py", "--port", str(PAYMENTS), port=PAYMENTS):
        run = ask(owner, "refunds", "Pay a refund of 12.50 for order A-100.")
        asked = owner.asked(run)
        assert (asked["arguments"], asked["risk"]) == ({"order": "A-100", "amount": 12.5}, "high")
        assert owner.decide(asked, "approve", arguments={"order": "A-100", "amount": 10.0}).status_code == 200
        ended = owner.until(run)
    assert ended["status"] == "completed", ended
    paid = owner.steps(run)["turn/1/tool/call_2"]["output"]
    assert paid["refunded"] == 10
    assert "rules, no AI" in ended["output"]["text"]


def test_one_agent_researches_and_the_other_writes(owner: Client) -> None:
    assert apply(owner, EXAMPLES / "research") == ["create", "create"]
    with serving(
        sys.executable, "-m", "http.server", str(DOCS), "--bind", "127.0.0.1", "-d", str(ROOT / "docs"), port=DOCS
    ):
        message = "Research where a commit is written, and write two sentences about it."
        ended = owner.until(ask(owner, "writer", message))
    assert ended["status"] == "completed", ended
    assert "commit" in ended["output"]["text"].lower()
    below: list[dict[str, Any]] = [s for s in owner.steps(ended["id"]).values() if s["block"] == "$call"]
    assert len(below) == 1


def test_a_service_is_explained_and_operated_by_its_openapi_document(owner: Client, tmp_path: Path) -> None:
    log = tmp_path / "rooms.log"
    server = (sys.executable, "docs/examples/rooms/rooms.py", "--port", str(ROOMS), "--log", str(log))
    with serving(*server, port=ROOMS):
        config = {"url": f"http://127.0.0.1:{ROOMS}/openapi.json"}
        made = owner.post("/connections", json={"connector": "openapi", "name": "rooms", "config": config}).json()
        assert (made["status"], made["tools"]) == ("ok", 4)
        assert apply(owner, EXAMPLES / "rooms") == ["create"]

        rules = owner.until(ask(owner, "rooms", "How many hours may a booking last at most?"))
        assert "A booking lasts four hours at most." in rules["output"]["text"], rules
        assert "http.request" in {step["block"] for step in owner.steps(rules["id"]).values()}

        run = ask(owner, "rooms", "Book a room: the garden, for 3 hours.")
        asked = owner.asked(run)
        assert (asked["arguments"], asked["effect"]) == ({"room": "garden", "hours": 3}, "once")
        assert not log.exists(), "nothing is booked before a person has seen it"
        assert owner.decide(asked, "approve", arguments={"room": "garden", "hours": 2}).status_code == 200
        ended = owner.until(run)
        assert ended["status"] == "completed", ended
        assert log.read_text() == "booked garden 2\n"

        ended = owner.until(ask(owner, "rooms", "Cancel the booking with the number 1."))
        assert ended["status"] == "completed", ended
        assert log.read_text() == "booked garden 2\ncancelled 1\n"
