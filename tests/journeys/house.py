"""A Troupe of the test's own: the one process as `troupe up` starts it, in a folder of its own, on a free port."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx2

from tests.homes import begin

ROOT = Path(__file__).parents[2]
PATH = f"{ROOT / 'shared'}{os.pathsep}{ROOT}"
OVER = ("completed", "failed", "terminated")
T = TypeVar("T")

PASS_ON = """\
troupe: workflow/v1
name: pass_on
input: {type: object, required: [n], properties: {n: {type: integer}}}
nodes:
  one: {block: test.noop, with: {value: "{{ input.n }}"}}
  two: {block: test.noop, with: {value: "{{ one.value + 1 }}"}}
output: "{{ two.value }}"
"""
ASKS = """\
troupe: workflow/v1
name: asks
nodes:
  draft: {block: test.noop, with: {value: "hello"}}
  send:
    block: test.noop
    with: {value: "{{ draft.value }}"}
    approve: {by: [editor], expires: 1d}
output: "{{ send.value }}"
"""


def chain(count: int, sleep_ms: int) -> str:
    """A workflow of so many steps, one after the other, each as long as that."""
    lines = ["troupe: workflow/v1", "name: chain", "nodes:"]
    for i in range(count):
        after = f", after: [s{i - 1}]" if i else ""
        lines.append(f"  s{i}: {{block: test.noop, with: {{value: {i}, sleep_ms: {sleep_ms}}}{after}}}")
    return "\n".join([*lines, f'output: "{{{{ s{count - 1}.value }}}}"', ""])


def environment(home: Path, **more: str) -> dict[str, str]:
    """What a command is told; nothing of the tester's own settings."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("TROUPE_", "AWS_")) and not k.endswith("_API_KEY")}
    return kept | {"TROUPE_HOME": str(home), "PYTHONPATH": PATH, "NO_COLOR": "1", "TROUPE_LEASE_SECONDS": "2"} | more


class House:
    """One folder, and the server on it. `fresh`: nobody was there before."""

    def __init__(self, *, fresh: bool = False, **more: str) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="troupe-test-"))
        if not fresh:
            begin(self.home)
        self.env = environment(self.home, **more)
        self.process: subprocess.Popen[str] | None = None
        self.url = self.sign_in = ""

    def start(self) -> "House":
        command = [sys.executable, "-P", "-m", "functions.cli", "up", "--port", "0", "--no-open"]
        with (self.home / "test.log").open("ab") as log:
            self.process = subprocess.Popen(command, env=self.env, stdout=subprocess.PIPE, stderr=log, text=True)
        assert self.process.stdout is not None
        ready, link = self.process.stdout.readline(), self.process.stdout.readline()
        if not ready.startswith("Troupe is ready at "):
            self.end(signal.SIGKILL)
            raise AssertionError(self.log())
        self.url, self.sign_in = ready.split()[-1], link.split()[-1]
        return self

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and wait; the exit code."""
        assert self.process is not None
        self.process.send_signal(how)
        code = self.process.wait(30)
        if self.process.stdout:
            self.process.stdout.close()
        return code

    def log(self) -> str:
        return (self.home / "test.log").read_text()

    def remove(self) -> None:
        """End what runs, and clear up."""
        if self.process is not None and self.process.poll() is None:
            self.end()
        shutil.rmtree(self.home)

    @property
    def token(self) -> str:
        return (self.home / "token").read_text()

    def client(self, token: str | None = None) -> "Client":
        return Client(self.url, self.token if token is None else token)

    def cli(self, *args: str, stdin: str = "", **more: str) -> "subprocess.CompletedProcess[str]":
        """`troupe ARGS`, without a terminal."""
        command = [sys.executable, "-P", "-m", "functions.cli", *args]
        return subprocess.run(
            command, env=self.env | more, input=stdin, capture_output=True, text=True, timeout=60, check=False
        )


@contextmanager
def running(*agents: str, **settings: str) -> Generator[House]:
    """A Troupe with these settings and agents; it ends well and has told of no error."""
    house = House(**settings)
    try:
        house.start()
        with house.client() as owner:
            owner.keep(*agents)
        yield house
        assert house.end() == 0, house.log()
        assert '"level": "error"' not in house.log(), house.log()
    finally:
        house.remove()


class Client(httpx2.Client):
    """The API as a caller uses it."""

    def __init__(self, url: str, token: str) -> None:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        super().__init__(base_url=f"{url}/api/v1", headers=headers, timeout=30, trust_env=False)

    def run(self, text: str, input: Any = None, **more: Any) -> dict[str, Any]:
        """A new run of a text."""
        answer = self.post("/runs", json={"text": text, "input": input or {}, **more})
        assert answer.status_code == 202, answer.text
        return answer.json()

    def keep(self, *agents: str) -> None:
        """Keep these texts as agents."""
        for text in agents:
            answer = self.post("/agents", json={"text": text})
            assert answer.status_code == 201, answer.text

    def see(self, run: str) -> dict[str, Any]:
        answer = self.get(f"/runs/{run}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def until(self, run: str, *statuses: str, seconds: float = 20.0) -> dict[str, Any]:
        """The run once it has one of these statuses (by default: is over)."""
        return eventually(lambda: self.see(run), lambda r: r["status"] in (statuses or OVER), seconds)

    def steps(self, run: str) -> dict[str, dict[str, Any]]:
        return {s["key"]: s for s in self.get(f"/runs/{run}/steps").json()["items"]}

    def events(self, run: str, after: int = 0) -> list[dict[str, Any]]:
        return self.get(f"/runs/{run}/events", params={"after": after}).json()["items"]

    def asked(self, run: str) -> dict[str, Any]:
        """The approval that a run comes to wait for."""

        def find() -> list[dict[str, Any]]:
            items = self.get("/approvals", params={"status": "pending", "limit": 200}).json()["items"]
            return [a for a in items if a["run_id"] == run]

        return eventually(find, bool)[0]

    def decide(self, approval: dict[str, Any], decision: str, **more: Any) -> httpx2.Response:
        body = {"decision": decision, "arguments_hash": approval["arguments_hash"], **more}
        return self.post(f"/approvals/{approval['id']}/decide", json=body)


def eventually(look: Callable[[], T], good: Callable[[T], object], seconds: float = 20.0) -> T:
    """What `look` gives once it is good. Fails after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        seen = look()
        if good(seen):
            return seen
        assert time.monotonic() < end, f"after {seconds} s it is still {seen}"
        time.sleep(0.02)


def sse(client: Client, run: str, last: int | None = None, stop_after: int | None = None) -> Iterator[tuple[str, Any]]:
    """The events of a run's stream, each with its id; live ones, which have none, are left out."""
    headers = {"accept": "text/event-stream"} | ({"last-event-id": str(last)} if last is not None else {})
    with client.stream("GET", f"/runs/{run}/events", headers=headers) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        id, seen = "", 0
        for line in answer.iter_lines():
            if line.startswith("id: "):
                id = line[4:]
            elif line.startswith("data: ") and id:
                yield id, json.loads(line[6:])
                id, seen = "", seen + 1
                if seen == stop_after:
                    return
