"""`troupe agent`: a conversation on a terminal, and without one."""

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Generator

import pytest

from tests.journeys.house import House, eventually
from tests.journeys.puppet import Puppet, Say, house_of
from tests.journeys.test_chat import AGENT, AGENTS, call


@pytest.fixture(scope="module")
def home(puppet: Puppet) -> Generator[House]:
    with house_of(puppet, *AGENTS) as running:
        yield running


class Terminal:
    """`troupe ARGS` on a terminal of its own."""

    def __init__(self, home: House, *args: str) -> None:
        self.master, follower = pty.openpty()
        command = [sys.executable, "-P", "-m", "functions.cli", *args]
        self.process = subprocess.Popen(
            command, env=home.env | {"NO_COLOR": "1"}, stdin=follower, stdout=follower, stderr=follower,
            start_new_session=True,
        )  # fmt: skip
        os.close(follower)
        self.seen = ""

    def until(self, text: str, seconds: float = 20.0) -> str:
        """Everything shown up to this text."""
        end = time.monotonic() + seconds
        while text not in self.seen:
            assert time.monotonic() < end, self.seen
            if select.select([self.master], [], [], 0.1)[0]:
                self.seen += os.read(self.master, 65536).decode(errors="replace")
        before, _, self.seen = self.seen.partition(text)
        return before

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def end(self) -> int:
        """Its exit code."""
        try:
            return self.process.wait(20)
        finally:
            os.close(self.master)


def test_one_message_prints_the_answer_and_tells_of_tools_beside_it(home: House, puppet: Puppet) -> None:
    puppet.say(Say("Let me look.", calls=[call("a", "look_up", value=1)]), Say("One."))
    done = home.cli("agent", "chat", "support", "--message", "Hi", "--input", "customer=Ann")
    assert (done.returncode, done.stdout) == (0, "Let me look.\nOne.\n"), done.stderr
    assert done.stderr.splitlines() == ['→ look_up {"value": 1}', '← look_up {"value":1}']
    assert puppet.bodies[0]["messages"][0]["content"] == "You help Ann."


def test_without_a_terminal_each_line_is_a_message(home: House, puppet: Puppet) -> None:
    puppet.say(Say("One."), Say("Two."))
    done = home.cli("agent", "chat", "support", stdin="first\n\nsecond\n")
    assert (done.returncode, done.stdout) == (0, "One.\nTwo.\n"), done.stderr
    assert len(puppet.bodies[1]["messages"]) == 4


def test_json_is_one_event_a_line_and_a_conversation_goes_on(home: House, puppet: Puppet) -> None:
    puppet.say(Say("One."), Say("Two."))
    lines = home.cli("agent", "chat", "support", "--message", "first", "--json").stdout.splitlines()
    events = [json.loads(line) for line in lines]
    assert (events[0]["type"], events[-1]["type"]) == ("RUN_STARTED", "RUN_FINISHED")
    chat = events[0]["threadId"]
    done = home.cli("agent", "chat", "support", "--message", "second", "--conversation", chat)
    assert done.stdout == "Two.\n"
    assert [m["content"] for m in puppet.bodies[-1]["messages"][1:]] == ["first", "One.", "second"]


def test_what_waits_and_what_fails_is_told_by_the_exit_code(home: House, puppet: Puppet) -> None:
    puppet.say(Say("", calls=[call("p", "pay", value=1)]))
    waits = home.cli("agent", "chat", "support", "--message", "Pay.")
    assert waits.returncode == 5
    assert "troupe approvals approve" in waits.stderr
    assert "←" not in waits.stderr
    puppet.say(Say(status=400, error="not today"))
    failed = home.cli("agent", "chat", "support", "--message", "Go.")
    assert (failed.returncode, failed.stdout) == (1, "")
    assert home.cli("agent", "chat", "nobody", "--message", "Hi").returncode == 4
    assert home.cli("agent", "chat", "support", "--message", "Hi", "--conversation", "none").returncode == 4


def test_an_approval_is_asked_in_place_and_may_be_changed_or_refused_with_a_reason(home: House, puppet: Puppet) -> None:
    puppet.say(
        Say("", calls=[call("p", "pay", value=10)]), Say("Paid seven."), Say("", calls=[call("q", "pay", value=9)]),
        Say("Not paid."),
    )  # fmt: skip
    terminal = Terminal(home, "agent", "chat", "support")
    terminal.until("you> ")
    terminal.type("Pay 10.\n")
    assert '"value": 10' in terminal.until("[l]ater: ")
    terminal.type("e\n")
    terminal.until("Arguments as JSON: ")
    terminal.type('{"value": 7}\n')
    assert '← pay {"value":7}' in terminal.until("Paid seven.")
    terminal.until("you> ")
    terminal.type("Pay 9.\n")
    terminal.until("[l]ater: ")
    terminal.type("n\n")
    terminal.until("(may be empty) ")
    terminal.type("too much\n")
    assert "refused this: too much" in terminal.until("Not paid.")
    terminal.until("you> ")
    terminal.type("\x04")
    assert terminal.end() == 0


def test_ctrl_c_stops_the_answer_and_a_second_one_leaves(home: House, puppet: Puppet) -> None:
    puppet.say(Say("word " * 300, drip=0.05, pieces=300))
    terminal = Terminal(home, "agent", "chat", "support")
    terminal.until("you> ")
    terminal.type("Talk.\n")
    terminal.until("word word")
    terminal.process.send_signal(signal.SIGINT)
    terminal.until("The answer was stopped.")
    terminal.until("you> ")
    with home.client() as owner:
        chat = owner.get("/conversations").json()["items"][0]["id"]
        (message,) = owner.get(f"/conversations/{chat}/messages").json()["items"]
        assert (message["status"], message["answer"]["partial"]) == ("stopped", True)
        eventually(lambda: owner.see(message["run_id"])["status"], lambda status: status == "terminated")
    terminal.process.send_signal(signal.SIGINT)
    assert terminal.end() == 130


def test_agents_are_checked_listed_and_compared_as_workflows_are(home: House, tmp_path_factory) -> None:
    file = tmp_path_factory.mktemp("agents") / "a.yaml"
    file.write_text(AGENT.format(name="good", busy="queue"))
    assert home.cli("agent", "check", str(file)).returncode == 0
    file.write_text(AGENT.format(name="good", busy="never"))
    bad = home.cli("agent", "check", str(file))
    assert bad.returncode == 2
    assert "when_busy" in bad.stdout
    assert "support" in home.cli("agent", "list").stdout
    assert "name: support" in home.cli("agent", "show", "support").stdout
    assert json.loads(home.cli("agent", "versions", "support", "--json").stdout)["items"][0]["version"] == 1
    assert home.cli("agent", "alias", "support", "production", "1").returncode == 0
