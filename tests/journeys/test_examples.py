"""Every example of the documentation, by the command line, on its own input."""

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.journeys.house import Client, House

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs/examples"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def serving(*command: str, port: int) -> Generator[None]:
    """A local server of an example, once it answers."""
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield
    finally:
        server.kill()
        server.wait()


def run(place: Path, *words: str, allow: str = "") -> subprocess.CompletedProcess[str]:
    """`troupe run --json` in a process of its own."""
    env = {**os.environ, "PYTHONPATH": f"{ROOT / 'shared'}{os.pathsep}{ROOT}", "TROUPE_HOME": str(place)}
    env |= {"TROUPE_EGRESS_ALLOW": allow, "TROUPE_REAL_MODELS": "off"}
    command = [sys.executable, "-P", "-m", "functions.cli", "run", *words, "--json"]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=100, check=False)


@pytest.fixture(scope="module")
def place() -> Generator[Path]:
    """Not below pytest's own folder, which is closed to the account that Postgres has under root."""
    with tempfile.TemporaryDirectory(prefix="troupe-example-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder) / "home"


def test_a_year_of_sales_is_cleaned_grouped_and_reported(place: Path) -> None:
    done = run(place, "docs/examples/sales/workflow.yaml", "--input", "csv=@docs/examples/sales/sales.csv")
    assert done.returncode == 0, done.stderr
    output = json.loads(done.stdout)["output"]
    assert output["rows_dropped"] == 132
    assert re.search(r"1108 of 1240 rows were usable; together they sold for 1561541\.99", output["report"])
    assert output["report"].count("\n| ") == 2 + 4 + 5  # two headings, four regions, five products


def test_our_own_pages_are_read_split_and_summarized(place: Path) -> None:
    port = free_port()
    with serving(sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1", "-d", "docs", port=port):
        done = run(
            place, "docs/examples/pages/workflow.yaml", "--input", f"site=http://127.0.0.1:{port}",
            allow=f"127.0.0.1:{port}",
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    output = json.loads(done.stdout)["output"]
    assert output["pages"] == 4
    assert output["digest"].count("rules, no AI") == 4


def test_a_page_that_may_not_be_fetched_is_named_and_the_rest_goes_on(place: Path) -> None:
    done = run(place, "docs/examples/pages/workflow.yaml", "--input", "site=http://127.0.0.1:1")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["output"]["digest"].count("could not be read") == 4


def test_an_order_is_paid_once_and_confirmed(place: Path) -> None:
    port = free_port()
    with serving(sys.executable, "docs/examples/order/payments.py", "--port", str(port), port=port):
        done = run(
            place, "docs/examples/order/workflow.yaml", "--input", "order=@docs/examples/order/order.json",
            "--input", f"payments=http://127.0.0.1:{port}/payments", allow=f"127.0.0.1:{port}",
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    output = json.loads(done.stdout)["output"]
    assert (output["receipt"], output["amount"]) == ("R0001", 419.0)
    assert len(list((place / "mail").glob("*.eml"))) == 1


def test_mails_are_sorted_and_answered_and_those_about_money_wait_for_a_person(owner: Client, house: House) -> None:
    text = (EXAMPLES / "mails/workflow.yaml").read_text()
    mails = [{"name": f.name, "text": f.read_text()} for f in sorted((EXAMPLES / "mails/mails").glob("*.txt"))]
    started = owner.run(text, {"mails": mails})
    asked = waiting(owner, started["id"])  # each is about one mail, with its exact arguments
    assert asked
    for one in asked:
        assert one["block"] == "mail.send"
        assert one["arguments"]["to"]
        body = {"decision": "approve", "arguments_hash": one["arguments_hash"]}
        if one is asked[0]:
            body = {"decision": "refuse", "arguments_hash": one["arguments_hash"], "reason": "call them instead"}
        assert owner.post(f"/approvals/{one['id']}/decide", json=body).status_code == 200
    run = owner.until(started["id"])
    assert run["status"] == "completed", run["error"]
    rows = run["output"]["rows"]
    assert len(rows) == len(mails) == 14
    by_person = {  # how a person sorts them
        **dict.fromkeys(("02", "04", "08", "11", "13"), "bug"),
        **dict.fromkeys(("01", "05", "07", "09", "12"), "billing"),
        **dict.fromkeys(("03", "06", "10", "14"), "praise"),
    }
    agreed = sum(row["label"] == by_person[row["mail"][:2]] for row in rows)
    assert agreed >= 9, rows  # rules, no AI: two in three is what they promise
    assert sum(row["sent"] for row in rows) == sum(r["label"] != "praise" for r in rows) - 1


def waiting(owner: Client, run: str) -> list[dict[str, object]]:
    """What of a run waits for a person, once the run has nothing else to do."""
    owner.until(run, "review")
    found = owner.get("/approvals?status=pending&limit=200").json()["items"]
    return [one for one in found if one["run_id"] == run]
