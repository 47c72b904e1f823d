"""The command line as a person and as a script use it: output, exit codes, one sentence for each failure."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from functions.cli.main import app
from tests.journeys.house import ASKS, PASS_ON, House, chain, eventually

GREET = """\
troupe: workflow/v1
name: greet
input:
  type: object
  properties: {name: {type: string}, n: {type: integer}, mails: {type: array}, any: {}}
nodes:
  all: {block: test.noop, with: {value: "{{ input }}"}}
output: "{{ all.value }}"
"""
FAILS = PASS_ON.replace("one.value + 1", "one.value / 0").replace("pass_on", "fails")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in {
        "greet": GREET,
        "pass_on": PASS_ON,
        "asks": ASKS,
        "fails": FAILS,
        "slow": chain(40, 200),
    }.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    mails = tmp_path / "mails"
    mails.mkdir()
    (mails / "b.txt").write_text("second")
    (mails / "a.txt").write_text("first")
    (mails / "c.bin").write_bytes(b"\x00\xff")
    (mails / ".hidden").write_text("no")
    (tmp_path / "data.json").write_text('\ufeff{"deep": [1, 2]}')
    return tmp_path


def ok(done: "subprocess.CompletedProcess[str]", code: int = 0) -> str:
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    return done.stdout


def said(done: "subprocess.CompletedProcess[str]", code: int = 0) -> Any:
    text = ok(done, code)
    assert text.count("\n") == 1, text
    return json.loads(text)


def test_a_run_tells_its_progress_beside_its_output(house: House, folder: Path) -> None:
    done = house.cli("run", str(folder / "pass_on.yaml"), "--input", "n=1")
    assert ok(done) == "2\n"
    assert done.stderr.splitlines() == ["✓ one", "✓ two"]
    run = said(house.cli("run", str(folder / "pass_on.yaml"), "--input", "n=1", "--json"))
    assert (run["status"], run["output"]) == ("completed", 2)


def test_inputs_take_the_type_that_the_workflow_wants(house: House, folder: Path) -> None:
    given = ["name=5", "n=5", 'any={"a": [1]}', "more=x=y", "at=@@home", "nan=NaN", f"data=@{folder / 'data.json'}",
             f"text=@{folder / 'mails/a.txt'}", f"mails=@{folder / 'mails'}/"]  # fmt: skip
    args = [part for pair in given for part in ("--input", pair)]
    output = json.loads(ok(house.cli("run", str(folder / "greet.yaml"), *args)))
    mails = output.pop("mails")
    assert output == {
        "name": "5", "n": 5, "any": {"a": [1]}, "more": "x=y", "at": "@home", "nan": "NaN", "data": {"deep": [1, 2]},
        "text": "first",
    }  # fmt: skip
    assert mails[:2] == [{"name": "a.txt", "text": "first"}, {"name": "b.txt", "text": "second"}]
    assert (mails[2]["name"], mails[2]["size"], len(mails)) == ("c.bin", 2, 3)
    with house.client() as client:
        assert client.get(f"/files/{mails[2]['$file']}/content").content == b"\x00\xff"


def test_a_whole_input_comes_from_a_file_or_standard_input(house: House, folder: Path) -> None:
    greet = str(folder / "greet.yaml")
    assert json.loads(ok(house.cli("run", greet, "--input-json", "@-", stdin='{"n": 1}'))) == {"n": 1}
    assert json.loads(ok(house.cli("run", greet, "--input-json", f"@{folder / 'data.json'}", "--input", "n=2"))) == {
        "deep": [1, 2], "n": 2,
    }  # fmt: skip


BAD = [
    (["run", "nothing.yaml"], 4), (["run", "nobody"], 4), (["run", "nobody@production"], 4),
    (["run", "{}/fails.yaml"], 2),
    (["run", "{}/pass_on.yaml"], 2), (["run", "{}/pass_on.yaml", "--input", "n"], 2),
    (["run", "{}/pass_on.yaml", "--input", "n=@/no/such"], 4), (["run", "{}/mails/c.bin"], 2),
    (["run", "{}/pass_on.yaml", "--input-json", "{broken"], 2), (["run", "{}/pass_on.yaml", "--input-json", "[1]"], 2),
    (["run"], 2), (["nothing"], 2), (["runs", "show", "x"], 4), (["runs", "list", "--limit", "0"], 2),
    (["runs", "show", "../../health"], 4), (["runs", "show", ".."], 4), (["runs", "list", "--status", "odd"], 2),
    (["runs", "settle", "x", "y"], 2), (["runs", "events", "x"], 4), (["runs", "watch", "x"], 4),
    (["approvals", "approve", "x"], 4), (["approvals", "show", ""], 4), (["blocks", "show", "no.such"], 4),
    (["token", "create", "a", "--role", "king"], 2), (["token", "revoke", "x"], 4),
    (["member", "add", "no-address"], 2),
    (["workflow", "check", "{}/fails.yaml", "{}/greet.yaml"], 2), (["workflow", "show", "nobody"], 4),
    (["workflow", "check", "nothing.yaml"], 4), (["plan", "{}/mails"], 2), (["apply", "nowhere"], 4),
    (["login", "ftp://a"], 2), (["login", "http://127.0.0.1:9"], 3),
]  # fmt: skip


@pytest.mark.parametrize(("args", "code"), BAD, ids=lambda v: " ".join(v) if isinstance(v, list) else None)
def test_a_failure_is_a_sentence_and_a_code(house: House, folder: Path, args: list[str], code: int) -> None:
    if "fails.yaml" in str(args):
        (folder / "fails.yaml").write_text(FAILS.replace("test.noop", "no.such"))
    done = house.cli(*(a.replace("{}", str(folder)) for a in args), TROUPE_TOKEN=house.token)
    ok(done, code)
    assert done.stderr.strip() or "fails.yaml:" in done.stdout


def test_a_failed_run_exits_with_one_and_says_why(house: House, folder: Path) -> None:
    done = house.cli("run", str(folder / "fails.yaml"), "--input", "n=1")
    assert ok(done, 1) == ""
    assert "two" in done.stderr
    assert said(house.cli("run", str(folder / "fails.yaml"), "--input", "n=1", "--json"), 1)["status"] == "failed"


def test_a_run_that_needs_a_person_exits_with_five_and_names_the_command(house: House, folder: Path) -> None:
    done = house.cli("run", str(folder / "asks.yaml"))
    assert ok(done, 5) == ""
    command = done.stderr.rsplit("troupe ", 1)[1].split()
    assert command[:2] == ["approvals", "approve"]
    assert "approved" in ok(house.cli(*command))
    run = said(house.cli("approvals", "show", command[2], "--json"))["run_id"]
    assert said(house.cli("runs", "watch", run, "--json"))["output"] == "hello"
    again = house.cli(*command)
    assert "already" in again.stderr
    ok(again, 2)


def test_on_a_terminal_the_approval_is_asked_for_in_place(house: House, folder: Path) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-P", "-m", "functions.cli", "run", str(folder / "asks.yaml")]
    with subprocess.Popen(
        command, env=house.env, stdin=theirs, stdout=subprocess.PIPE, stderr=theirs, text=True
    ) as child:
        os.close(theirs)
        shown = b""
        while b"[l]ater" not in shown and child.poll() is None:
            shown += os.read(ours, 4096)
        os.write(ours, b"y\n")
        assert child.stdout is not None
        assert child.stdout.read() == "hello\n"
        assert child.wait(20) == 0
    os.close(ours)
    assert b'"value": "hello"' in shown


def test_a_timeout_leaves_the_run_going(house: House, folder: Path) -> None:
    run = said(house.cli("run", str(folder / "slow.yaml"), "--timeout", "0.5", "--json"), 5)
    assert run["status"] == "running"
    assert run["id"] in ok(house.cli("runs", "terminate", run["id"]))
    with house.client() as client:
        assert client.until(run["id"])["status"] == "terminated"
    assert said(house.cli("runs", "watch", run["id"], "--json"), 1)["status"] == "terminated"


def test_no_wait_prints_the_id(house: House, folder: Path) -> None:
    id = ok(house.cli("run", str(folder / "pass_on.yaml"), "--input", "n=1", "--no-wait")).strip()
    assert ok(house.cli("runs", "watch", id)) == "2\n"
    steps = said(house.cli("runs", "steps", id, "--json"))["items"]
    assert [s["key"] for s in steps] == ["one", "two"]
    assert "run.completed" in ok(house.cli("runs", "events", id))
    forked = ok(house.cli("runs", "fork", id, "--from", "two", "--output", 'one={"value": 9}')).strip()
    assert ok(house.cli("runs", "watch", forked)) == "10\n"
    assert id in ok(house.cli("runs", "list"))


def test_a_folder_is_planned_applied_and_applied_again(house: House, folder: Path) -> None:
    def actions(command: str) -> dict[str, str]:
        changes = said(house.cli(command, str(folder), "--json"))["changes"]
        return {c["path"]: c["action"] for c in changes}

    assert set(actions("plan").values()) == {"create"}
    assert set(actions("apply").values()) == {"create"}
    assert set(actions("apply").values()) == {"none"}
    (folder / "greet.yaml").write_text(GREET.replace("all.value", "all.value.n"))
    assert actions("plan")["greet.yaml"] == "update"
    ok(house.cli("apply", str(folder)))
    assert [v["version"] for v in said(house.cli("workflow", "versions", "greet", "--json"))["items"]] == [2, 1]
    assert "output" in ok(house.cli("workflow", "diff", "greet", "1", "2"))
    ok(house.cli("workflow", "alias", "greet", "production", "1"))
    assert json.loads(ok(house.cli("run", "greet", "--input", "n=7"))) == {"n": 7}
    assert ok(house.cli("run", "greet@2", "--input", "n=7")) == "7\n"
    assert ok(house.cli("workflow", "show", "greet", "--version", "1")) == GREET


def test_a_token_made_by_the_command_line_works_and_is_revoked(house: House) -> None:
    made = said(house.cli("token", "create", "ci", "--role", "viewer", "--json"))
    assert said(house.cli("runs", "list", "--json", TROUPE_TOKEN=made["token"]))["items"] is not None
    ok(house.cli("token", "create", "x", TROUPE_TOKEN=made["token"]), 4)
    ok(house.cli("token", "revoke", made["id"]))
    ok(house.cli("runs", "list", TROUPE_TOKEN=made["token"]), 4)
    ok(house.cli("member", "add", "a@b.example"))
    assert "a@b.example" in ok(house.cli("member", "list"))


def test_login_uses_a_troupe_elsewhere_until_it_is_forgotten(house: House, alone: House) -> None:
    ok(alone.cli("login", house.url, TROUPE_TOKEN="wrong"), 4)
    ok(alone.cli("login", house.url, stdin=f"{house.token}\n"))
    kept = alone.home / "remote.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    ids = {r["id"] for r in said(alone.cli("runs", "list", "--json"))["items"]}
    assert ids == {r["id"] for r in said(house.cli("runs", "list", "--json"))["items"]}
    ok(alone.cli("login", "--forget"))
    assert not kept.exists()
    ok(alone.cli("login"), 3)
    assert "/login?code=" in said(house.cli("login", "--json"))["sign_in"]


def test_where_no_troupe_runs_a_command_starts_one_and_ends_it(alone: House, folder: Path) -> None:
    done = alone.cli("run", str(folder / "pass_on.yaml"), "--input", "n=1")
    assert ok(done) == "2\n"
    assert "Starting the database" in done.stderr
    waits = alone.cli("run", str(folder / "asks.yaml"))
    ok(waits, 5)
    assert ok(alone.cli(*waits.stderr.rsplit("troupe ", 1)[1].split())) == "hello\n"
    assert not (alone.home / "server.json").exists()


def test_commands_that_need_no_troupe_start_none(alone: House, folder: Path) -> None:
    for args in (
        ["blocks", "list"],
        ["blocks", "show", "ai.chat"],
        ["checkpoints"],
        ["workflow", "check", str(folder / "greet.yaml")],
    ):
        assert "Starting" not in alone.cli(*args).stderr
    assert said(alone.cli("checkpoints", "--json"))["items"][0] == "before_claim"
    checked = said(alone.cli("workflow", "check", str(folder / "greet.yaml"), "--json"))
    assert (checked["ok"], checked["input_schema"]["type"]) == (True, "object")


def test_nobody_there_is_said_in_a_sentence(alone: House) -> None:
    done = alone.cli("runs", "list", TROUPE_URL="http://127.0.0.1:9", TROUPE_TOKEN="x")
    ok(done, 3)
    assert "cannot be reached" in done.stderr
    ok(alone.cli("runs", "list", TROUPE_URL="not a url", TROUPE_TOKEN="x"), 3)


def test_output_into_a_closed_pipe_is_no_failure(house: House) -> None:
    command = f"{sys.executable} -P -m functions.cli blocks list --json | head -c 10"
    done = subprocess.run(
        ["bash", "-c", command], env=house.env, capture_output=True, text=True, check=False, timeout=30
    )
    assert done.stderr == ""


def test_doctor_finds_the_port_that_is_taken(house: House, alone: House) -> None:
    checks = said(house.cli("doctor", "--json"))["checks"]
    assert {c["name"] for c in checks} >= {"python", "home", "disk", "port", "database", "egress", "providers"}
    taken = alone.cli("doctor", "--json", TROUPE_PORT=house.url.rsplit(":", 1)[1])
    port = next(c for c in said(taken, 3)["checks"] if c["name"] == "port")
    assert not port["ok"]
    assert "--port" in port["fix"]
    missing = alone.cli("doctor", "--json", TROUPE_PROVIDERS='{"p": {"kind": "openai", "key_env": "NO_SUCH_VARIABLE"}}')
    assert "NO_SUCH_VARIABLE" in str(said(missing, 3))


def test_help_is_there_for_every_command(alone: House) -> None:
    names = [line.split()[0] for line in ok(alone.cli("--help")).split("Commands:")[1].strip().splitlines()]
    assert len(names) > 15
    for name in names:
        shown = CliRunner().invoke(app, [name, "--help"])
        assert (shown.exit_code, "Usage: " in shown.output) == (0, True), name


def test_help_imports_neither_the_server_nor_the_client(alone: House) -> None:
    code = "import sys; from functions.cli.main import app; app(['run', '--help'], standalone_mode=False); " \
        "print([m for m in ('fastapi', 'psycopg', 'httpx2', 'uvicorn', 'openai') if m in sys.modules])"  # fmt: skip
    done = subprocess.run([sys.executable, "-P", "-c", code], env=alone.env, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_defect_of_ours_is_a_sentence_and_its_trace_a_file(alone: House) -> None:
    code = (
        "import sys, functions.cli.commands.checkpoints as c; from functions.cli import main; "
        "c.checkpoints = lambda: 1 / 0; sys.argv = ['troupe', 'checkpoints']; main()"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], env=alone.env, capture_output=True, text=True, check=False, timeout=30
    )
    ok(done, 3)
    assert "Something in Troupe itself failed (ZeroDivisionError)" in done.stderr
    assert "division by zero" in (alone.home / "defect.log").read_text()


def test_stop_ends_a_detached_server_and_a_taken_port_is_said_before_anything_starts(house: House) -> None:
    other = House(fresh=True)
    try:
        taken = other.cli("up", "--port", house.url.rsplit(":", 1)[1], "--no-open")
        ok(taken, 3)
        assert "another program listens there" in taken.stderr
        assert not (other.home / "postgres").exists()
        lines = ok(other.cli("up", "--detach", "--port", "0")).splitlines()
        assert lines[0].startswith("Troupe is ready at http://127.0.0.1:")
        assert lines[1].startswith("Sign in: ")
        url = lines[0].split()[-1]
        assert ok(other.cli("up", "--detach")) == f"Troupe is already running at {url}\n"
        assert said(other.cli("runs", "list", "--json"))["items"] == []
        assert ok(other.cli("up", "--stop")) == "Troupe has stopped.\n"
        assert ok(other.cli("up", "--stop")) == "Troupe is not running.\n"
        eventually((other.home / "server.json").exists, lambda there: not there)
    finally:
        other.cli("up", "--stop")
        other.remove()


@pytest.mark.parametrize(("more", "code"), [
    ({"TROUPE_PORT": "x"}, 2), ({"TROUPE_PROVIDERS": "{broken"}, 2), ({"TROUPE_HOME": "/proc/nothing"}, 3),
    ({"TROUPE_HOME": "/dev/null/x"}, 3), ({"TROUPE_HOST": "0.0.0.0"}, 3), ({"TROUPE_HOST": "no such host"}, 3),
    ({"TROUPE_DATABASE_URL": "postgresql://nobody@127.0.0.1:9/x"}, 3), ({"TROUPE_EGRESS_ALLOW": "::::"}, 2),
])  # fmt: skip
def test_a_start_that_cannot_be_is_one_sentence(alone: House, more: dict[str, str], code: int) -> None:
    done = alone.cli("up", "--no-open", **({"TROUPE_PORT": "0"} | more))
    ok(done, code)
    sentences = [line for line in done.stderr.splitlines() if not line.startswith("·")]
    assert len(sentences) == 1, done.stderr
